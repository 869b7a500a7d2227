"""One version of a warehouse in PostgreSQL, open for questions that all see one state of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

from regulars.core.errors import StoppedError
from regulars.engines.cancel import NOBODY_WAITS, SECONDS_TO_STOP, cancel_until_done
from regulars.engines.parameters import Statement
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.errors import explained

if TYPE_CHECKING:
    import psycopg
    from ibis.backends.postgres import Backend
    from ibis.expr.types import Table

ROWS_AT_A_TIME = 10_000
_IDLE = 0
"""What libpq calls a connection without a transaction (PQTRANS_IDLE)."""


@dataclass(frozen=True)
class PostgresReader:
    """One version of the warehouse, which stays as long as it is open."""

    con: "Backend"
    address: Address
    schema: str
    _asked: Event = field(default_factory=Event, compare=False)
    _stopped: Event = field(default_factory=Event, compare=False)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self.con.list_tables(database=self.schema))

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name, database=self.schema)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, from a cursor on the server: memory stays flat."""
        import ibis
        import psycopg

        con: psycopg.Connection[Any] = self.con.con
        name, sql = ibis.util.gen_name("regulars"), self.con.compile(rows)
        with explained(self.address):
            begin(con)
            cursor = con.cursor(name=name)
            try:
                # A question that fails must not end the transaction that others are asked in.
                with self._asking(), con.transaction():
                    cursor.execute(sql)
                    some = cursor.fetchmany(ROWS_AT_A_TIME)
                names = [column.name for column in cursor.description or ()]
                while some:
                    yield from (dict(zip(names, row, strict=True)) for row in some)
                    with self._asking(), con.transaction():
                        some = cursor.fetchmany(ROWS_AT_A_TIME)
            finally:
                with suppress(psycopg.Error), con.transaction():
                    cursor.close()

    def prepare(self, rows: "Table") -> Statement:
        """Return rows that hold blanks as a statement, to be filled again and again."""
        sql = str(self.con.compile(rows)).replace("%", "%%")  # psycopg takes % for a placeholder
        return Statement.from_sql(sql, "CAST(%({})s AS TEXT)".format)

    def execute(self, statement: Statement, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, given what goes into its blanks."""
        con: psycopg.Connection[Any] = self.con.con
        with explained(self.address):
            begin(con)
            # A question that fails must not end the transaction that others are asked in.
            with self._asking(), con.transaction(), con.cursor() as cursor:
                # Not prepared: the server is to plan for these values.
                cursor.execute(statement.sql, statement.bind(values), prepare=False)
                names = [column.name for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor]

    def stop(self) -> None:
        """Break off what is being asked, from another thread, and let nothing more be asked."""
        self._stopped.set()
        cancel_until_done(self._asked.is_set, self._cancel)

    def close(self) -> None:
        """Let go of the version."""
        self.con.disconnect()

    def _cancel(self) -> None:
        import psycopg

        with suppress(psycopg.Error):  # the server may have gone, or the question ended
            self.con.con.cancel_safe(timeout=SECONDS_TO_STOP)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the server, unless nobody wants to hear the answer any more."""
        import psycopg

        self._asked.set()
        try:
            if self._stopped.is_set():
                raise StoppedError(NOBODY_WAITS)
            yield
        except psycopg.Error:
            if self._stopped.is_set():
                raise StoppedError(NOBODY_WAITS) from None
            raise
        finally:
            self._asked.clear()


def begin(con: "psycopg.Connection[Any]") -> None:
    """Begin the transaction in which all questions see one state, unless it has begun.

    It is over where somebody's own SQL failed: Ibis then rolls it back.
    """
    if con.info.transaction_status == _IDLE:
        con.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
