"""Read a shop database in MySQL or MariaDB through an unbuffered PyMySQL cursor."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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

_PLACEHOLDER = "<value>"
"""Replaced by PyMySQL's %s only once every other % of the query is escaped."""

_PATTERNS = {"user": r"^\((1045|1698)\b", "database": r"^\((1044|1049)\b"}
"""Error numbers for a wrong user and a wrong database."""


class MySQL:
    """MySQL and MariaDB."""

    dialect = "mysql"
    placeholder = _PLACEHOLDER
    timestamp_placeholder = _PLACEHOLDER
    # Binary, because the default collations ignore case and accents.
    order_key = "CAST(TRIM(CONVERT({} USING utf8mb4)) AS BINARY)"
    text_type = "CHAR"
    casts: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), "HEX({})"
    )
    digest = "CAST(CONV(SUBSTR(MD5(CONVERT({} USING utf8mb4)), 1, 8), 16, 10) AS UNSIGNED)"

    # A user may see the tables of every database on the server.
    in_this_database = "table_schema = DATABASE()"
    default_schema: str | None = None

    @contextmanager
    def snapshot(self, address: ShopAddress) -> "Iterator[MySQLSnapshot]":
        """Open a read-only transaction with a consistent snapshot."""
        try:
            import pymysql
        except ImportError:
            raise missing_driver("PyMySQL", "mysql") from None
        try:
            connection = pymysql.connect(**_arguments(address))
        except Exception as error:
            raise unreachable_error(address, str(error), _PATTERNS) from None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield MySQLSnapshot(connection, address)
        except pymysql.Error as error:
            raise read_error(address, error) from None
        finally:
            if connection.open:
                connection.close()


@dataclass(frozen=True)
class MySQLSnapshot:
    """A transaction on its own connection."""

    connection: Any
    address: ShopAddress

    def batches(
        self, query: str, values: Sequence[str] = (), timestamps: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return the rows of a query as a stream of Arrow batches."""
        import pyarrow as pa
        from pymysql.cursors import SSCursor

        parameters = (*values, *timestamps)
        if parameters:
            query = query.replace("%", "%%").replace(_PLACEHOLDER, "%s")
        cursor = SSCursor(self.connection)
        cursor.execute(query, parameters or None)
        types = [_arrow_type(code) for _, code, *_ in cursor.description]
        names = [name for name, *_ in cursor.description]
        schema = pa.schema(list(zip(names, types, strict=True)))

        def batches() -> "Iterator[pa.RecordBatch]":
            try:
                with cursor:
                    while rows := cursor.fetchmany(ROWS_PER_BATCH):
                        columns = zip(*rows, strict=True)
                        arrays = list(map(_array, columns, types))
                        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
            except OSError as error:
                raise read_error(self.address, error) from None

        return pa.RecordBatchReader.from_batches(schema, batches())


def _arguments(address: ShopAddress) -> dict[str, Any]:
    arguments = {
        "host": address.host or None,
        "port": address.port or 0,
        "user": address.user or None,
        "password": address.password,
        "database": address.database,
        "unix_socket": address.options.get("unix_socket"),
    }
    if "ssl_ca" in address.options:
        arguments["ssl_ca"] = address.options["ssl_ca"]
    # MySQL converts TIMESTAMP values to the session's time zone: make it UTC.
    return arguments | {
        "charset": "utf8mb4", "connect_timeout": 10, "init_command": "SET time_zone = '+00:00'",
    }  # fmt: skip


def _arrow_type(code: int) -> "pa.DataType":
    """Return the Arrow type for a MySQL column type; decimals and unlisted types become text."""
    import pyarrow as pa
    from pymysql.constants import FIELD_TYPE

    types = {
        FIELD_TYPE.TIMESTAMP: pa.timestamp("us", tz="UTC"),
        FIELD_TYPE.DATETIME: pa.timestamp("us"),
        FIELD_TYPE.DATE: pa.date32(),
        FIELD_TYPE.FLOAT: pa.float32(),
        FIELD_TYPE.DOUBLE: pa.float64(),
    }
    integers = (FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG)
    return types.get(code, pa.int64() if code in integers else pa.string())


def _array(values: Sequence[Any], type_: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if pa.types.is_string(type_):
        return pa.array(map(_as_text, values), type_)
    if pa.types.is_temporal(type_):
        # PyMySQL returns invalid dates such as 0000-00-00 as text.
        return pa.array([None if isinstance(one, str) else one for one in values], type_)
    return pa.array(values, type_)


def _as_text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)
