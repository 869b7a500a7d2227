"""What each kind of database server offers: one snapshot that is only read, in batches."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from regulars.core.errors import SourceError
from regulars.sources.databases.address import PASSWORD

if TYPE_CHECKING:
    import pyarrow as pa

    from regulars.sources.databases.address import ShopAddress

ROWS_IN_A_BATCH = 20_000
_CURES = {
    "user": f"Check the user in the address, and the password in {PASSWORD}.",
    "database": "Check the database's name in the address, and that the user may enter it.",
    "": f"Check the address, and the password in {PASSWORD}.",
}
"""What to do where a database cannot be reached, by what is wrong."""


class Snapshot(Protocol):
    """One state of a database, whatever is written meanwhile; nothing can be written through it."""

    def batches(
        self, query: str, values: Sequence[str] = (), moments: Sequence[datetime] = ()
    ) -> "pa.RecordBatchReader":
        """Return what a query finds, as Arrow batches read one after the other.

        Values or moments stand in the places that the query leaves for them. Exact numbers come as
        text.
        """


class Server(Protocol):
    """A database server, and how its SQL differs."""

    dialect: str
    """What sqlglot calls its SQL."""

    place: str
    """What stands in a query for a value; {} is its number, from 1."""

    moment: str
    """What stands there for a moment."""

    key: str
    """What tells an order as text, the same for what looks the same; {} is the column."""

    text: str
    """The type of text of any length, in words of its own."""

    spoken: ClassVar[Mapping[str, str]]
    """How columns of some types are asked for, by the name of the type; {} is the column."""

    digest: str
    """The first 32 bits of the MD5 of a text, as a number; {} is the text."""

    def snapshot(self, address: "ShopAddress") -> AbstractContextManager[Snapshot]:
        """Open a snapshot. Raises SourceError where the database cannot be reached or read."""


def missing(package: str, extra: str) -> SourceError:
    """Return the error for a driver that is not installed."""
    return SourceError(
        f"Reading this database needs {package}, which is not installed: "
        f'pip install "regulars[{extra}]"'
    )


def unreachable(address: "ShopAddress", said: str, signs: Mapping[str, str]) -> SourceError:
    """Return the error for a database that cannot be reached, without the password.

    signs  by what may be wrong, user or database: a pattern for what the server says then
    """
    wrong = next((what for what, sign in signs.items() if re.search(sign, said)), "")
    words = address.without_password(said).rstrip(".")
    return SourceError(f"{address} cannot be reached: {words}. {_CURES[wrong]}")


def failed(address: "ShopAddress", error: Exception, what: str) -> SourceError:
    """Return the error for what a server or its driver said, without the password."""
    # ADBC puts its own words before those of the server.
    said = address.without_password(str(error).rpartition("ERROR:")[2].strip())
    return SourceError(f"{address} {what}: {said}")
