"""Query one version of a warehouse in Spark."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.engines.parameters import Statement, statement
from regulars.engines.spark.session import explained
from regulars.engines.spark.tables import frame, show

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from ibis.expr.types import Table


@dataclass(frozen=True)
class SparkReader:
    """One version of a warehouse; nobody removes it while the handle is open."""

    con: "Backend"
    version: Path
    handle: int
    place: str

    def __post_init__(self) -> None:
        for name in self.tables():
            show(self.con, self.version / name, name)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return sorted(path.name for path in self.version.iterdir() if path.is_dir())

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, a part of them at a time."""
        with explained(self.place):
            for row in frame(self.con, rows).toLocalIterator():
                yield row.asDict()

    def prepare(self, rows: "Table") -> Statement:
        """Return rows that hold blanks as a statement, to be filled again and again."""
        return statement(str(self.con.compile(rows)), ":{}".format)

    def execute(self, asked: Statement, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, given what goes into its blanks."""
        with explained(self.place):
            found = self.con._session.sql(asked.sql, args=asked.told(values))
            return [row.asDict() for row in found.toLocalIterator()]

    def stop(self) -> None:
        """Let what is being asked run to its end: all who ask share one session of Spark."""

    def close(self) -> None:
        """Let go of the version. Spark itself stays: it takes seconds to start."""
        os.close(self.handle)
