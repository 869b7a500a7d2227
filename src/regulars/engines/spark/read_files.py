"""Open source files in Spark: read Parquet in place, have workers convert everything else.

Each worker converts one file at a time.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import RegularsError
from regulars.engines.spark.convert import ConvertedTable, convert_file
from regulars.engines.spark.read_parquet import as_table, can_read, read_in_place, row_number
from regulars.sources.files.discover import find_files, kind_of
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

File = tuple[str, str]
"""The path and the name of a file."""


def open_for_spark(
    con: "Backend",
    patterns: Sequence[str | os.PathLike[str]],
    *,
    file: FileOptions,
    chosen: Profile | None,
    folder: Path,
) -> list[RawTable]:
    """Return the tables in the files that match paths and globs, with row numbers.

    The workers must see the files and `folder` under the same paths.

    Raises SourceError for a file that cannot be read as sales; it says why and what may help.
    """
    files = find_files([os.fspath(pattern) for pattern in patterns])
    # Check the kinds here first, so that unreadable files never reach a worker.
    kinds = {path: kind_of(path, name) for path, name in files.items()}
    as_is = {path for path in files if kinds[path] == "parquet" and can_read(path)}
    others = [(str(path.resolve()), name) for path, name in files.items() if path not in as_is]
    converted = _convert_on_workers(con, others, file, chosen, folder)
    return [
        table
        for path, name in files.items()
        for table in (
            [read_in_place(con, path, name, folder)]
            if path in as_is
            else [_as_raw(con, table) for table in converted[str(path.resolve())]]
        )
    ]


def _convert_on_workers(
    con: "Backend",
    files: Sequence[File],
    options: FileOptions,
    chosen: Profile | None,
    folder: Path,
) -> dict[str, list[ConvertedTable]]:
    """Convert each file to Parquet on a worker; return the converted tables by path."""
    if not files:
        return {}
    target = str(folder)

    def convert(file: File) -> tuple[str, list[ConvertedTable] | RegularsError]:
        path, name = file
        try:
            return path, convert_file(Path(path), name, options, chosen, Path(target))
        except RegularsError as error:
            return path, error

    context = con._session.sparkContext
    results = dict(context.parallelize(files, len(files)).map(convert).collect())
    tables: dict[str, list[ConvertedTable]] = {}
    for path, _ in files:
        if isinstance(result := results[path], RegularsError):
            raise result
        tables[path] = result
    return tables


def _as_raw(con: "Backend", converted: ConvertedTable) -> RawTable:
    source, read = converted.source, con._session.read
    rows = read.parquet(f"file://{converted.good}")
    if not source.has_row_numbers:
        rows = rows.select("*", row_number(rows, source.first_row))
    rejected = as_table(con, read.parquet(f"file://{converted.bad}")) if converted.bad else None
    return replace(source, table=as_table(con, rows), has_row_numbers=True, rejected=rejected)
