"""The warehouse in Spark: a folder of Parquet that many machines read and write at once.

Everything between the files and an answer is a job of Spark's; nothing comes to us but answers.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from regulars.engines.folder import VersionedFolder
from regulars.engines.spark_session import PATTERN, check_is_shared, explained, session_at
from regulars.errors import WarehouseError

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from ibis.expr.schema import Schema
    from ibis.expr.types import Table
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from regulars.engines.base import Store
    from regulars.profiles import FileShape, Profile
    from regulars.sources import RawTable

DEFAULT_FOLDER = "regulars-warehouse"
PARTITIONED = {"fact_sales": "ordered_on"}
"""Tables that lie in a folder for each month of a column."""

_PARTITION = "in_month"
_LOCAL = re.compile(r"local\[(\*|\d+)\]")


@dataclass(frozen=True)
class Spark:
    """A warehouse in a folder, and the Spark that works on it."""

    master: str
    folder: Path
    name: ClassVar[str] = "Spark"
    keeps_marts: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.master}?folder={quote(str(self.folder))}"

    @contextmanager
    def building(self, *, memory_limit: str) -> "Iterator[SparkWorkshop]":
        """Open a workshop whose saved tables become the warehouse if nothing is raised.

        How much memory Spark may use is told to Spark, not here.
        """
        with VersionedFolder(self.folder.resolve()).building() as (version, scratch):
            con = _connected(self.master)
            with explained(self):
                if not self.master.startswith("local"):
                    check_is_shared(con._session, scratch)
                yield SparkWorkshop(con, scratch, version)

    @contextmanager
    def changing(self, *, memory_limit: str, leaving_nothing: bool = False) -> "Iterator[Store]":
        """Refuse: a warehouse in Spark is built as a whole."""
        raise WarehouseError(
            f"{self} is in Spark, and nothing can be loaded into it yet, nor taken out of "
            "it. Build it anew from all of its sources."
        )
        yield

    def reading(self, *, memory_limit: str) -> "SparkReader":
        """Open the version that holds now; it stays while it is open, whatever is built."""
        version, handle = VersionedFolder(self.folder.resolve()).hold()
        try:
            con = _connected(self.master)
            with explained(self):
                return SparkReader(con, version, handle, str(self))
        except BaseException:
            os.close(handle)
            raise


def spark_of(warehouse: str) -> Spark:
    """Return what an address such as spark://host:7077?folder=/shared/shop means.

    Raises WarehouseError where it is not well formed.
    """
    master, _, asked = warehouse.partition("?")
    is_local = _LOCAL.fullmatch(master) is not None
    named, told, folder = asked.partition("folder=")
    folder = unquote(folder) if told else (DEFAULT_FOLDER if is_local and not asked else "")
    well_formed = is_local or (_is_master(master) and folder.startswith("/"))
    if named or not folder or not well_formed:
        raise WarehouseError(
            f"{warehouse} is no address of a warehouse in Spark. Write it as "
            "spark://host:7077?folder=/shared/shop, with the port and the whole path of a folder "
            "that all its workers see, or as 'local[*]?folder=shop'."
        )
    if set(str(Path(folder).resolve())) & PATTERN:
        raise WarehouseError(
            f"{folder}: Spark does not take {' '.join(sorted(PATTERN))} for what they are in the "
            "name of a folder. Name one without."
        )
    return Spark(master, Path(folder))


def _is_master(master: str) -> bool:
    try:
        url = urlsplit(master)
        named = url.scheme == "spark" and url.hostname and url.port
        return bool(named and not url.path and not url.username)
    except ValueError:
        return False


@dataclass(frozen=True)
class SparkWorkshop:
    """A session to work in; what is kept and what is saved are folders of Parquet."""

    con: "Backend"
    folder: Path
    version: Path

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileShape", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that paths and globs mean."""
        from regulars.engines.spark_files import open_for_spark

        return open_for_spark(self.con, patterns, file=file, chosen=chosen, folder=self.folder)

    def keep(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""
        return self._write(name, rows, self.folder / f"{name}-{uuid4().hex}")

    def save(self, name: str, rows: "Table") -> "Table":
        """Write rows to the warehouse as a table, and return it."""
        return self._write(name, rows, self.version / name, partition=PARTITIONED.get(name))

    def record(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of ours to the warehouse as a table, by hand: no work for a cluster."""
        import ibis
        import pyarrow as pa
        from pyarrow.parquet import write_table

        schema, path = ibis.schema(columns), self.version / name
        told = [dict(zip(columns, row, strict=True)) for row in rows]
        path.mkdir()
        write_table(pa.Table.from_pylist(told, schema.to_pyarrow()), path / "rows.parquet")
        _schema_file(path).write_text(_types(schema).json(), "utf-8")

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        return [row.asDict() for row in _frame(self.con, rows).collect()]

    def count(self, name: str) -> int:
        """Return how many rows a kept or saved table has."""
        return int(self.con._session.table(name).count())

    def define(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Refuse: the key would have to go to every worker."""
        raise WarehouseError(
            "People cannot be kept apart in a warehouse in Spark, for the key would have to go to "
            "every worker. Build in DuckDB or PostgreSQL; or build here by a profile without "
            "[people], from sources without names."
        )

    def fingerprint(self, rows: "Table") -> str:
        """Return a short text that equal rows share, in whatever order they are."""
        from pyspark.sql import functions as F  # noqa: N812

        number = F.xxhash64(*(F.col(f"`{name}`") for name in rows.columns)).cast("decimal(38, 0)")
        [(count, total)] = _frame(self.con, rows).agg(F.count("*"), F.sum(number)).collect()
        return f"spark-{count}-{int(total or 0):x}"

    def _write(
        self, name: str, rows: "Table", path: Path, *, partition: str | None = None
    ) -> "Table":
        from pyspark.sql import functions as F  # noqa: N812

        types = _types(rows.schema())
        # Spark's own types may be a digit wider than Ibis says they are.
        columns = (F.col(f"`{f.name}`").cast(f.dataType).alias(f.name) for f in types)
        typed = _frame(self.con, rows).select(*columns)
        if partition:
            by_month = typed.withColumn(_PARTITION, F.date_format(partition, "yyyy-MM"))
            # Else every task would write a file for each month it has a row of.
            together = by_month.hint("rebalance", _PARTITION)
            together.write.partitionBy(_PARTITION).parquet(_uri(path))
        else:
            typed.write.parquet(_uri(path))
        _schema_file(path).write_text(types.json(), "utf-8")
        _show(self.con, path, name)
        return self.con.table(name)


@dataclass(frozen=True)
class SparkReader:
    """One version of a warehouse; nobody removes it while the handle is open."""

    con: "Backend"
    version: Path
    handle: int
    place: str

    def __post_init__(self) -> None:
        for name in self.tables():
            _show(self.con, self.version / name, name)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return sorted(path.name for path in self.version.iterdir() if path.is_dir())

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, a part of them at a time."""
        with explained(self.place):
            for row in _frame(self.con, rows).toLocalIterator():
                yield row.asDict()

    def close(self) -> None:
        """Let go of the version. Spark itself stays: it takes seconds to start."""
        os.close(self.handle)


def _connected(master: str) -> "Backend":
    session = session_at(master)
    from regulars.engines.spark_compiler import connected

    return connected(session)


def _frame(con: "Backend", rows: "Table") -> "DataFrame":
    frame: DataFrame = con._session.sql(con.compile(rows))
    return frame


def _types(schema: "Schema") -> "StructType":
    """Return a schema in Spark's types, every column allowed to be empty."""
    from ibis.backends.pyspark.datatypes import PySparkType
    from pyspark.sql.types import StructField, StructType, TimestampNTZType

    def type_of(told: Any) -> Any:
        is_naive = told.is_timestamp() and not told.timezone
        return TimestampNTZType() if is_naive else PySparkType.from_ibis(told)

    return StructType([StructField(name, type_of(told)) for name, told in schema.items()])


def _schema_file(path: Path) -> Path:
    """Return where the types of a folder's columns stand: to find them out would take a job."""
    return path.with_name(f"{path.name}.json")


def _show(con: "Backend", path: Path, name: str) -> None:
    """Give a folder of Parquet the name of a table, in this session alone."""
    from pyspark.sql.types import StructType

    types = StructType.fromJson(json.loads(_schema_file(path).read_text("utf-8")))
    rows = con._session.read.schema(types).parquet(_uri(path))
    rows.drop(_PARTITION).createOrReplaceTempView(name)


def _uri(path: Path) -> str:
    # With its scheme: Spark may be set up to take a bare path for one in a file system of its own.
    return f"file://{path}"
