"""Files for Spark: Parquet is read where it lies, anything else is made Parquet by its workers.

A worker takes one file at a time with the readers that a build on one machine has, so that a row
is quarantined for the same reasons.
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
from regulars.engines.spark_session import PATTERN
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
    from ibis.expr.types import Table
    from pyspark.sql import Column, DataFrame, SparkSession

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
            [_parquet(con, path, name, folder)]
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
            shop.con.to_parquet(_as_spark_knows(table.table), good)
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


def _as_spark_knows(rows: "Table") -> "Table":
    """Return rows with times in microseconds, and what Spark has no type for as text."""
    return rows.mutate(
        **{
            name: rows[name].cast("timestamp(6)" if type_.is_timestamp() else "string")
            for name, type_ in rows.schema().items()
            if (type_.is_timestamp() and (type_.scale or 0) > 6)
            or type_.is_time() or type_.is_interval() or type_.is_nested() or type_.is_binary()
        }
    )  # fmt: skip


def _as_raw(con: "Backend", made: Spooled) -> RawTable:
    told = made.told
    rows = con._session.read.parquet(f"file://{made.good}")
    if not told.has_row_numbers:
        rows = rows.select("*", _place(rows, told.first_row))
    return replace(
        told,
        table=_table(con, rows),
        has_row_numbers=True,
        rejected=_table(con, con._session.read.parquet(f"file://{made.bad}")) if made.bad else None,
    )


def _parquet(con: "Backend", path: Path, name: str, folder: Path) -> RawTable:
    """Return the rows of a Parquet file, or of the parts in a folder, read where they lie."""
    counts, parts = rows_of_parts(path, name), parts_of(path.resolve())
    fields, times = _schema(parts[0]), _int96(parts[0])
    names = column_names(name, fields.names)
    columns = [
        _as_told(field, is_old=field.name in times).alias(ours)
        for field, ours in zip(fields, names, strict=True)
    ]
    if len(parts) == 1:
        rows = con._session.read.parquet(f"file://{parts[0]}")
        rows = rows.select(*columns, _place(rows, 1))
    else:
        firsts = dict(zip(parts, accumulate(counts, initial=1), strict=False))
        rows = _numbered(con._session, firsts, columns, folder)
    table = _table(con, rows)
    return RawTable(name, names, table, sum(counts), first_row=1, has_row_numbers=True)


def _place(rows: "DataFrame", first: int) -> "Column":
    """Return the number of each row of a Parquet file, of which alone Spark knows the place."""
    index = rows.metadataColumn("_metadata").getField("row_index")
    return (index + first).alias(SOURCE_ROW)


def _numbered(
    session: "SparkSession", firsts: Mapping[Path, int], columns: "Sequence[Column]", folder: Path
) -> "DataFrame":
    """Return the rows of the parts of a table, each part numbered on from the one before."""
    import pyarrow as pa
    from pyarrow.parquet import write_table
    from pyspark.sql import functions as F  # noqa: N812

    key = uuid4().hex  # no column of a source is called that
    told = {f"{key}_file": [path.name for path in firsts], f"{key}_first": [*firsts.values()]}
    write_table(pa.table(told), folder / f"{key}.parquet")
    numbers = session.read.parquet(f"file://{folder / key}.parquet")
    rows = session.read.parquet(*(f"file://{path}" for path in firsts))
    file = rows.metadataColumn("_metadata").getField("file_name").alias(f"{key}_file")
    placed = rows.select(*columns, file, _place(rows, 0))
    joined = placed.join(F.broadcast(numbers), f"{key}_file")
    number = F.col(SOURCE_ROW) + F.col(f"{key}_first")
    return joined.withColumn(SOURCE_ROW, number).drop(*told)


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
    """Return whether Spark can read Parquet itself: its name, its types, parts that are alike."""
    if path.name.startswith(("_", ".")) or set(str(path.resolve())) & PATTERN:
        return False
    import pyarrow as pa

    first, *others = parts_of(path)
    try:
        # Parts are told apart by their names, which Spark gives as in an address: %20 for a blank.
        alike = all(PLAIN.fullmatch(part.name) and _types(part) == _types(first) for part in others)
        return alike and _all_known(first)
    except (pa.ArrowException, OSError):
        return False  # its reader says what is wrong with it


def _types(path: Path) -> tuple[list[tuple[str, str]], set[str]]:
    return [(field.name, str(field.type)) for field in _schema(path)], _int96(path)


def _all_known(path: Path) -> bool:
    import pyarrow as pa

    is_ = pa.types
    known = (
        is_.is_string, is_.is_large_string, is_.is_signed_integer, is_.is_floating,
        is_.is_decimal128, is_.is_date32, is_.is_timestamp, is_.is_boolean, is_.is_dictionary,
    )  # fmt: skip
    return all(any(test(field.type) for test in known) for field in _schema(path))


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
