"""Open source files of any kind as raw tables: still text, or in the file's own types."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError, did_you_mean, listed
from regulars.sources.files.archive import unzip
from regulars.sources.files.compression import unpack
from regulars.sources.files.discover import find_files, kind_of
from regulars.sources.files.excel import read_workbook, sheet_columns
from regulars.sources.files.html_tables import read_html
from regulars.sources.files.json_records import read_json
from regulars.sources.files.parquet import read_parquet
from regulars.sources.files.pg_dump import read_dump
from regulars.sources.files.text import read_text
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.match_columns import looks_like_sales, resembles_sales
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.recognise_files import has_parts
from regulars.sources.table import RawTable

if TYPE_CHECKING:
    import ibis


def open_sources(
    con: "ibis.BaseBackend",
    patterns: Sequence[str | os.PathLike[str]],
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the tables in the files that paths and globs match, bound to a DuckDB connection.

    Text files are read lazily, so a malformed line fails only when the rows are fetched; read the
    file again with `exact_reader` then. Unpacked and recoded copies are written to `workdir`, which
    the caller deletes once the rows are staged.

    Raises SourceError for a file that cannot be read as sales.
    """
    found = find_files([os.fspath(pattern) for pattern in patterns])
    return open_files(con, found, file=file, chosen=chosen, workdir=workdir)


def open_files(
    con: "ibis.BaseBackend",
    files: Mapping[Path, str],
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the tables in files, given as path to display name. See `open_sources`."""
    return [
        table
        for path, name in files.items()
        for table in _open(con, path, name, file=file, chosen=chosen, workdir=workdir)
    ]


def columns_in(
    con: "ibis.BaseBackend",
    patterns: Sequence[str | os.PathLike[str]],
    *,
    file: FileOptions,
    workdir: Path,
) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in files, by table name, whether or not they are sales.

    For a workbook: the columns of each sheet that resembles sales, or else of its largest sheet.

    Raises SourceError for a file without a table.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for path, name in find_files([os.fspath(pattern) for pattern in patterns]).items():
        if kind_of(path, name) == "workbook":
            columns |= sheet_columns(unpack(path, name, workdir), name, file)
        else:
            tables = _open(con, path, name, file=file, chosen=None, workdir=workdir)
            columns |= {table.name: table.columns for table in tables}
    return columns


def _open(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
    is_member: bool = False,
) -> list[RawTable]:
    try:
        kind = kind_of(path, name)
        if kind not in ("text", "dump", "mysql dump") and not path.is_dir():
            path = unpack(path, name, workdir)
        match kind:
            case "parquet":
                return [read_parquet(con, path, name, workdir=workdir)]
            case "workbook":
                return read_workbook(con, path, name, file=file, chosen=chosen, workdir=workdir)
            case "html":
                return read_html(con, path, name, file=file, chosen=chosen, workdir=workdir)
            case "json":
                return [read_json(con, path, name, file=file, workdir=workdir)]
            case "archive":
                if is_member:
                    raise SourceError(f"{name} is a zip file inside a zip file. Unzip it first.")
                members = unzip(path, name, workdir)
                return _open_members(con, members, name, file=file, chosen=chosen, workdir=workdir)
            case "text":
                return [read_text(con, path, name, file=file, chosen=chosen, workdir=workdir)]
            case "dump" | "dump archive" | "mysql dump":
                return [
                    read_dump(
                        con, path, name, dialect=kind, file=file, chosen=chosen, workdir=workdir
                    )
                ]
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}.") from None


def _open_members(
    con: "ibis.BaseBackend",
    members: Mapping[Path, str],
    name: str,
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the tables of sales in the files of an archive, or the one table it has.

    Files without sales are left out, and the first table says so. If a profile joins files of the
    archive, all of them are returned.

    Raises SourceError if a file cannot be read, or if there is no file that `file.table` names.
    """
    if file.table:
        wanted = {path: label for path, label in members.items() if label.endswith(file.table)}
        if not wanted:
            names = [label.removeprefix(f"{name}: ") for label in members.values()]
            hint = did_you_mean(file.table, names)
            raise SourceError(f'{name} has no file "{file.table}".{hint}')
        members, file = wanted, replace(file, table=None)
    tables = [
        table
        for path, label in members.items()
        for table in _open(
            con, path, label, file=file, chosen=chosen, workdir=workdir, is_member=True
        )
    ]
    if has_parts([(table.name, table.columns) for table in tables], chosen):
        return tables
    sales = [table for table in tables if looks_like_sales(table.columns, chosen)]
    # A table of sales that lacks a column must not be left out in silence.
    sales += [table for table in tables if table not in sales and resembles_sales(table.columns)]
    first, *others = [table for table in tables if table in sales] or tables
    skipped = [table.name for table in tables if table not in (first, *others)]
    remark = (f"skipped files without sales: {listed(skipped)}",) if skipped else ()
    return [_with_remarks(first, remark), *others]


def _with_remarks(table: RawTable, remarks: tuple[str, ...]) -> RawTable:
    """Return a table with more remarks, which its exact reader also returns."""
    exact = table.exact_reader
    return replace(
        table,
        remarks=(*table.remarks, *remarks),
        exact_reader=exact and (lambda: _with_remarks(exact(), remarks)),
    )
