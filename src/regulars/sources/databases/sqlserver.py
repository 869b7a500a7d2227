"""Read a shop database in SQL Server or Azure SQL through Microsoft's mssql-python driver."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import (
    ROWS_PER_BATCH,
    missing_driver,
    read_error,
    unreachable_error,
)

if TYPE_CHECKING:
    import pyarrow as pa

_NO_SNAPSHOTS = 3952
"""SQL Server's error number for a database that does not allow snapshot isolation."""

_PATTERNS = {"database": r"Cannot open database", "user": r"Login failed for user"}
"""Messages for a wrong database and a wrong user. For a wrong database, both appear."""


class SQLServer:
    """SQL Server and Azure SQL."""

    dialect = "tsql"
    placeholder = "?"
    timestamp_placeholder = "?"
    order_key = "TRIM(CAST({} AS NVARCHAR(400)))"
    text_type = "NVARCHAR(400)"
    digest = "CAST(SUBSTRING(HASHBYTES('MD5', CAST({} AS VARCHAR(800))), 1, 4) AS BIGINT)"
    casts: ClassVar[Mapping[str, str]] = {"uniqueidentifier": "CAST({} AS NVARCHAR(36))"}

    in_this_database = "table_catalog = DB_NAME()"
    default_schema: str | None = "dbo"

    @contextmanager
    def snapshot(self, address: ShopAddress) -> "Iterator[SQLServerSnapshot]":
        """Open a transaction with snapshot isolation, and roll it back at the end."""
        try:
            import mssql_python as driver
        except ImportError:
            raise missing_driver("mssql-python", "sqlserver") from None
        try:
            connection = driver.connect(_connection_string(address), autocommit=True)
        except Exception as error:  # it raises other errors for options it cannot parse
            raise unreachable_error(address, " ".join(str(error).split()), _PATTERNS) from None
        try:
            cursor = connection.cursor()
            cursor.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
            cursor.close()
            connection.setautocommit(False)
            yield SQLServerSnapshot(connection)
        except driver.Error as error:
            raise read_error(address, error, _problem(str(error))) from None
        finally:
            with suppress(driver.Error):  # it would hide the error that ended the transaction
                connection.rollback()
                connection.close()


@dataclass(frozen=True)
class SQLServerSnapshot:
    """A transaction on its own connection."""

    connection: Any

    def batches(
        self, query: str, values: Sequence[str] = (), timestamps: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return the rows of a query as a stream of Arrow batches, decimals as text."""
        import pyarrow as pa

        cursor = self.connection.cursor()
        cursor.execute(query, *values, *timestamps)
        reader = cursor.arrow_reader(batch_size=ROWS_PER_BATCH)
        schema = pa.schema(
            pa.field(field.name, pa.string()) if pa.types.is_decimal(field.type) else field
            for field in reader.schema
        )

        def batches() -> "Iterator[pa.RecordBatch]":
            for batch in reader:
                yield batch.cast(schema)

        return pa.RecordBatchReader.from_batches(schema, batches())


def _connection_string(address: ShopAddress) -> str:
    """Return the address as an ODBC connection string."""
    port = f",{address.port}" if address.port else ""
    quoted = {"Server": f"{address.host}{port}", "Database": address.database}
    quoted |= {"UID": address.user} if address.user else {}
    quoted |= {"PWD": address.password} if address.user and address.password else {}
    parts = [f"{name}={{{value.replace('}', '}}')}}};" for name, value in quoted.items()]
    return "".join(parts + [f"{name}={value};" for name, value in address.options.items()])


def _problem(message: str) -> str:
    if str(_NO_SNAPSHOTS) in message or "snapshot isolation" in message.casefold():
        return (
            "does not allow snapshot isolation, which a sync needs. Its owner can allow it with "
            "ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON"
        )
    return "could not be read"
