"""Rows as CSV and as workbooks, whose text no spreadsheet runs, and files for their owner alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from regulars.errors import QuestionError

EXCEL_ROWS = 1_048_575
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What a spreadsheet may take a formula to begin with (OWASP: CSV Injection; ASVS 5.0, 1.2.10)."""

Rows = Iterable[Mapping[str, Any]]


def harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: text like a formula behind an apostrophe.

    Numbers stay numbers, negative ones, too.
    """
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def harmless_rows(rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield rows whose cells are all harmless."""
    return ({name: harmless(value) for name, value in row.items()} for row in rows)


def write_csv(
    columns: Sequence[str], rows: Rows, stream: IO[str], *, quotes_text: bool = False
) -> None:
    """Write rows under a heading. Text in quotes stays one cell, whatever parts cells elsewhere."""
    import csv

    writer = csv.DictWriter(
        stream, columns, lineterminator="\n",
        quoting=csv.QUOTE_NONNUMERIC if quotes_text else csv.QUOTE_MINIMAL,
    )  # fmt: skip
    writer.writeheader()
    writer.writerows(rows)


def write_xlsx(
    name: str,
    columns: Sequence[str],
    rows: Rows,
    path: Path,
    units: Mapping[str, str] | None = None,
) -> None:
    """Write one sheet with a heading; text stays text, whatever a spreadsheet would make of it.

    Raises QuestionError for more rows than a sheet holds.
    """
    import xlsxwriter

    # Strings are never taken for formulas, links or numbers: "=1+1" is a product's name.
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd",
               "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    page, bold = book.add_worksheet(name), book.add_format({"bold": True})
    kinds = {"share": "0.0%", "money": "#,##0.00"}
    formats = {unit: book.add_format({"num_format": kind}) for unit, kind in kinds.items()}
    page.write_row(0, 0, columns, bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(rows, 1):
        if number > EXCEL_ROWS:
            raise QuestionError(f"{name} has more rows than a sheet holds; write a CSV instead.")
        for place, (column, value) in enumerate(row.items()):
            if value is not None:
                page.write(number, place, value, formats.get((units or {}).get(column, "")))
    book.close()


@contextmanager
def private_file(output: Path) -> Iterator[Path]:
    """Give a file to write that only its owner may read, and that takes its place if all is well.

    Whatever is raised, nothing is left of it, and what was there stays.
    """
    part = output.with_name(f".{output.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600, exist_ok=False)
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
