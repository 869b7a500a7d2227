"""A shop's database in SQL Server or Azure SQL, read as Arrow by Microsoft's own driver."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import ROWS_IN_A_BATCH, failed, missing, unreachable

if TYPE_CHECKING:
    import pyarrow as pa

_NO_SNAPSHOTS = 3952
"""The number of SQL Server's error for a database that allows no snapshots."""

_SIGNS = {"database": r"Cannot open database", "user": r"Login failed for user"}
"""What it says of a database or a user that is wrong: of the first, it says both."""


class SQLServer:
    """SQL Server and Azure SQL."""

    dialect = "tsql"
    place = "?"
    moment = "?"
    key = "TRIM(CAST({} AS NVARCHAR(400)))"
    text = "NVARCHAR(400)"
    digest = "CAST(SUBSTRING(HASHBYTES('MD5', CAST({} AS VARCHAR(800))), 1, 4) AS BIGINT)"
    spoken: ClassVar[Mapping[str, str]] = {"uniqueidentifier": "CAST({} AS NVARCHAR(36))"}

    @contextmanager
    def snapshot(self, address: ShopAddress) -> "Iterator[SQLServerSnapshot]":
        """Open a transaction that sees one state; it is rolled back at the end."""
        try:
            import mssql_python as driver
        except ImportError:
            raise missing("mssql-python", "sqlserver") from None
        try:
            connection = driver.connect(_words(address), autocommit=True)
        except Exception as error:  # what it cannot parse is no driver.Error
            raise unreachable(address, " ".join(str(error).split()), _SIGNS) from None
        try:
            cursor = connection.cursor()
            cursor.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
            cursor.close()
            connection.setautocommit(False)
            yield SQLServerSnapshot(connection)
        except driver.Error as error:
            raise failed(address, error, _what_to_do(str(error))) from None
        finally:
            with suppress(driver.Error):  # what went wrong before is what matters
                connection.rollback()
                connection.close()


@dataclass(frozen=True)
class SQLServerSnapshot:
    """A transaction on a connection of its own."""

    connection: Any

    def batches(
        self, query: str, values: Sequence[str] = (), moments: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return what a query finds, as Arrow batches, exact numbers as text."""
        import pyarrow as pa

        cursor = self.connection.cursor()
        cursor.execute(query, *values, *moments)
        found = cursor.arrow_reader(batch_size=ROWS_IN_A_BATCH)
        exact = {n for n, field in enumerate(found.schema) if pa.types.is_decimal(field.type)}
        schema = pa.schema(
            pa.field(field.name, pa.string()) if n in exact else field
            for n, field in enumerate(found.schema)
        )

        def batches() -> "Iterator[pa.RecordBatch]":
            for batch in found:
                yield batch.cast(schema)

        return pa.RecordBatchReader.from_batches(schema, batches())


def _words(address: ShopAddress) -> str:
    """Return the address in the words of ODBC."""
    port = f",{address.port}" if address.port else ""
    told = {"Server": f"{address.host}{port}", "Database": address.database}
    told |= {"UID": address.user} if address.user else {}
    told |= {"PWD": address.password} if address.user and address.password else {}
    return "".join(f"{name}={{{value.replace('}', '}}')}}};" for name, value in told.items()) + (
        "".join(f"{name}={value};" for name, value in address.options.items())
    )


def _what_to_do(said: str) -> str:
    if str(_NO_SNAPSHOTS) in said or "snapshot isolation" in said.casefold():
        return (
            "gives no snapshot, in which it would be read while the shop goes on selling. Its "
            "owner can allow it: ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON"
        )
    return "could not be read"
