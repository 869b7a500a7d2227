"""Connect to PostgreSQL, find the current version, and hold locks."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, LiteralString

from regulars.core.errors import LockedWarehouseError, NoWarehouseError, WarehouseError
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.errors import explained

if TYPE_CHECKING:
    import psycopg


OLDEST = 15
SECONDS_TO_CONNECT = 5
PUBLISHED = "published"
BUILDING = 0
"""The lock number of builds; the lock of a version has the version's number."""


def version_schema(address: Address, version: int) -> str:
    """Return the name of a version's schema."""
    return f"{address.schema}_{version}"


def connect(address: Address, purpose: str) -> "psycopg.Connection[Any]":
    """Connect in autocommit mode.

    Raises WarehouseError; it says which part of the address is wrong.
    """
    try:
        import adbc_driver_postgresql  # noqa: F401
        import psycopg
    except ImportError as error:
        raise WarehouseError(
            f"A warehouse in PostgreSQL needs {error.name}, which is not installed: "
            'pip install "regulars[postgres]"'
        ) from None
    with explained(address):
        con = psycopg.connect(
            address.uri(),
            autocommit=True,
            connect_timeout=SECONDS_TO_CONNECT,
            application_name=f"regulars {purpose}",
            client_encoding="utf8",
        )
    version = con.info.server_version // 10_000
    if version < OLDEST:
        con.close()
        raise WarehouseError(
            f"{address} is PostgreSQL {version}; Regulars needs {OLDEST} or newer."
        )
    encoding = con.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        con.close()
        raise WarehouseError(
            f"{address} uses the encoding {encoding}; Regulars needs a database in UTF8."
        )
    con.execute("SET idle_session_timeout = 0")  # idle sessions may hold a lock
    return con


@contextmanager
def releasing_locks(con: "psycopg.Connection[Any]") -> Iterator[None]:
    """Release all locks at the end, because a server may close the connection much later."""
    import psycopg

    try:
        yield
    finally:
        with suppress(psycopg.Error):
            con.execute("SELECT pg_advisory_unlock_all()")


def hold_build_lock(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Take the build lock for the lifetime of the connection.

    Raises LockedWarehouseError if it is taken; it says by which user.
    """
    keys = (lock_space(address), BUILDING)
    if one_value(con, "SELECT pg_try_advisory_lock(%s, %s)", keys):
        return
    holder = con.execute(
        """
        SELECT a.usename, coalesce(host(a.client_addr), 'this machine'), a.backend_start
        FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.granted
        """,
        (keys[0] % 2**32, keys[1]),
    ).fetchone()
    who = "" if holder is None else f", by {holder[0]} from {holder[1]} since {holder[2]:%H:%M:%S}"
    raise LockedWarehouseError(
        f"Another build, load or sync of {address} is running{who}. Wait for it to finish, then "
        "try again."
    )


def hold_version(con: "psycopg.Connection[Any]", address: Address) -> int:
    """Return the current version, with a shared lock that keeps it from being dropped."""
    while True:
        version = current_version(con, address)
        if version is None:
            raise no_warehouse(address)
        keys = (lock_space(address), version)
        con.execute("SELECT pg_advisory_lock_shared(%s, %s)", keys)
        if current_version(con, address) == version:
            return version
        con.execute("SELECT pg_advisory_unlock_shared(%s, %s)", keys)


def no_warehouse(address: Address) -> NoWarehouseError:
    return NoWarehouseError(
        f"There is no warehouse in {address}. Build one:  regulars build SOURCE -w {address}"
    )


def current_version(con: "psycopg.Connection[Any]", address: Address) -> int | None:
    """Return the number of the published version, or None if there is none."""
    from psycopg import sql

    table = f'"{address.schema}".{PUBLISHED}'
    if one_value(con, "SELECT to_regclass(%s)", (table,)) is None:
        return None
    query = sql.SQL("SELECT version FROM {}").format(sql.Identifier(address.schema, PUBLISHED))
    row = con.execute(query).fetchone()
    return None if row is None else int(row[0])


def lock_version(con: "psycopg.Connection[Any]", address: Address, version: int) -> bool:
    """Lock a version against readers for this transaction; return False if it is in use."""
    keys = (lock_space(address), version)
    return bool(one_value(con, "SELECT pg_try_advisory_xact_lock(%s, %s)", keys))


def lock_space(address: Address) -> int:
    """Return the first of the two 32-bit keys of this warehouse's advisory locks."""
    digest = hashlib.sha256(f"regulars {address.schema}".encode()).digest()
    return int.from_bytes(digest[:4], "big", signed=True)


def one_value(
    con: "psycopg.Connection[Any]", query: "LiteralString", values: tuple[Any, ...]
) -> Any:
    row = con.execute(query, values).fetchone()
    return row[0] if row else None
