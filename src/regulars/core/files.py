"""Write CSV files and workbooks that are safe to open, and files that only their owner can read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

EXCEL_ROWS = 1_048_575
"""The most rows a worksheet holds below its header."""

_LONGEST_SHEET_NAME = 28
"""Excel allows 31 characters; three are left for the number of the sheet."""

_WIDEST, _MARGIN = 50, 2
"""Columns are as wide as their longest cell, up to a limit, in characters."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet run a cell (OWASP CSV Injection; ASVS 5.0, 1.2.10)."""

Rows = Iterable[Mapping[str, Any]]


def escape_formula(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: text like a formula gets a leading apostrophe."""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def escape_formula_rows(rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield rows with all their cells escaped."""
    return ({name: escape_formula(value) for name, value in row.items()} for row in rows)


def write_csv(
    columns: Sequence[str], rows: Rows, stream: IO[str], *, quotes_text: bool = False
) -> None:
    """Write a header and rows as CSV.

    `quotes_text` quotes every text, so that a cell stays whole in programs that split at other
    characters than the comma.
    """
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
    """Write a workbook with a header on every sheet: name, name 2, name 3 as rows require."""
    import xlsxwriter

    # Text stays text: a product can be called "=1+1".
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd",
               "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    bold = book.add_format({"bold": True})
    patterns = {"share": "0.0%", "money": "#,##0.00", "count": "#,##0"}
    by_unit = {unit: book.add_format({"num_format": fmt}) for unit, fmt in patterns.items()}
    by_column = {column: by_unit.get(unit) for column, unit in (units or {}).items()}
    for number, sheet_rows in enumerate(_by_sheet(rows), 1):
        title = name if number == 1 else f"{name[:_LONGEST_SHEET_NAME]} {number}"
        sheet = book.add_worksheet(title)
        sheet.write_row(0, 0, columns, bold)
        sheet.freeze_panes(1, 0)
        widths = [len(column) for column in columns]
        for line, row in enumerate(sheet_rows, 1):
            for position, (column, value) in enumerate(row.items()):
                if value is not None:
                    sheet.write(line, position, value, by_column.get(column))
                    widths[position] = max(widths[position], len(str(value)))
        for position, width in enumerate(widths):
            sheet.set_column(position, position, min(width, _WIDEST) + _MARGIN)
    book.close()


def _by_sheet(rows: Rows) -> Iterator[Rows]:
    """Yield the rows of each sheet in turn; a single empty sheet if there are no rows."""
    remaining = iter(rows)
    yield islice(remaining, EXCEL_ROWS)
    for first in remaining:
        yield chain([first], islice(remaining, EXCEL_ROWS - 1))


@contextmanager
def private_file(output: Path) -> Iterator[Path]:
    """Yield a temporary file, readable by its owner only, that replaces `output` on success.

    On any error the temporary file is removed and `output` stays as it was.
    """
    part = output.with_name(f".{output.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600, exist_ok=False)
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
