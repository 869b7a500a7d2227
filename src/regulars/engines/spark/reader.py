"""Query one version of a warehouse in Spark."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.engines.parameters import Statement
from regulars.engines.spark.session import explained
from regulars.engines.spark.tables import frame, show

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from ibis.expr.types import Table


@dataclass(frozen=True)
class SparkReader:
    """A version of a warehouse; it is not removed while the handle is open."""

    con: "Backend"
    version: Path
    handle: int
    location: str

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
        """Yield rows as dictionaries, one partition at a time."""
        with explained(self.location):
            for row in frame(self.con, rows).toLocalIterator():
                yield row.asDict()

    def prepare(self, rows: "Table") -> Statement:
        """Compile a query with parameters into a reusable statement."""
        return Statement.from_sql(str(self.con.compile(rows)), ":{}".format)

    def execute(self, statement: Statement, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, with values for its parameters."""
        with explained(self.location):
            result = self.con._session.sql(statement.sql, args=statement.bind(values))
            return [row.asDict() for row in result.toLocalIterator()]

    def stop(self) -> None:
        """Do nothing: all queries share one Spark session, so none can be cancelled alone."""

    def close(self) -> None:
        """Release the version. Spark keeps running, because it takes seconds to start."""
        os.close(self.handle)
