"""Query a warehouse in a DuckDB file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import duckdb

from regulars.core.errors import QueryCancelledError
from regulars.engines.cancel import CANCELLED, cancel_until_done
from regulars.engines.duckdb.workspace import rows_of
from regulars.engines.parameters import Statement

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table

ATTACHED = "warehouse"
"""The name of the attached file in the connection that reads it."""


@dataclass(frozen=True)
class DuckDBReader:
    """An open warehouse file; replacing the file does not affect it."""

    con: "Backend"
    _running: set[duckdb.DuckDBPyConnection] = field(default_factory=set, compare=False)
    _stopped: Event = field(default_factory=Event, compare=False)
    _closing: Lock = field(default_factory=Lock, compare=False)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self._names)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.con.list_tables())

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield the rows of a result of any size as dictionaries, from a separate cursor."""
        with self._cursor() as cursor:
            for row in rows_of(cursor.execute(self.con.compile(rows))):
                self._check_not_stopped()
                yield row

    def prepare(self, rows: "Table") -> Statement:
        """Compile a query with parameters into a reusable statement."""
        return Statement.from_sql(str(self.con.compile(rows)), "${}".format)

    def execute(self, statement: Statement, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, with values for its parameters."""
        with self._cursor() as cursor:
            return list(rows_of(cursor.execute(statement.sql, statement.bind(values))))

    def stop(self) -> None:
        """Cancel running queries, from any thread, and refuse new ones."""
        self._stopped.set()
        cancel_until_done(lambda: bool(self._running), self._interrupt)

    def close(self) -> None:
        """Close the file."""
        with self._closing:
            self.con.disconnect()

    def _interrupt(self) -> None:
        with self._closing, suppress(duckdb.Error):  # a cursor may already be closed
            for cursor in self._running.copy():
                cursor.interrupt()

    def _check_not_stopped(self) -> None:
        if self._stopped.is_set():
            raise QueryCancelledError(CANCELLED)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a separate cursor. Raises QueryCancelledError if stopped."""
        cursor: duckdb.DuckDBPyConnection = self.con.con.cursor()
        cursor.execute(f"USE {ATTACHED}")  # a new cursor starts in the default database
        self._running.add(cursor)
        try:
            self._check_not_stopped()
            yield cursor
        except duckdb.InterruptException:
            raise QueryCancelledError(CANCELLED) from None
        finally:
            self._running.discard(cursor)
