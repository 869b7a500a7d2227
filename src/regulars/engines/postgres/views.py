"""Views with plain names on the current version in PostgreSQL, and the privileges on them."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.core.schema import (
    CONTRACTS,
    LEDGER,
    MARTS,
    PERSON_TABLES,
    PERSONAL_DATA_TABLES,
    VIEW_NAMES,
)
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import MARKS, comment, describe
from regulars.engines.postgres.connection import PUBLISHED, version_schema
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg

IDENTIFYING = {
    "dim_customer": ("customer_id",), "mart_customer_segments": ("customer_id",),
    "list_members": ("customer_id",), "lists": ("filters",),
}  # fmt: skip
"""Columns that identify a person, hidden from analysts."""
FOR_ANALYSTS = set(CONTRACTS) | set(MARTS) | (set(LEDGER) - set(PERSONAL_DATA_TABLES))
ATTEMPTS = 6
SECONDS_FOR_A_LOCK = 5

READER, ANALYST = "reader", "analyst"


def check_names_are_free(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Raise WarehouseError if a table or view that is not ours has a name that we need."""
    names = [PUBLISHED, *VIEW_NAMES.values()]
    foreign = con.execute(
        """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE nspname = %s AND relname = ANY(%s) AND relkind IN ('r', 'v', 'm', 'p', 'f')
        AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE ALL (%s)
        ORDER BY relname
        """,
        (address.schema, names, [f"%{mark}" for mark in MARKS]),
    ).fetchall()
    if foreign:
        found = ", ".join(name for (name,) in foreign)
        raise WarehouseError(
            f"The schema {address.schema} contains {found}, which Regulars did not create. "
            "Nothing was changed. Choose another schema with ?schema=."
        )


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
        for table in names:
            if table in VIEW_NAMES:
                view = (address.schema, VIEW_NAMES[table])
                _point_view(con, view, (schema, table))
                describe(con, *view, table)
        _grant(con, address, schema, names)


def _point_view(
    con: "psycopg.Connection[Any]", view: tuple[str, str], table: tuple[str, str]
) -> None:
    """Point a view at a table; recreate it if its columns have changed."""
    from psycopg import errors

    try:
        with con.transaction():
            con.execute(statement("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}", view, table))
    except errors.InvalidTableDefinition:
        try:
            con.execute(statement("DROP VIEW {}", view))
        except errors.DependentObjectsStillExist as error:
            raise WarehouseError(
                f"The columns of the view {'.'.join(view)} have changed, and your own views depend "
                "on it. Drop them, build, then create them again. "
                f"({error.diag.message_detail})"
            ) from None
        con.execute(statement("CREATE VIEW {} AS SELECT * FROM {}", view, table))


def _grant(con: "psycopg.Connection[Any]", address: Address, schema: str, names: list[str]) -> None:
    """Let the reader see all but personal data, and the analyst only what identifies no customer.

    The roles are `regulars_reader` and `regulars_analyst`, created if this user may create roles.
    """
    roles = _roles(con, address)
    for role in roles.values():
        con.execute(statement("GRANT USAGE ON SCHEMA {}, {} TO {}", address.schema, schema, role))
        con.execute(statement("GRANT SELECT ON {} TO {}", (address.schema, PUBLISHED), role))
    for name in (one for one in names if one not in PERSON_TABLES):
        relations = [(schema, name)]
        if name in VIEW_NAMES:
            relations.append((address.schema, VIEW_NAMES[name]))
        for relation in relations:
            if READER in roles:
                con.execute(statement("GRANT SELECT ON {} TO {}", relation, roles[READER]))
            if ANALYST in roles and name in FOR_ANALYSTS:
                _grant_anonymous(con, relation, IDENTIFYING.get(name, ()), roles[ANALYST])


def _grant_anonymous(
    con: "psycopg.Connection[Any]", relation: tuple[str, str], hidden: tuple[str, ...], role: str
) -> None:
    """Grant a role all columns of a table or view but the hidden ones."""
    from psycopg import sql

    if not hidden:
        con.execute(statement("GRANT SELECT ON {} TO {}", relation, role))
        return
    columns = con.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s",
        relation,
    ).fetchall()
    shown = sql.SQL(", ").join(sql.Identifier(name) for (name,) in columns if name not in hidden)
    con.execute(statement("GRANT SELECT ({}) ON {} TO {}", shown, relation, role))


def _roles(con: "psycopg.Connection[Any]", address: Address) -> dict[str, str]:
    """Return the roles of the warehouse by purpose, created if needed and permitted."""
    may_create = con.execute(
        "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    roles = {}
    for purpose in (READER, ANALYST):
        role = f"{address.schema}_{purpose}"
        exists = con.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        if exists is None and may_create and may_create[0]:
            con.execute(statement("CREATE ROLE {} NOLOGIN", role))
            exists = (1,)
        if exists:
            roles[purpose] = role
    return roles
