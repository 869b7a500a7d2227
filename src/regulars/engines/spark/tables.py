"""Tables in Spark: a folder of Parquet files each, with the column types in a JSON file next to it.

Large tables are partitioned by month, so that a daily load rewrites few files.
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
"""Tables that are partitioned, and the column whose month they are partitioned by."""

_PARTITION = "in_month"


def frame(con: "Backend", rows: "Table") -> "DataFrame":
    """Return an Ibis table as a Spark DataFrame."""
    dataframe: DataFrame = con._session.sql(con.compile(rows))
    return dataframe


def save(con: "Backend", rows: "Table", path: Path, *, month_of: str | None = None) -> None:
    """Write rows as a new table, partitioned by the month of a column if one is given."""
    types = types_of(rows.schema())
    write(frame(con, rows), types, path, month_of=month_of)
    schema_file(path).write_text(types.json(), "utf-8")


def save_rows(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write Python rows as a new table."""
    import ibis

    path.mkdir()
    write_rows(path / "rows.parquet", columns, rows)
    schema_file(path).write_text(types_of(ibis.schema(columns)).json(), "utf-8")


def write(
    rows: "DataFrame", types: "StructType", path: Path, *, month_of: str | None = None
) -> None:
    """Write rows to a new folder of Parquet files, cast to these types."""
    from pyspark.sql import functions as F  # noqa: N812

    # Spark's decimals may be one digit wider than Ibis infers.
    columns = (F.col(f"`{f.name}`").cast(f.dataType).alias(f.name) for f in types)
    typed = rows.select(*columns)
    if month_of is None:
        typed.write.parquet(uri(path))
        return
    by_month = typed.withColumn(_PARTITION, F.date_format(month_of, "yyyy-MM"))
    # Otherwise every task writes its own file for each month.
    together = by_month.hint("rebalance", _PARTITION)
    together.write.partitionBy(_PARTITION).parquet(uri(path))


def write_rows(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write Python rows to one Parquet file, without starting a Spark job."""
    import ibis
    import pyarrow as pa
    from pyarrow.parquet import write_table

    records = [dict(zip(columns, row, strict=True)) for row in rows]
    write_table(pa.Table.from_pylist(records, ibis.schema(columns).to_pyarrow()), path)


def show(con: "Backend", path: Path, name: str) -> None:
    """Register a folder of Parquet files as a table of this session."""
    read(con, [path], types_in(path)).createOrReplaceTempView(name)


def read(con: "Backend", paths: Iterable[Path], types: "StructType") -> "DataFrame":
    """Return the rows of Parquet files, or of folders and their subfolders."""
    # Recursive lookup also keeps Spark from adding folder names as a partition column.
    deep = con._session.read.option("recursiveFileLookup", "true").schema(types)
    rows: DataFrame = deep.parquet(*map(uri, paths))
    return rows


def types_of(schema: "Schema") -> "StructType":
    """Return a schema as Spark types, with every column nullable."""
    from ibis.backends.pyspark.datatypes import PySparkType
    from pyspark.sql.types import StructField, StructType, TimestampNTZType

    def type_of(type_: Any) -> Any:
        is_naive = type_.is_timestamp() and not type_.timezone
        return TimestampNTZType() if is_naive else PySparkType.from_ibis(type_)

    return StructType([StructField(name, type_of(type_)) for name, type_ in schema.items()])


def types_in(path: Path) -> "StructType":
    """Return the column types of a table."""
    from pyspark.sql.types import StructType

    return StructType.fromJson(json.loads(schema_file(path).read_text("utf-8")))


def schema_file(path: Path) -> Path:
    """Return the path of a table's column types; inferring them would take a Spark job."""
    return path.with_name(f"{path.name}.json")


def uri(path: Path) -> str:
    """Return a path with its scheme; Spark may look for a bare one in another file system."""
    return f"file://{path}"
