"""What people see of a version in PostgreSQL: views with plain names, and who may read them."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.core.schema import CONTRACTS, KEPT_APART, LEDGER, MARTS, NAMING_PEOPLE, PLAIN_NAMES
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import MARK, comment, describe
from regulars.engines.postgres.connection import PUBLISHED, version_schema
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg

IDENTIFYING = {
    "dim_customer": ("customer_id",), "mart_customer_segments": ("customer_id",),
    "list_members": ("customer_id",), "lists": ("filters",),
}  # fmt: skip
"""Columns by which a person could be found: analysts do not see them."""
FOR_ANALYSTS = set(CONTRACTS) | set(MARTS) | (set(LEDGER) - set(NAMING_PEOPLE))
PATIENCE = 6
SECONDS_FOR_A_LOCK = 5

READER, ANALYST = "reader", "analyst"


def check_place(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Raise WarehouseError where something of somebody else bears a name that we need."""
    names = [PUBLISHED, *PLAIN_NAMES.values()]
    foreign = con.execute(
        """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE nspname = %s AND relname = ANY(%s) AND relkind IN ('r', 'v', 'm', 'p', 'f')
        AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE '%%' || %s
        ORDER BY relname
        """,
        (address.schema, names, MARK),
    ).fetchall()
    if foreign:
        named = ", ".join(name for (name,) in foreign)
        raise WarehouseError(
            f"The schema {address.schema} holds {named}, which Regulars did not make. "
            "Name another with ?schema=; nothing was changed."
        )


def swap(con: "psycopg.Connection[Any]", address: Address, version: int, names: list[str]) -> None:
    """Make the version the current one, trying again while somebody holds a view.

    To wait without an end would have every new reader wait behind us.
    """
    from psycopg import errors

    for _ in range(PATIENCE):
        with suppress(errors.LockNotAvailable):
            _swap_now(con, address, version, names)
            return
    raise WarehouseError(
        f"{address}: somebody has held a view of the warehouse for "
        f"{PATIENCE * SECONDS_FOR_A_LOCK} seconds, in a transaction that is still open. "
        "End it, then build again; nothing was changed."
    )


def _swap_now(
    con: "psycopg.Connection[Any]", address: Address, version: int, names: list[str]
) -> None:
    """Name the version the current one and point the views at it, in one transaction."""
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
        for table in names:
            if table in PLAIN_NAMES:
                view = (address.schema, PLAIN_NAMES[table])
                _point(con, view, (schema, table))
                describe(con, *view, table)
        _grant(con, address, schema, names)


def _point(con: "psycopg.Connection[Any]", view: tuple[str, str], table: tuple[str, str]) -> None:
    """Point a view at a table; make it anew where its columns are no longer the same."""
    from psycopg import errors

    try:
        with con.transaction():
            con.execute(statement("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}", view, table))
    except errors.InvalidTableDefinition:
        try:
            con.execute(statement("DROP VIEW {}", view))
        except errors.DependentObjectsStillExist as error:
            raise WarehouseError(
                f"The view {'.'.join(view)} has other columns now, and yours hang on it: drop "
                f"them, build, and make them again. ({error.diag.message_detail})"
            ) from None
        con.execute(statement("CREATE VIEW {} AS SELECT * FROM {}", view, table))


def _grant(con: "psycopg.Connection[Any]", address: Address, schema: str, names: list[str]) -> None:
    """Let the reader read everything but people, and the analyst all that names no customer.

    The roles are `regulars_reader` and `regulars_analyst`; they are made where this user may.
    """
    roles = _roles(con, address)
    for role in roles.values():
        con.execute(statement("GRANT USAGE ON SCHEMA {}, {} TO {}", address.schema, schema, role))
        con.execute(statement("GRANT SELECT ON {} TO {}", (address.schema, PUBLISHED), role))
    for name in (one for one in names if one not in KEPT_APART):
        places = [(schema, name)]
        if name in PLAIN_NAMES:
            places.append((address.schema, PLAIN_NAMES[name]))
        for place in places:
            if READER in roles:
                con.execute(statement("GRANT SELECT ON {} TO {}", place, roles[READER]))
            if ANALYST in roles and name in FOR_ANALYSTS:
                _grant_nameless(con, place, name, roles[ANALYST])


def _grant_nameless(
    con: "psycopg.Connection[Any]", place: tuple[str, str], name: str, role: str
) -> None:
    from psycopg import sql

    hidden = IDENTIFYING.get(name)
    if hidden is None:
        con.execute(statement("GRANT SELECT ON {} TO {}", place, role))
        return
    found = con.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s",
        place,
    ).fetchall()
    shown = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found if name not in hidden)
    con.execute(statement("GRANT SELECT ({}) ON {} TO {}", shown, place, role))


def _roles(con: "psycopg.Connection[Any]", address: Address) -> dict[str, str]:
    """Return the roles there are, made now where they are not and this user may make them."""
    may_create = con.execute(
        "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    roles = {}
    for purpose in (READER, ANALYST):
        role = f"{address.schema}_{purpose}"
        known = con.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        if known is None and may_create and may_create[0]:
            con.execute(statement("CREATE ROLE {} NOLOGIN", role))
            known = (1,)
        if known:
            roles[purpose] = role
    return roles
