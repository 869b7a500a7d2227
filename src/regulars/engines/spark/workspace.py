"""The Spark workspace: a session, and folders of Parquet for scratch tables and saved tables."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ibis

from regulars.core.errors import WarehouseError
from regulars.engines.spark import tables

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from ibis.expr.types import Table
    from pyarrow import RecordBatchReader

    from regulars.sources.profiles.file_options import FileOptions
    from regulars.sources.profiles.profile import Profile
    from regulars.sources.table import RawTable

_NULL = "\x1e"
"""Represents NULL in a fingerprint: this control character never occurs in a cell."""


@dataclass(frozen=True)
class SparkWorkspace:
    """A Spark session, with a folder for scratch tables and one for the next version."""

    con: "Backend"
    folder: Path
    version: Path

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileOptions", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that match paths and globs."""
        from regulars.engines.spark.read_files import open_for_spark

        return open_for_spark(self.con, patterns, file=file, chosen=chosen, folder=self.folder)

    def planned_for(self, rows: int) -> AbstractContextManager[None]:
        """Do nothing: Spark plans queries for the size of their tables itself."""
        return nullcontext()

    def named(self, name: str, rows: "Table") -> "Table":
        """Return rows as they are: Spark compiles the query of every source."""
        return rows

    def materialize(
        self, name: str, rows: "Table", *, constants: Mapping[str, int] | None = None
    ) -> "Table":
        """Compute rows once and return them as a scratch table."""
        path = self._scratch(name)
        columns = {name: ibis.literal(value, "int32") for name, value in (constants or {}).items()}
        tables.save(self.con, rows.mutate(**columns) if columns else rows, path)
        return self._register(path, name)

    def rows_as_table(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> "Table":
        """Return Python rows as a scratch table with columns of these Ibis types."""
        path = self._scratch(name)
        tables.save_rows(path, columns, rows)
        return self._register(path, name)

    def register_function(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Raise WarehouseError: the key would have to be sent to every worker."""
        raise WarehouseError(
            "A warehouse in Spark cannot hold personal data, because the key would have to be sent "
            "to every worker. Use DuckDB or PostgreSQL, or a profile without [people] and sources "
            "without personal data."
        )

    def store_batches(self, name: str, batches: "RecordBatchReader") -> "Table":
        """Raise WarehouseError: batches would pass through one machine, not the cluster."""
        raise WarehouseError(
            "A live database cannot be synced into Spark. Sync it into DuckDB or PostgreSQL, or "
            "export files from the shop and build from those."
        )

    def table(self, name: str) -> "Table":
        """Return a scratch or saved table."""
        return self.con.table(name)

    def save(self, name: str, rows: "Table") -> "Table":
        """Save rows to the warehouse and return the saved table."""
        path = self.version / name
        tables.save(self.con, rows, path, month_of=tables.PARTITIONED.get(name))
        return self._register(path, name)

    def save_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Save Python rows to the warehouse as a table."""
        path = self.version / name
        tables.save_rows(path, columns, rows)
        tables.show(self.con, path, name)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""
        return [row.asDict() for row in tables.frame(self.con, rows).collect()]

    def count(self, name: str) -> int:
        """Return the number of rows of a scratch or saved table."""
        return int(self.con._session.table(name).count())

    def fingerprint(self, rows: "Table") -> str:
        """Return a checksum of rows that does not depend on their order.

        Spark's hash skips NULL, so that a value would count the same in any column: NULL is
        replaced by a control character first.
        """
        from pyspark.sql import functions as F  # noqa: N812

        cells = (
            F.coalesce(F.col(f"`{name}`").cast("string"), F.lit(_NULL)) for name in rows.columns
        )
        number = F.xxhash64(*cells).cast("decimal(38, 0)")
        sums = tables.frame(self.con, rows).agg(F.count("*"), F.sum(number))
        [(count, total)] = sums.collect()
        return f"spark-{count}-{int(total or 0):x}"

    def _scratch(self, name: str) -> Path:
        return self.folder / f"{name}-{uuid4().hex}"

    def _register(self, path: Path, name: str) -> "Table":
        tables.show(self.con, path, name)
        return self.con.table(name)
