"""A DuckDB file that is open for questions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import duckdb

from regulars.core.errors import StoppedError
from regulars.engines.cancel import NOBODY_WAITS, cancel_until_done
from regulars.engines.duckdb.workspace import rows_of
from regulars.engines.parameters import Statement

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table

ATTACHED = "warehouse"
"""What the file is called in the connection that reads it."""


@dataclass(frozen=True)
class DuckDBReader:
    """A warehouse file that has been opened; it is the same whatever replaces it meanwhile."""

    con: "Backend"
    _asked: set[duckdb.DuckDBPyConnection] = field(default_factory=set, compare=False)
    _stopped: Event = field(default_factory=Event, compare=False)
    _closing: Lock = field(default_factory=Lock, compare=False)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self.con.list_tables())

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, however many they are, by a cursor of their own."""
        with self._cursor() as cursor:
            for row in rows_of(cursor.execute(self.con.compile(rows))):
                self._check()
                yield row

    def prepare(self, rows: "Table") -> Statement:
        """Return rows that hold blanks as a statement, to be filled again and again."""
        return Statement.from_sql(str(self.con.compile(rows)), "${}".format)

    def execute(self, statement: Statement, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, given what goes into its blanks."""
        with self._cursor() as cursor:
            return list(rows_of(cursor.execute(statement.sql, statement.bind(values))))

    def stop(self) -> None:
        """Break off what is being asked, from another thread, and let nothing more be asked."""
        self._stopped.set()
        cancel_until_done(lambda: bool(self._asked), self._interrupt)

    def close(self) -> None:
        """Let go of the file."""
        with self._closing:
            self.con.disconnect()

    def _interrupt(self) -> None:
        with self._closing, suppress(duckdb.Error):  # it may have been closed meanwhile
            for cursor in self._asked.copy():
                cursor.interrupt()

    def _check(self) -> None:
        """Raise StoppedError where nobody wants to hear an answer any more."""
        if self._stopped.is_set():
            raise StoppedError(NOBODY_WAITS)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a cursor of its own, which begins where a connection does."""
        cursor: duckdb.DuckDBPyConnection = self.con.con.cursor()
        cursor.execute(f"USE {ATTACHED}")
        self._asked.add(cursor)
        try:
            self._check()
            yield cursor
        except duckdb.InterruptException:
            raise StoppedError(NOBODY_WAITS) from None
        finally:
            self._asked.discard(cursor)
