"""A shop's database in PostgreSQL, read by ADBC."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import failed, missing, unreachable

if TYPE_CHECKING:
    import pyarrow as pa

_SIGNS = {
    "user": r'^password authentication failed|no password supplied|^role ".*" (does not|is not)',
    "database": r'^database ".*" does not exist|^permission denied for database',
}
"""What the server says of a user or a database that is wrong; libpq hands on no codes."""


class PostgreSQL:
    """PostgreSQL, and servers that speak as it does."""

    dialect = "postgres"
    place = "${}"
    moment = "CAST(CURRENT_SETTING('regulars.moment_{}') AS TIMESTAMP)"
    key = "TRIM(CAST({} AS TEXT))"
    text = "TEXT"
    spoken: ClassVar[Mapping[str, str]] = {
        "uuid": "CAST({} AS TEXT)",
        "money": "CAST({} AS NUMERIC)",
        "real": "CAST({} AS TEXT)",  # the shortest text that means the number
    } | dict.fromkeys(
        ("date", "timestamp without time zone", "timestamp with time zone"),
        "NULLIF(NULLIF({0}, 'infinity'), '-infinity')",
    )
    digest = "CAST(CAST(CAST('x' || SUBSTR(MD5({}), 1, 8) AS BIT(32)) AS BIGINT) AS NUMERIC)"

    @contextmanager
    def snapshot(self, address: ShopAddress) -> "Iterator[PostgreSQLSnapshot]":
        """Open a transaction that sees one state and can write nothing."""
        try:
            import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-untyped]
        except ImportError:
            raise missing("adbc-driver-postgresql", "postgres") from None
        asked = f"{address.options.get('options', '')} -c TimeZone=UTC".strip()
        uri = address.uri(application_name="regulars sync", connect_timeout="10", options=asked)
        try:
            connection = adbc.connect(uri)
        except Exception as error:
            raise unreachable(address, _said(error), _SIGNS) from None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield PostgreSQLSnapshot(connection, address)
        except adbc.Error as error:
            raise failed(address, error, "could not be read") from None
        finally:
            with suppress(Exception):  # it may be broken
                connection.close()


@dataclass(frozen=True)
class PostgreSQLSnapshot:
    """A transaction on a connection of its own."""

    connection: Any
    address: ShopAddress

    def batches(
        self, query: str, values: Sequence[str] = (), moments: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return what a query finds, as Arrow batches.

        Beside values ADBC gives all rows as one batch; so moments are told to the session.
        """
        cursor = self.connection.cursor()
        for number, moment in enumerate(moments, 1):
            setting = (f"regulars.moment_{number}", moment.isoformat())
            cursor.execute("SELECT set_config($1, $2, true)", setting)
            cursor.fetchall()
        cursor.execute(query, tuple(values) or None)
        return self._plain(cursor)

    def _plain(self, cursor: Any) -> "pa.RecordBatchReader":
        """Return batches whose types Arrow itself knows: numerics, say, come as marked text."""
        import pyarrow as pa

        found = cursor.fetch_record_batch()

        def stored(type_: "pa.DataType") -> "pa.DataType":
            return type_.storage_type if isinstance(type_, pa.BaseExtensionType) else type_

        schema = pa.schema([(field.name, stored(field.type)) for field in found.schema])

        def batches() -> "Iterator[pa.RecordBatch]":
            try:
                with cursor:
                    yield from map(plain, found)
            except OSError as error:  # what goes wrong on the way comes as Arrow's own
                raise failed(self.address, error, "could not be read") from None

        def plain(batch: "pa.RecordBatch") -> "pa.RecordBatch":
            columns = [
                one.storage if isinstance(one, pa.ExtensionArray) else one for one in batch.columns
            ]
            return pa.RecordBatch.from_arrays(columns, schema=schema)

        return pa.RecordBatchReader.from_batches(schema, batches())


def _said(error: Exception) -> str:
    """Return why there is no connection, without what ADBC and libpq put before it."""
    first = (str(error).splitlines() or [""])[0]
    return first.rpartition("FATAL:")[2].rpartition("Failed to connect:")[2].strip()
