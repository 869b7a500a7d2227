"""Read Parquet files in place, with the row numbers and timestamps that other engines give."""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from regulars.engines.spark.session import SPECIAL_CHARACTERS
from regulars.sources.files.parquet import parts_of, row_counts
from regulars.sources.table import SOURCE_ROW, RawTable, column_names

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.pyspark import Backend
    from ibis.expr.types import Table
    from pyspark.sql import Column, DataFrame, SparkSession

PLAIN = re.compile(r"[\w.=-]+", re.ASCII)


def can_read(path: Path) -> bool:
    """Check that Spark can read this Parquet: file name, column types, parts of one schema."""
    if path.name.startswith(("_", ".")) or set(str(path.resolve())) & SPECIAL_CHARACTERS:
        return False
    import pyarrow as pa

    parts = parts_of(path)
    # Parts are matched by file name, which Spark reports URL-encoded: %20 for a space.
    if len(parts) > 1 and not all(PLAIN.fullmatch(part.name) for part in parts):
        return False
    try:
        first = _types(parts[0])
        return _types_are_supported(parts[0]) and all(_types(part) == first for part in parts[1:])
    except (pa.ArrowException, OSError):
        return False  # the reader that opens it next explains the error


def read_in_place(con: "Backend", path: Path, name: str, folder: Path) -> RawTable:
    """Return the rows of a Parquet file, or of all parts in a folder, without copying them."""
    counts, parts = row_counts(path, name), parts_of(path.resolve())
    fields, times = _schema(parts[0]), _int96(parts[0])
    names = column_names(name, fields.names)
    columns = [
        _to_microseconds(field, is_old=field.name in times).alias(ours)
        for field, ours in zip(fields, names, strict=True)
    ]
    if len(parts) == 1:
        rows = con._session.read.parquet(f"file://{parts[0]}")
        rows = rows.select(*columns, row_number(rows, 1))
    else:
        firsts = dict(zip(parts, accumulate(counts, initial=1), strict=False))
        rows = _numbered(con._session, firsts, columns, folder)
    table = as_table(con, rows)
    return RawTable(name, names, table, sum(counts), first_row=1, has_row_numbers=True)


def row_number(rows: "DataFrame", first: int) -> "Column":
    """Return each row's number in its Parquet file, the only position that Spark reports."""
    index = rows.metadataColumn("_metadata").getField("row_index")
    return (index + first).alias(SOURCE_ROW)


def _numbered(
    session: "SparkSession", firsts: Mapping[Path, int], columns: "Sequence[Column]", folder: Path
) -> "DataFrame":
    """Return the rows of all parts of a table, numbered consecutively across the parts."""
    import pyarrow as pa
    from pyarrow.parquet import write_table
    from pyspark.sql import functions as F  # noqa: N812

    key = uuid4().hex  # cannot clash with a column of the source
    offsets = {f"{key}_file": [path.name for path in firsts], f"{key}_first": [*firsts.values()]}
    write_table(pa.table(offsets), folder / f"{key}.parquet")
    numbers = session.read.parquet(f"file://{folder / key}.parquet")
    rows = session.read.parquet(*(f"file://{path}" for path in firsts))
    file = rows.metadataColumn("_metadata").getField("file_name").alias(f"{key}_file")
    placed = rows.select(*columns, file, row_number(rows, 0))
    joined = placed.join(F.broadcast(numbers), f"{key}_file")
    number = F.col(SOURCE_ROW) + F.col(f"{key}_first")
    return joined.withColumn(SOURCE_ROW, number).drop(*offsets)


def _to_microseconds(field: "pa.Field", *, is_old: bool) -> "Column":
    """Return a column, with timestamps in microseconds that keep their lack of a time zone."""
    import pyarrow as pa
    from pyspark.sql import functions as F  # noqa: N812

    quoted = "`" + field.name.replace("`", "``") + "`"
    column = F.col(quoted)
    if not pa.types.is_timestamp(field.type):
        return column
    if field.type.unit == "ns" and not is_old:
        # Spark has no nanoseconds: SESSION_SETTINGS makes it read them as integers.
        column = F.timestamp_micros(F.expr(f"{quoted} div 1000"))
    return column if field.type.tz else column.cast("timestamp_ntz")


def _types(path: Path) -> tuple[list[tuple[str, str]], set[str]]:
    return [(field.name, str(field.type)) for field in _schema(path)], _int96(path)


def _types_are_supported(path: Path) -> bool:
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
    """Return the INT96 columns: a deprecated timestamp type that Spark still writes by default."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        columns = (file.schema.column(index) for index in range(len(file.schema)))
        return {column.path for column in columns if column.physical_type == "INT96"}


def as_table(con: "Backend", rows: "DataFrame") -> "Table":
    """Return a Spark DataFrame as an Ibis table."""
    view = f"raw_{uuid4().hex}"
    rows.createOrReplaceTempView(view)
    table: Table = con.table(view)
    return table
