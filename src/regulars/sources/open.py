"""Other people's files -> rows as they stand: still text, or in the file's own types."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.discover import find_files, kind_of
from regulars.sources.files.excel import headings, read_workbook
from regulars.sources.files.parquet import read_parquet
from regulars.sources.files.pg_dump import read_dump
from regulars.sources.files.text import read_text
from regulars.sources.profiles.profile import FileShape, Profile
from regulars.sources.table import RawTable

if TYPE_CHECKING:
    import ibis

__all__ = ["RawTable", "columns_in", "open_files", "open_sources"]


def open_sources(
    con: "ibis.BaseBackend",
    patterns: Sequence[str | os.PathLike[str]],
    *,
    file: FileShape,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the tables in the files that paths and globs mean, bound to a DuckDB connection.

    Text is read as the rows are asked for, so a line that cannot be read fails then; `exact`
    is there for that. What had to be unpacked or recoded stands in `workdir`, the caller's to
    delete once the rows have landed.

    Raises SourceError for a file that cannot be read as sales, saying why and what may help.
    """
    found = find_files([os.fspath(pattern) for pattern in patterns])
    return open_files(con, found, file=file, chosen=chosen, workdir=workdir)


def open_files(
    con: "ibis.BaseBackend",
    files: Mapping[Path, str],
    *,
    file: FileShape,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the tables in files, each given with what to call it, as `open_sources` does."""
    return [
        table
        for path, name in files.items()
        for table in _open(con, path, name, file, chosen, workdir)
    ]


def columns_in(
    con: "ibis.BaseBackend", patterns: Sequence[str | os.PathLike[str]], *, workdir: Path
) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in files, by its name, whether they are those of sales.

    Of a workbook, those of the sheets that resemble sales, or else of the largest.

    Raises SourceError for a file that holds no table.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path, name in find_files([os.fspath(pattern) for pattern in patterns]).items():
        if kind_of(path, name) == "workbook":
            found |= headings(path, name)
        else:
            tables = _open(con, path, name, FileShape(), None, workdir)
            found |= {table.name: table.columns for table in tables}
    return found


def _open(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    file: FileShape,
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
                return [read_text(con, path, name, file=file, workdir=workdir)]
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}.") from None
