"""Where Spark works: a session, and folders of Parquet for what is kept and what is saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from regulars.core.errors import WarehouseError
from regulars.engines.spark import tables

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from ibis.expr.types import Table
    from pyarrow import RecordBatchReader

    from regulars.sources.open import RawTable
    from regulars.sources.profiles.profile import FileShape, Profile

_NOTHING = "\x1e"
"""An empty cell: no cell holds this character."""


@dataclass(frozen=True)
class SparkWorkspace:
    """A session to work in; what is kept lies in one folder, the next version in another."""

    con: "Backend"
    folder: Path
    version: Path

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileShape", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that paths and globs mean."""
        from regulars.engines.spark.read_files import open_for_spark

        return open_for_spark(self.con, patterns, file=file, chosen=chosen, folder=self.folder)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""
        path = self._scratch(name)
        tables.save(self.con, rows, path)
        return self._shown(path, name)

    def rows_as_table(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> "Table":
        """Return rows of ours as a table with columns of these Ibis types."""
        path = self._scratch(name)
        tables.save_ours(path, columns, rows)
        return self._shown(path, name)

    def define(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Refuse: the key would have to go to every worker."""
        raise WarehouseError(
            "People cannot be kept apart in a warehouse in Spark, for the key would have to go to "
            "every worker. Build in DuckDB or PostgreSQL; or build here by a profile without "
            "[people], from sources without names."
        )

    def store_batches(self, name: str, batches: "RecordBatchReader") -> "Table":
        """Raise WarehouseError: batches come to one machine, and Spark is for more than one."""
        raise WarehouseError(
            "A live database cannot be synced into Spark. Sync it into DuckDB or PostgreSQL, or "
            "let the shop export files."
        )

    def save(self, name: str, rows: "Table") -> "Table":
        """Write rows to the warehouse as a table, and return it."""
        path = self.version / name
        tables.save(self.con, rows, path, month_of=tables.PARTITIONED.get(name))
        return self._shown(path, name)

    def record(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of ours to the warehouse as a table."""
        tables.save_ours(self.version / name, columns, rows)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        return [row.asDict() for row in tables.frame(self.con, rows).collect()]

    def count(self, name: str) -> int:
        """Return how many rows a kept or saved table has."""
        return int(self.con._session.table(name).count())

    def fingerprint(self, rows: "Table") -> str:
        """Return a short text that equal rows share, in whatever order they are.

        Empty cells are told as such, for Spark's own hash would leave them out: a value would
        count the same in whatever column it stands.
        """
        from pyspark.sql import functions as F  # noqa: N812

        cells = (
            F.coalesce(F.col(f"`{name}`").cast("string"), F.lit(_NOTHING)) for name in rows.columns
        )
        number = F.xxhash64(*cells).cast("decimal(38, 0)")
        found = tables.frame(self.con, rows).agg(F.count("*"), F.sum(number))
        [(count, total)] = found.collect()
        return f"spark-{count}-{int(total or 0):x}"

    def _scratch(self, name: str) -> Path:
        return self.folder / f"{name}-{uuid4().hex}"

    def _shown(self, path: Path, name: str) -> "Table":
        tables.show(self.con, path, name)
        return self.con.table(name)
