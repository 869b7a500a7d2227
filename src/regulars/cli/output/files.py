"""An answer to a file, or to stdout: for people as a table, for machines in four formats."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Protocol

from regulars.core.columns import Unit
from regulars.core.errors import QuestionError
from regulars.core.files import harmless_rows, write_csv, write_xlsx

TEXT = ("csv", "json")
BINARY = ("parquet", "xlsx")


class Sheet(Protocol):
    """What can be written: rows under the names of columns, and units for those that have one."""

    @property
    def name(self) -> str:
        """What the sheet is called."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of its columns."""

    @property
    def units(self) -> Mapping[str, Unit]:
        """What is counted in a column."""

    @property
    def is_verbatim(self) -> bool:
        """Whether its text must come back as it stood, even what a spreadsheet would run."""

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield its rows, or the first of them."""

    def to_parquet(self, path: Path) -> None:
        """Write it as Parquet."""


def write(sheet: Sheet, *, format_: str | None = None, output: Path | None = None) -> None:
    """Write an answer in a format, to a file or to stdout.

    Without a format it is told by how the file's name ends, else it is a table for people. A file
    is whole or not there at all. Raises QuestionError for a format that cannot go where it should.
    """
    format_ = format_ or _told_by(output)
    if format_ in BINARY and output is None:
        raise QuestionError(f"{format_} is for a file: add -o FILE.{format_}")
    if output is None:
        _to_stdout(sheet, format_)
        return
    ending = output.suffix.lower().lstrip(".")
    if ending in (*TEXT, *BINARY) and ending != format_:
        raise QuestionError(f"{output} would hold {format_}; end its name in .{format_}")
    part = output.with_name(f".{output.name}.part")
    try:
        _to_file(sheet, format_, part)
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


def _to_stdout(sheet: Sheet, format_: str) -> None:
    if format_ == "table":
        _print(sheet, None)
    else:
        _TEXTS[format_](sheet, sys.stdout)


def _to_file(sheet: Sheet, format_: str, path: Path) -> None:
    if format_ == "parquet":
        sheet.to_parquet(path)
    elif format_ == "xlsx":
        write_xlsx(sheet.name, sheet.columns, _cells(sheet), path, sheet.units)
    elif format_ == "table":
        with path.open("w", encoding="utf-8") as stream:
            _print(sheet, stream)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            _TEXTS[format_](sheet, stream)


def _print(sheet: Sheet, stream: IO[str] | None) -> None:
    from regulars.cli.output.tables import print_answer
    from regulars.warehouse.warehouse import Answer

    if not isinstance(sheet, Answer):
        raise QuestionError(f"{sheet.name} is no answer to be printed. End the file in .csv")
    print_answer(sheet, stream)


def _write_csv(sheet: Sheet, stream: IO[str]) -> None:
    write_csv(sheet.columns, _cells(sheet), stream)


def _cells(sheet: Sheet) -> Iterable[Mapping[str, Any]]:
    """Return rows that a spreadsheet may open; those to be mended are as they stood."""
    return sheet.rows() if sheet.is_verbatim else harmless_rows(sheet.rows())


def _write_json(sheet: Sheet, stream: IO[str]) -> None:
    """Write a list of objects, one a line."""
    opening = "[\n  "
    for row in sheet.rows():
        stream.write(opening + json.dumps(row, default=_plain, ensure_ascii=False))
        opening = ",\n  "
    stream.write("[]\n" if opening == "[\n  " else "\n]\n")


_TEXTS: dict[str, Callable[[Sheet, IO[str]], None]] = {"csv": _write_csv, "json": _write_json}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
