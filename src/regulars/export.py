"""An answer to a file, or to stdout: for people as a table, for machines in four formats."""

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

from regulars.errors import QuestionError
from regulars.warehouse import Answer

TEXT = ("csv", "json")
BINARY = ("parquet", "xlsx")
EXCEL_ROWS = 1_048_575


def write(answer: Answer, *, format_: str | None = None, output: Path | None = None) -> None:
    """Write an answer in a format, to a file or to stdout.

    Without a format it is told by how the file's name ends, else it is a table for people. A file
    is whole or not there at all. Raises QuestionError for a format that cannot go where it should.
    """
    format_ = format_ or _told_by(output)
    if format_ in BINARY and output is None:
        raise QuestionError(f"{format_} is for a file: add -o FILE.{format_}")
    if output is None:
        _to_stdout(answer, format_)
        return
    ending = output.suffix.lower().lstrip(".")
    if ending in (*TEXT, *BINARY) and ending != format_:
        raise QuestionError(f"{output} would hold {format_}; end its name in .{format_}")
    part = output.with_name(f".{output.name}.part")
    try:
        _to_file(answer, format_, part)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _told_by(output: Path | None) -> str:
    if output is None:
        return "table"
    ending = output.suffix.lower().lstrip(".")
    if ending in ("txt", ""):
        return "table"
    if ending not in (*TEXT, *BINARY):
        raise QuestionError(f"{output} ends in no format we write. Say --format, or end it in .csv")
    return ending


def _to_stdout(answer: Answer, format_: str) -> None:
    if format_ == "table":
        from regulars.console import print_answer

        print_answer(answer)
    else:
        _TEXTS[format_](answer, sys.stdout)


def _to_file(answer: Answer, format_: str, path: Path) -> None:
    if format_ == "parquet":
        answer.table.to_parquet(path)
    elif format_ == "xlsx":
        _write_xlsx(answer, path)
    elif format_ == "table":
        from regulars.console import print_answer

        with path.open("w", encoding="utf-8") as stream:
            print_answer(answer, stream)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            _TEXTS[format_](answer, stream)


def _write_csv(answer: Answer, stream: IO[str]) -> None:
    import csv

    writer = csv.DictWriter(stream, answer.table.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(answer.rows())


def _write_json(answer: Answer, stream: IO[str]) -> None:
    """Write a list of objects, one a line."""
    opening = "[\n  "
    for row in answer.rows():
        stream.write(opening + json.dumps(row, default=_plain, ensure_ascii=False))
        opening = ",\n  "
    stream.write("[]\n" if opening == "[\n  " else "\n]\n")


_TEXTS: dict[str, Callable[[Answer, IO[str]], None]] = {"csv": _write_csv, "json": _write_json}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _write_xlsx(answer: Answer, path: Path) -> None:
    """Write one sheet with a heading; text stays text, whatever a spreadsheet would make of it."""
    import xlsxwriter

    # Strings are never taken for formulas, links or numbers: "=1+1" is a product's name.
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd",
               "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    sheet, bold = book.add_worksheet(answer.card.name), book.add_format({"bold": True})
    percent, money = (
        book.add_format({"num_format": "0.0%"}),
        book.add_format({"num_format": "#,##0.00"}),
    )
    formats = {"share": percent, "money": money}
    units = {name: column.unit for name, column in answer.card.columns.items()}
    sheet.write_row(0, 0, answer.table.columns, bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(answer.rows(), 1):
        if number > EXCEL_ROWS:
            raise QuestionError(
                f"{answer.card.name} has more rows than a sheet holds; write a CSV instead."
            )
        for place, (name, value) in enumerate(row.items()):
            if value is not None:
                sheet.write(number, place, value, formats.get(units.get(name, "")))
    book.close()
