"""Rows as CSV and as workbooks, whose text no spreadsheet runs, and files for their owner alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

EXCEL_ROWS = 1_048_575
"""How many a sheet holds below its heading."""

_LONGEST_NAME = 28
"""Excel takes 31 letters, of which a number needs some."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What a spreadsheet may take a formula to begin with (OWASP: CSV Injection; ASVS 5.0, 1.2.10)."""

Rows = Iterable[Mapping[str, Any]]


def escape_formula(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: text like a formula behind an apostrophe.

    Numbers stay numbers, negative ones, too.
    """
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def escape_formula_rows(rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield rows whose cells are all harmless."""
    return ({name: escape_formula(value) for name, value in row.items()} for row in rows)


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
    """Write a sheet with a heading, and as many more as it takes: list, list 2, list 3.

    Text stays text, whatever a spreadsheet would make of it.
    """
    import xlsxwriter

    # Strings are never taken for formulas, links or numbers: "=1+1" is a product's name.
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd",
               "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    bold = book.add_format({"bold": True})
    kinds = {"share": "0.0%", "money": "#,##0.00"}
    formats = {unit: book.add_format({"num_format": kind}) for unit, kind in kinds.items()}
    of_columns = {column: formats.get(unit) for column, unit in (units or {}).items()}
    for sheet, some in enumerate(_by_sheet(rows), 1):
        page = book.add_worksheet(name if sheet == 1 else f"{name[:_LONGEST_NAME]} {sheet}")
        page.write_row(0, 0, columns, bold)
        page.freeze_panes(1, 0)
        for number, row in enumerate(some, 1):
            for place, (column, value) in enumerate(row.items()):
                if value is not None:
                    page.write(number, place, value, of_columns.get(column))
    book.close()


def _by_sheet(rows: Rows) -> Iterator[Rows]:
    """Yield the rows of one sheet after another: at least one, and none but that without rows."""
    every = iter(rows)
    yield islice(every, EXCEL_ROWS)
    for first in every:
        yield chain([first], islice(every, EXCEL_ROWS - 1))


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
