"""Files for Spark: Parquet is read where it lies, anything else is made Parquet by its workers.

A worker takes one file at a time with the readers that a build on one machine has, so that a row
is quarantined for the same reasons; neither it nor we ever hold a file as a whole.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from regulars.engines.duckdb import workshop
from regulars.engines.whole import taken_whole
from regulars.errors import RegularsError
from regulars.profiles import FileShape, Profile
from regulars.sources import RawTable, open_files
from regulars.sources.files import find_files, kind_of
from regulars.sources.parquet import parts_of, rows_of_parts
from regulars.sources.raw import SOURCE_ROW, column_names

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.pyspark import Backend
    from pyspark.sql import Column, DataFrame, SparkSession

PATTERN = set("*?[]{}\\:%")
PLAIN = re.compile(r"[\w.=-]+", re.ASCII)
MEMORY_OF_A_READER = "512MB"
File = tuple[str, str]
"""Where a file is, and what it is called."""


@dataclass(frozen=True)
class Spooled:
    """A table of a file, made Parquet: its rows, and those that have no structure."""

    told: RawTable
    good: str
    bad: str | None


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
    as_is = {path for path in found if kinds[path] == "parquet" and _can_read(path)}
    others = [(str(path.resolve()), name) for path, name in found.items() if path not in as_is]
    spooled = _spooled_by_workers(con, others, file, chosen, folder)
    return [
        table
        for path, name in found.items()
        for table in (
            [_parquet(con, path, name)]
            if path in as_is
            else [_as_raw(con, table) for table in spooled[str(path.resolve())]]
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

    def take(file: File) -> tuple[str, list[Spooled] | RegularsError]:
        path, name = file
        try:
            return path, spooled(Path(path), name, shape, chosen, Path(target))
        except RegularsError as error:
            return path, error

    context = con._session.sparkContext
    done = dict(context.parallelize(files, len(files)).map(take).collect())
    found: dict[str, list[Spooled]] = {}
    for path, _ in files:
        if isinstance(tables := done[path], RegularsError):
            raise tables
        found[path] = tables
    return found


def spooled(
    path: Path, name: str, shape: FileShape, chosen: Profile | None, folder: Path
) -> list[Spooled]:
    """Write the tables of a file to a folder as Parquet, and return where they are.

    Raises SourceError for a file that cannot be read.
    """
    from pyarrow.parquet import read_metadata

    with workshop(memory_limit=MEMORY_OF_A_READER) as shop:

        def write(table: RawTable) -> tuple[Path, int]:
            good = folder / f"{uuid4().hex}.parquet"
            shop.con.to_parquet(table.table, good)
            rejected = 0 if table.rejected is None else table.rejected.count().to_pyarrow().as_py()
            return good, read_metadata(good).num_rows + rejected

        def one(table: RawTable) -> Spooled:
            whole, good = taken_whole(table, write)
            bad = None
            if whole.rejected is not None:
                bad = str(folder / f"{uuid4().hex}.parquet")
                shop.con.to_parquet(whole.rejected, bad)
            # What is bound to this connection stays here.
            told: Any = {"table": None, "rejected": None, "exact": None}
            return Spooled(replace(whole, **told), str(good), bad)

        opened = open_files(shop.con, {path: name}, file=shape, chosen=chosen, workdir=shop.folder)
        return [one(table) for table in opened]


def _as_raw(con: "Backend", made: Spooled) -> RawTable:
    told = made.told
    if told.has_row_numbers:
        rows = con._session.read.parquet(f"file://{made.good}")
    else:
        rows = _numbered(con._session, {Path(made.good): told.first_row})
    return replace(
        told,
        table=_table(con, rows),
        has_row_numbers=True,
        rejected=_table(con, con._session.read.parquet(f"file://{made.bad}")) if made.bad else None,
    )


def _parquet(con: "Backend", path: Path, name: str) -> RawTable:
    """Return the rows of a Parquet file, or of the parts in a folder, read where they lie."""
    counts, parts = rows_of_parts(path, name), parts_of(path.resolve())
    fields, times = _schema(parts[0]), _int96(parts[0])
    names = column_names(name, fields.names)
    columns = [
        _as_told(field, is_old=field.name in times).alias(ours)
        for field, ours in zip(fields, names, strict=True)
    ]
    firsts = accumulate(counts, initial=1)
    rows = _numbered(con._session, dict(zip(parts, firsts, strict=False)), columns)
    table = _table(con, rows)
    return RawTable(name, names, table, sum(counts), first_row=1, has_row_numbers=True)


def _numbered(
    session: "SparkSession", firsts: Mapping[Path, int], columns: "Sequence[Column] | None" = None
) -> "DataFrame":
    """Return the rows of Parquet files, numbered from the number that the first of each has.

    Spark knows the place of a row in its file, and knows it of Parquet alone.
    """
    from pyspark.sql import functions as F  # noqa: N812

    rows = session.read.parquet(*(f"file://{path}" for path in firsts))
    columns = columns or [F.col(f"`{name}`") for name in rows.columns]
    place = F.col("_metadata.row_index")
    if len(firsts) == 1:
        return rows.select(*columns, (place + F.lit(*firsts.values())).alias(SOURCE_ROW))
    told = [(path.name, first) for path, first in firsts.items()]
    numbers = session.createDataFrame(told, "its_file string, its_first long")
    placed = rows.select(*columns, F.col("_metadata.file_name").alias("its_file"), place)
    joined = placed.join(F.broadcast(numbers), "its_file")
    number = F.col("its_first") + F.col("row_index")
    return joined.withColumn(SOURCE_ROW, number).drop("its_file", "its_first", "row_index")


def _as_told(field: "pa.Field", *, is_old: bool) -> "Column":
    """Return a column with its times in microseconds, without a zone where it has none."""
    import pyarrow as pa
    from pyspark.sql import functions as F  # noqa: N812

    quoted = "`" + field.name.replace("`", "``") + "`"
    column = F.col(quoted)
    if not pa.types.is_timestamp(field.type):
        return column
    if field.type.unit == "ns" and not is_old:
        # Read as whole numbers, for Spark knows no nanoseconds (`ALIKE` in spark_session).
        column = F.timestamp_micros(F.expr(f"{quoted} div 1000"))
    return column if field.type.tz else column.cast("timestamp_ntz")


def _can_read(path: Path) -> bool:
    """Return whether Spark can read Parquet itself: its name, each column's type."""
    hidden = path.name.startswith(("_", "."))
    if hidden or set(str(path.resolve())) & PATTERN:
        return False
    # Parts are told apart by their names, which Spark gives as in an address: %20 for a blank.
    parts = parts_of(path)
    return (len(parts) == 1 or all(PLAIN.fullmatch(part.name) for part in parts)) and _all_known(
        parts[0]
    )


def _all_known(path: Path) -> bool:
    import pyarrow as pa

    is_ = pa.types
    known = (
        is_.is_string, is_.is_large_string, is_.is_signed_integer, is_.is_floating,
        is_.is_decimal128, is_.is_date32, is_.is_timestamp, is_.is_boolean, is_.is_dictionary,
    )  # fmt: skip
    try:
        fields = _schema(path)
    except (pa.ArrowException, OSError):
        return False  # its reader says what is wrong with it
    return all(any(test(field.type) for test in known) for field in fields)


def _schema(path: Path) -> "pa.Schema":
    from pyarrow.parquet import read_schema

    return read_schema(path)


def _int96(path: Path) -> set[str]:
    """Return the columns whose times are in the old form that Spark still writes by default."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        columns = (file.schema.column(place) for place in range(len(file.schema)))
        return {column.path for column in columns if column.physical_type == "INT96"}


def _table(con: "Backend", rows: "DataFrame") -> Any:
    view = f"raw_{uuid4().hex}"
    rows.createOrReplaceTempView(view)
    return con.table(view)
