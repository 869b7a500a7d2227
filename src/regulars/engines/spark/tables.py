"""Tables in Spark: folders of Parquet, with the types of their columns beside them.

A table that grows lies in a folder for each month, so that what changes a day touches few files.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from ibis.expr.schema import Schema
    from ibis.expr.types import Table
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

PARTITIONED = {
    "order_lines": "ordered_at", "fact_sales": "ordered_on", "dim_order": "ordered_on",
}  # fmt: skip
"""Tables that lie in a folder for each month of a column."""

_PARTITION = "in_month"


def frame(con: "Backend", rows: "Table") -> "DataFrame":
    """Return a table of Ibis as Spark has it."""
    found: DataFrame = con._session.sql(con.compile(rows))
    return found


def save(con: "Backend", rows: "Table", path: Path, *, month_of: str | None = None) -> None:
    """Write rows as a new table in a folder, parted by the month of a column where one is told."""
    types = types_of(rows.schema())
    write(frame(con, rows), types, path, month_of=month_of)
    schema_file(path).write_text(types.json(), "utf-8")


def save_ours(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of ours as a new table in a folder."""
    import ibis

    path.mkdir()
    write_ours(path / "rows.parquet", columns, rows)
    schema_file(path).write_text(types_of(ibis.schema(columns)).json(), "utf-8")


def write(
    rows: "DataFrame", types: "StructType", path: Path, *, month_of: str | None = None
) -> None:
    """Write rows as Parquet into a folder that is not there yet, in columns of these types."""
    from pyspark.sql import functions as F  # noqa: N812

    # Spark's own types may be a digit wider than Ibis says they are.
    columns = (F.col(f"`{f.name}`").cast(f.dataType).alias(f.name) for f in types)
    typed = rows.select(*columns)
    if month_of is None:
        typed.write.parquet(uri(path))
        return
    by_month = typed.withColumn(_PARTITION, F.date_format(month_of, "yyyy-MM"))
    # Else every task would write a file for each month it has a row of.
    together = by_month.hint("rebalance", _PARTITION)
    together.write.partitionBy(_PARTITION).parquet(uri(path))


def write_ours(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of ours as one file of Parquet, by hand: no work for a cluster."""
    import ibis
    import pyarrow as pa
    from pyarrow.parquet import write_table

    told = [dict(zip(columns, row, strict=True)) for row in rows]
    write_table(pa.Table.from_pylist(told, ibis.schema(columns).to_pyarrow()), path)


def show(con: "Backend", path: Path, name: str) -> None:
    """Give a folder of Parquet the name of a table, in this session alone."""
    read(con, [path], types_in(path)).createOrReplaceTempView(name)


def read(con: "Backend", paths: Iterable[Path], types: "StructType") -> "DataFrame":
    """Return the rows of files, or of folders and the folders in them."""
    # Told to look into every folder, Spark makes no column of their names.
    deep = con._session.read.option("recursiveFileLookup", "true").schema(types)
    rows: DataFrame = deep.parquet(*map(uri, paths))
    return rows


def types_of(schema: "Schema") -> "StructType":
    """Return a schema in Spark's types, every column allowed to be empty."""
    from ibis.backends.pyspark.datatypes import PySparkType
    from pyspark.sql.types import StructField, StructType, TimestampNTZType

    def type_of(told: Any) -> Any:
        is_naive = told.is_timestamp() and not told.timezone
        return TimestampNTZType() if is_naive else PySparkType.from_ibis(told)

    return StructType([StructField(name, type_of(told)) for name, told in schema.items()])


def types_in(path: Path) -> "StructType":
    """Return the types of the columns of a table in a folder."""
    from pyspark.sql.types import StructType

    return StructType.fromJson(json.loads(schema_file(path).read_text("utf-8")))


def schema_file(path: Path) -> Path:
    """Return where the types of a folder's columns stand: to find them out would take a job."""
    return path.with_name(f"{path.name}.json")


def uri(path: Path) -> str:
    """Return a path with its scheme: Spark may take a bare one for a file system of its own."""
    return f"file://{path}"
