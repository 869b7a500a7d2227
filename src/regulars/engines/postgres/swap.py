"""Make a version of the warehouse current in PostgreSQL, for all its views at once."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import comment
from regulars.engines.postgres.connection import PUBLISHED, version_schema
from regulars.engines.postgres.grants import grant_privileges
from regulars.engines.postgres.sql import statement
from regulars.engines.postgres.views import point_views

if TYPE_CHECKING:
    import psycopg

ATTEMPTS = 6
SECONDS_FOR_A_LOCK = 5


def swap(con: "psycopg.Connection[Any]", address: Address, version: int, names: list[str]) -> None:
    """Make a version current, retrying while a view is locked.

    Each attempt has a timeout, because new readers queue behind a waiting lock.
    """
    from psycopg import errors

    for _ in range(ATTEMPTS):
        with suppress(errors.LockNotAvailable):
            _swap_now(con, address, version, names)
            return
    raise WarehouseError(
        f"{address}: an open transaction has locked a view of the warehouse for "
        f"{ATTEMPTS * SECONDS_FOR_A_LOCK} seconds. Nothing was changed. End that transaction, then "
        "build again."
    )


def _swap_now(
    con: "psycopg.Connection[Any]", address: Address, version: int, names: list[str]
) -> None:
    """Make a version current and point the views at it, in one transaction."""
    schema, published = version_schema(address, version), (address.schema, PUBLISHED)
    with con.transaction():
        con.execute(f"SET LOCAL lock_timeout = '{SECONDS_FOR_A_LOCK}s'")
        con.execute(statement("CREATE SCHEMA IF NOT EXISTS {}", address.schema))
        con.execute(
            statement(
                "CREATE TABLE IF NOT EXISTS {} (version bigint, built_at timestamptz)", published
            )
        )
        con.execute(comment("TABLE", published, "The current version of the warehouse"))
        con.execute(statement("DELETE FROM {}", published))
        con.execute(statement("INSERT INTO {} VALUES (%s, now())", published), (version,))
        point_views(con, address, schema, names)
        grant_privileges(con, address, schema, names)
