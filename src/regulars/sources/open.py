"""Open source files of any kind as raw tables: still text, or in the file's own types."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.discover import find_files, kind_of
from regulars.sources.files.excel import read_workbook, sheet_columns
from regulars.sources.files.parquet import read_parquet
from regulars.sources.files.pg_dump import read_dump
from regulars.sources.files.text import read_text
from regulars.sources.profiles.profile import FileOptions, Profile
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
    con: "ibis.BaseBackend", patterns: Sequence[str | os.PathLike[str]], *, workdir: Path
) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in files, by table name, whether or not they are sales.

    For a workbook: the columns of each sheet that resembles sales, or else of its largest sheet.

    Raises SourceError for a file without a table.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for path, name in find_files([os.fspath(pattern) for pattern in patterns]).items():
        if kind_of(path, name) == "workbook":
            columns |= sheet_columns(path, name)
        else:
            tables = _open(con, path, name, file=FileOptions(), chosen=None, workdir=workdir)
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
) -> list[RawTable]:
    try:
        match kind_of(path, name):
            case "parquet":
                return [read_parquet(con, path, name, workdir=workdir)]
            case "workbook":
                return read_workbook(con, path, name, file=file, chosen=chosen, workdir=workdir)
            case "dump":
                return [read_dump(con, path, name, file=file, chosen=chosen, workdir=workdir)]
            case "text":
                return [read_text(con, path, name, file=file, chosen=chosen, workdir=workdir)]
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}.") from None
