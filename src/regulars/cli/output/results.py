"""Write results to a file or to stdout: as a table for people, in four formats for machines."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Protocol

import click

from regulars.core.columns import Unit
from regulars.core.errors import InputError
from regulars.core.files import escape_formula_rows, write_csv, write_xlsx

TEXT = ("csv", "json")
BINARY = ("parquet", "xlsx")


class Sheet(Protocol):
    """Rows that can be written, with their column names and units."""

    @property
    def name(self) -> str:
        """The title of the sheet."""

    @property
    def columns(self) -> Sequence[str]:
        """The column names."""

    @property
    def units(self) -> Mapping[str, Unit]:
        """The units of columns that have one."""

    @property
    def is_verbatim(self) -> bool:
        """Whether to leave text unchanged, even if a spreadsheet would run it as a formula."""

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield all rows, or the first `limit`."""

    def to_parquet(self, path: Path) -> None:
        """Write the rows as Parquet."""


def write(sheet: Sheet, *, format_: str | None = None, output: Path | None = None) -> None:
    """Write a sheet to a file or to stdout.

    Without a format, the file extension decides; otherwise a table is printed. A file appears only
    when it is complete, and its name is printed.

    Raises InputError if the format and the destination do not match.
    """
    format_ = format_ or _format_of(output)
    if format_ in BINARY and output is None:
        raise InputError(f"{format_} needs a file. Add -o FILE.{format_}")
    if output is None:
        _to_stdout(sheet, format_)
        return
    extension = output.suffix.lower().lstrip(".")
    if extension in (*TEXT, *BINARY) and extension != format_:
        raise InputError(
            f"The format {format_} does not match {output}. Use the extension .{format_}"
        )
    part = output.with_name(f".{output.name}.part")
    try:
        _to_file(sheet, format_, part)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Wrote {sheet.name} to {output}")


def _format_of(output: Path | None) -> str:
    extension = output.suffix.lower().lstrip(".") if output else ""
    if extension in ("txt", ""):
        return "table"
    if extension not in (*TEXT, *BINARY):
        raise InputError(
            f"{output} has no supported extension. Add --format, or use .csv, .json, .parquet or "
            ".xlsx"
        )
    return extension


def _to_stdout(sheet: Sheet, format_: str) -> None:
    if format_ == "table":
        _print(sheet, None)
    else:
        _TEXT_WRITERS[format_](sheet, sys.stdout)


def _to_file(sheet: Sheet, format_: str, path: Path) -> None:
    if format_ == "parquet":
        sheet.to_parquet(path)
    elif format_ == "xlsx":
        write_xlsx(sheet.name, sheet.columns, _safe_rows(sheet), path, sheet.units)
    elif format_ == "table":
        with path.open("w", encoding="utf-8") as stream:
            _print(sheet, stream)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            _TEXT_WRITERS[format_](sheet, stream)


def _print(sheet: Sheet, stream: IO[str] | None) -> None:
    from regulars.cli.output.tables import print_answer
    from regulars.cli.output.triangle import print_triangle
    from regulars.warehouse.warehouse import Answer

    if not isinstance(sheet, Answer):
        raise InputError(f"{sheet.name} cannot be written as a table. Use the extension .csv")
    show = print_triangle if sheet.card.name == "cohorts" else print_answer
    show(sheet, stream)


def _write_csv(sheet: Sheet, stream: IO[str]) -> None:
    write_csv(sheet.columns, _safe_rows(sheet), stream)


def _safe_rows(sheet: Sheet) -> Iterable[Mapping[str, Any]]:
    """Return rows that are safe to open in a spreadsheet, unless the sheet is verbatim."""
    return sheet.rows() if sheet.is_verbatim else escape_formula_rows(sheet.rows())


def _write_json(sheet: Sheet, stream: IO[str]) -> None:
    """Write a list of objects, one per line."""
    opening = "[\n  "
    for row in sheet.rows():
        stream.write(opening + json.dumps(row, default=to_json, ensure_ascii=False))
        opening = ",\n  "
    stream.write("[]\n" if opening == "[\n  " else "\n]\n")


_TEXT_WRITERS: dict[str, Callable[[Sheet, IO[str]], None]] = {
    "csv": _write_csv, "json": _write_json
}  # fmt: skip


def to_json(value: object) -> object:
    """Return an amount or a date as JSON has it. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
