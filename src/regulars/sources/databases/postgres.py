"""Read a shop database in PostgreSQL through ADBC."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import missing_driver, read_error, unreachable_error

if TYPE_CHECKING:
    import pyarrow as pa

_PATTERNS = {
    "user": r'^password authentication failed|no password supplied|^role ".*" (does not|is not)',
    "database": r'^database ".*" does not exist|^permission denied for database',
}
"""Messages for a wrong user and a wrong database: libpq reports no error codes."""


class PostgreSQL:
    """PostgreSQL and compatible servers."""

    dialect = "postgres"
    placeholder = "${}"
    timestamp_placeholder = "CAST(CURRENT_SETTING('regulars.timestamp_{}') AS TIMESTAMP)"
    order_key = "TRIM(CAST({} AS TEXT))"
    text_type = "TEXT"
    casts: ClassVar[Mapping[str, str]] = {
        "uuid": "CAST({} AS TEXT)",
        "money": "CAST({} AS NUMERIC)",
        "real": "CAST({} AS TEXT)",  # the shortest text that reads back as the same number
    } | dict.fromkeys(
        ("date", "timestamp without time zone", "timestamp with time zone"),
        "NULLIF(NULLIF({0}, 'infinity'), '-infinity')",
    )
    digest = "CAST(CAST(CAST('x' || SUBSTR(MD5({}), 1, 8) AS BIT(32)) AS BIGINT) AS NUMERIC)"

    in_this_database = "table_catalog = CURRENT_CATALOG"
    default_schema: str | None = "public"

    @contextmanager
    def snapshot(self, address: ShopAddress) -> "Iterator[PostgreSQLSnapshot]":
        """Open a read-only transaction with a consistent snapshot."""
        try:
            import adbc_driver_postgresql.dbapi as adbc
        except ImportError:
            raise missing_driver("adbc-driver-postgresql", "postgres") from None
        options = f"{address.options.get('options', '')} -c TimeZone=UTC".strip()
        uri = address.uri(application_name="regulars sync", connect_timeout="10", options=options)
        try:
            connection = adbc.connect(uri)
        except Exception as error:
            raise unreachable_error(address, _reason(error), _PATTERNS) from None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield PostgreSQLSnapshot(connection, address)
        except adbc.Error as error:
            raise read_error(address, error) from None
        finally:
            with suppress(Exception):  # the connection may be broken
                connection.close()


@dataclass(frozen=True)
class PostgreSQLSnapshot:
    """A transaction on its own connection."""

    connection: Any
    address: ShopAddress

    def batches(
        self, query: str, values: Sequence[str] = (), timestamps: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return the rows of a query as a stream of Arrow batches.

        Timestamps are passed as session settings: with bound parameters, ADBC returns all rows in
        one batch.
        """
        cursor = self.connection.cursor()
        for number, timestamp in enumerate(timestamps, 1):
            setting = (f"regulars.timestamp_{number}", timestamp.isoformat())
            cursor.execute("SELECT set_config($1, $2, true)", setting)
            cursor.fetchall()
        cursor.execute(query, tuple(values) or None)
        return self._in_storage_types(cursor)

    def _in_storage_types(self, cursor: Any) -> "pa.RecordBatchReader":
        """Return the batches with extension types replaced, such as numeric by its text."""
        import pyarrow as pa

        reader = cursor.fetch_record_batch()

        def stored(type_: "pa.DataType") -> "pa.DataType":
            return type_.storage_type if isinstance(type_, pa.BaseExtensionType) else type_

        schema = pa.schema([(field.name, stored(field.type)) for field in reader.schema])

        def batches() -> "Iterator[pa.RecordBatch]":
            try:
                with cursor:
                    yield from map(convert, reader)
            except OSError as error:  # Arrow raises OSError if the driver fails mid-stream
                raise read_error(self.address, error) from None

        def convert(batch: "pa.RecordBatch") -> "pa.RecordBatch":
            columns = [
                one.storage if isinstance(one, pa.ExtensionArray) else one for one in batch.columns
            ]
            return pa.RecordBatch.from_arrays(columns, schema=schema)

        return pa.RecordBatchReader.from_batches(schema, batches())


def _reason(error: Exception) -> str:
    """Return why the connection failed, without the prefixes of ADBC and libpq."""
    first = (str(error).splitlines() or [""])[0]
    return first.rpartition("FATAL:")[2].rpartition("Failed to connect:")[2].strip()
