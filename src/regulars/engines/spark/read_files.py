"""Files for Spark: Parquet is read where it lies, anything else is made Parquet by its workers.

A worker takes one file at a time.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import RegularsError
from regulars.engines.spark.convert import Spooled, spooled
from regulars.engines.spark.read_parquet import as_table, can_read, place, read_where_it_lies
from regulars.sources.files.discover import find_files, kind_of
from regulars.sources.open import RawTable
from regulars.sources.profiles.profile import FileShape, Profile

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

File = tuple[str, str]
"""Where a file is, and what it is called."""


def open_for_spark(
    con: "Backend",
    patterns: Sequence[str | os.PathLike[str]],
    *,
    file: FileShape,
    chosen: Profile | None,
    folder: Path,
) -> list[RawTable]:
    """Return the tables in the files that paths and globs mean, bound to a connection to Spark.

    Each has its row numbers. The files, and `folder`, must lie where the workers find them, too.

    Raises SourceError for a file that cannot be read as sales, saying why and what may help.
    """
    found = find_files([os.fspath(pattern) for pattern in patterns])
    # Told apart by us first: what nobody can read should not reach a worker.
    kinds = {path: kind_of(path, name) for path, name in found.items()}
    as_is = {path for path in found if kinds[path] == "parquet" and can_read(path)}
    others = [(str(path.resolve()), name) for path, name in found.items() if path not in as_is]
    made = _spooled_by_workers(con, others, file, chosen, folder)
    return [
        table
        for path, name in found.items()
        for table in (
            [read_where_it_lies(con, path, name, folder)]
            if path in as_is
            else [_as_raw(con, table) for table in made[str(path.resolve())]]
        )
    ]


def _spooled_by_workers(
    con: "Backend",
    files: Sequence[File],
    shape: FileShape,
    chosen: Profile | None,
    folder: Path,
) -> dict[str, list[Spooled]]:
    """Have each file made Parquet by some worker; return what it holds, by its path."""
    if not files:
        return {}
    target = str(folder)

    def convert(file: File) -> tuple[str, list[Spooled] | RegularsError]:
        path, name = file
        try:
            return path, spooled(Path(path), name, shape, chosen, Path(target))
        except RegularsError as error:
            return path, error

    context = con._session.sparkContext
    done = dict(context.parallelize(files, len(files)).map(convert).collect())
    found: dict[str, list[Spooled]] = {}
    for path, _ in files:
        if isinstance(tables := done[path], RegularsError):
            raise tables
        found[path] = tables
    return found


def _as_raw(con: "Backend", made: Spooled) -> RawTable:
    told, read = made.told, con._session.read
    rows = read.parquet(f"file://{made.good}")
    if not told.has_row_numbers:
        rows = rows.select("*", place(rows, told.first_row))
    rejected = as_table(con, read.parquet(f"file://{made.bad}")) if made.bad else None
    return replace(told, table=as_table(con, rows), has_row_numbers=True, rejected=rejected)
