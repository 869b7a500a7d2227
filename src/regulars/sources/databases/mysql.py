"""A shop's database in MySQL or MariaDB, read by PyMySQL over a cursor that keeps no rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import ROWS_IN_A_BATCH, failed, missing, unreachable

if TYPE_CHECKING:
    import pyarrow as pa

_PLACE = "<value>"
"""Stands for PyMySQL's %s, beside which any other % of a query would have to be doubled."""

_SIGNS = {"user": r"^\((1045|1698)\b", "database": r"^\((1044|1049)\b"}
"""The numbers of its errors for a user or a database that is wrong."""


class MySQL:
    """MySQL and MariaDB."""

    dialect = "mysql"
    place = _PLACE
    moment = _PLACE
    key = "CAST(TRIM(CONVERT({} USING utf8mb4)) AS BINARY)"  # else capitals and accents are alike
    text = "CHAR"
    spoken: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), "HEX({})"
    )
    digest = "CAST(CONV(SUBSTR(MD5(CONVERT({} USING utf8mb4)), 1, 8), 16, 10) AS UNSIGNED)"

    @contextmanager
    def snapshot(self, address: ShopAddress) -> "Iterator[MySQLSnapshot]":
        """Open a transaction that sees one state and can write nothing."""
        try:
            import pymysql
        except ImportError:
            raise missing("PyMySQL", "mysql") from None
        try:
            connection = pymysql.connect(**_arguments(address))
        except Exception as error:
            raise unreachable(address, str(error), _SIGNS) from None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield MySQLSnapshot(connection, address)
        except pymysql.Error as error:
            raise failed(address, error, "could not be read") from None
        finally:
            if connection.open:
                connection.close()


@dataclass(frozen=True)
class MySQLSnapshot:
    """A transaction on a connection of its own."""

    connection: Any
    address: ShopAddress

    def batches(
        self, query: str, values: Sequence[str] = (), moments: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return what a query finds, as Arrow batches."""
        import pyarrow as pa
        from pymysql.cursors import SSCursor

        told = (*values, *moments)
        if told:
            query = query.replace("%", "%%").replace(_PLACE, "%s")
        cursor = SSCursor(self.connection)
        cursor.execute(query, told or None)
        kinds = [_type(code) for _, code, *_ in cursor.description]
        names = [name for name, *_ in cursor.description]
        schema = pa.schema(list(zip(names, kinds, strict=True)))

        def batches() -> "Iterator[pa.RecordBatch]":
            try:
                with cursor:
                    while rows := cursor.fetchmany(ROWS_IN_A_BATCH):
                        columns = zip(*rows, strict=True)
                        arrays = list(map(_array, columns, kinds))
                        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
            except OSError as error:
                raise failed(self.address, error, "could not be read") from None

        return pa.RecordBatchReader.from_batches(schema, batches())


def _arguments(address: ShopAddress) -> dict[str, Any]:
    told = {
        "host": address.host or None,
        "port": address.port or 0,
        "user": address.user or None,
        "password": address.password,
        "database": address.database,
        "unix_socket": address.options.get("unix_socket"),
    }
    if "ssl_ca" in address.options:
        told["ssl_ca"] = address.options["ssl_ca"]
    # Times of the type TIMESTAMP are those of the session: in UTC it is known which.
    return told | {
        "charset": "utf8mb4", "connect_timeout": 10, "init_command": "SET time_zone = '+00:00'",
    }  # fmt: skip


def _type(code: int) -> "pa.DataType":
    """Return the Arrow type for a type of column; exact numbers and all else are text."""
    import pyarrow as pa
    from pymysql.constants import FIELD_TYPE

    types = {
        FIELD_TYPE.TIMESTAMP: pa.timestamp("us", tz="UTC"),
        FIELD_TYPE.DATETIME: pa.timestamp("us"),
        FIELD_TYPE.DATE: pa.date32(),
        FIELD_TYPE.FLOAT: pa.float32(),
        FIELD_TYPE.DOUBLE: pa.float64(),
    }
    whole = (FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG)
    return types.get(code, pa.int64() if code in whole else pa.string())


def _array(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if pa.types.is_string(kind):
        return pa.array(map(_as_text, values), kind)
    if pa.types.is_temporal(kind):
        # What is no date, such as 0000-00-00, comes as text.
        return pa.array([None if isinstance(one, str) else one for one in values], kind)
    return pa.array(values, kind)


def _as_text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)
