"""What a database server has to provide: its SQL dialect and a read-only snapshot."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from regulars.core.errors import SourceError, UnreachableShopError
from regulars.sources.databases.address import PASSWORD_VARIABLE

if TYPE_CHECKING:
    import pyarrow as pa

    from regulars.sources.databases.address import ShopAddress

ROWS_PER_BATCH = 20_000
_CURES = {
    "user": f"Check the user in the address, and the password in {PASSWORD_VARIABLE}.",
    "database": "Check the database name in the address, and that the user may connect to it.",
    "": f"Check the address, and the password in {PASSWORD_VARIABLE}.",
}
"""What to do if a database cannot be reached, by the part of the address that is wrong."""


class Snapshot(Protocol):
    """A read-only view of a database at one moment, unaffected by later writes."""

    def batches(
        self, query: str, values: Sequence[str] = (), timestamps: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return the rows of a query as a stream of Arrow batches. Decimals come as text.

        `values` or `timestamps` are bound to the placeholders of the query.
        """


class Server(Protocol):
    """A kind of database server and its SQL dialect."""

    dialect: str
    """The dialect's name in sqlglot."""

    placeholder: str
    """Placeholder for a value; {} is its number, from 1."""

    timestamp_placeholder: str
    """Placeholder for a timestamp; {} is its number, from 1."""

    order_key: str
    """Expression for an order id as trimmed, case-sensitive text; {} is the column."""

    text_type: str
    """Name of the text type."""

    casts: ClassVar[Mapping[str, str]]
    """Expressions that read columns of some types, by the server's type name; {} is the column."""

    digest: str
    """Expression for the first 32 bits of a text's MD5 as a number; {} is the text."""

    in_this_database: str
    """Condition on information_schema.columns for the tables of the database in the address."""

    default_schema: str | None
    """The schema whose tables are named without it; None if that is the database."""

    def snapshot(self, address: "ShopAddress") -> AbstractContextManager[Snapshot]:
        """Open a snapshot. Raises SourceError if the database cannot be reached or read."""


def missing_driver(package: str, extra: str) -> SourceError:
    """Return the error for a missing driver."""
    return SourceError(
        f"Reading this database needs {package}, which is not installed. Install it with: "
        f'pip install "regulars[{extra}]"'
    )


def unreachable_error(
    address: "ShopAddress", message: str, patterns: Mapping[str, str]
) -> SourceError:
    """Return the error for a database that cannot be reached, without the password.

    `patterns` match the server's messages for a wrong "user" or "database".
    """
    wrong = next((part for part, pattern in patterns.items() if re.search(pattern, message)), "")
    reason = address.without_password(message).rstrip(".")
    kind = SourceError if wrong else UnreachableShopError
    return kind(f"{address} cannot be reached: {reason}. {_CURES[wrong]}")


def read_error(
    address: "ShopAddress", error: Exception, problem: str = "could not be read"
) -> SourceError:
    """Return the error for a failed query, with the driver's message but without the password."""
    # ADBC puts a text of its own before the server's message.
    message = address.without_password(str(error).rpartition("ERROR:")[2].strip())
    return SourceError(f"{address} {problem}: {message}")
