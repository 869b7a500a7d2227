"""Query one version of a warehouse in PostgreSQL, in a transaction that sees one snapshot."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

from regulars.core.errors import QueryCancelledError
from regulars.engines.cancel import CANCELLED, SECONDS_TO_STOP, cancel_until_done
from regulars.engines.parameters import Statement
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.errors import explained

if TYPE_CHECKING:
    import psycopg
    from ibis.backends.postgres import Backend
    from ibis.expr.types import Table

ROWS_AT_A_TIME = 10_000
_IDLE = 0
"""libpq's status of a connection outside a transaction (PQTRANS_IDLE)."""


@dataclass(frozen=True)
class PostgresReader:
    """A version of the warehouse; it is not dropped while it is open."""

    con: "Backend"
    address: Address
    schema: str
    _running: Event = field(default_factory=Event, compare=False)
    _stopped: Event = field(default_factory=Event, compare=False)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self.con.list_tables(database=self.schema))

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name, database=self.schema)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries from a server-side cursor, so that memory use stays flat."""
        import ibis
        import psycopg

        con: psycopg.Connection[Any] = self.con.con
        name, sql = ibis.util.gen_name("regulars"), self.con.compile(rows)
        with explained(self.address):
            begin(con)
            cursor = con.cursor(name=name)
            try:
                # A savepoint: a failed query must not end the transaction that all share.
                with self._cancellable(), con.transaction():
                    cursor.execute(sql)
                    batch = cursor.fetchmany(ROWS_AT_A_TIME)
                names = [column.name for column in cursor.description or ()]
                while batch:
                    yield from (dict(zip(names, row, strict=True)) for row in batch)
                    with self._cancellable(), con.transaction():
                        batch = cursor.fetchmany(ROWS_AT_A_TIME)
            finally:
                with suppress(psycopg.Error), con.transaction():
                    cursor.close()

    def prepare(self, rows: "Table") -> Statement:
        """Compile a query with parameters into a reusable statement."""
        sql = str(self.con.compile(rows)).replace("%", "%%")  # psycopg's placeholders begin with %
        return Statement.from_sql(sql, "CAST(%({})s AS TEXT)".format)

    def execute(self, statement: Statement, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, with values for its parameters."""
        con: psycopg.Connection[Any] = self.con.con
        with explained(self.address):
            begin(con)
            # A savepoint: a failed query must not end the transaction that all share.
            with self._cancellable(), con.transaction(), con.cursor() as cursor:
                # Without a prepared statement the server plans for these values.
                cursor.execute(statement.sql, statement.bind(values), prepare=False)
                names = [column.name for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor]

    def stop(self) -> None:
        """Cancel running queries, from any thread, and refuse new ones."""
        self._stopped.set()
        cancel_until_done(self._running.is_set, self._cancel)

    def close(self) -> None:
        """Close the connection, which releases the version."""
        self.con.disconnect()

    def _cancel(self) -> None:
        import psycopg

        with suppress(psycopg.Error):  # the server may be gone, or the query done
            self.con.con.cancel_safe(timeout=SECONDS_TO_STOP)

    @contextmanager
    def _cancellable(self) -> Iterator[None]:
        """Mark a query as running. Raises QueryCancelledError if stopped."""
        import psycopg

        self._running.set()
        try:
            if self._stopped.is_set():
                raise QueryCancelledError(CANCELLED)
            yield
        except psycopg.Error:
            if self._stopped.is_set():
                raise QueryCancelledError(CANCELLED) from None
            raise
        finally:
            self._running.clear()


def begin(con: "psycopg.Connection[Any]") -> None:
    """Begin the transaction in which all queries see the same snapshot, unless one is open.

    Ibis rolls it back if SQL that a user runs on the connection fails.
    """
    if con.info.transaction_status == _IDLE:
        con.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
