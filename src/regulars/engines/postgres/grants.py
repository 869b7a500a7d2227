"""The privileges on a warehouse in PostgreSQL, and the roles that have them."""

from typing import TYPE_CHECKING, Any

from regulars.core.schema import (
    CONTRACTS,
    LEDGER,
    MARTS,
    PERSON_TABLES,
    PERSONAL_DATA_TABLES,
    VIEW_NAMES,
)
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.connection import PUBLISHED
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg

IDENTIFYING = {
    "dim_customer": ("customer_id",), "mart_customer_segments": ("customer_id",),
    "list_members": ("customer_id",), "lists": ("filters",),
    "customer_merges": ("customer_id", "merged_into"),
}  # fmt: skip
"""Columns that identify a person, hidden from analysts."""
FOR_ANALYSTS = set(CONTRACTS) | set(MARTS) | (set(LEDGER) - set(PERSONAL_DATA_TABLES))

READER, ANALYST = "reader", "analyst"


def grant_privileges(
    con: "psycopg.Connection[Any]", address: Address, schema: str, names: list[str]
) -> None:
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
