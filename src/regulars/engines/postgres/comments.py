"""Statements for PostgreSQL with names in them, and the words that BI tools show for a table."""

from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import ANALYSES
from regulars.core import schema
from regulars.core.schema import CONTRACTS, MARTS
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

MARK = "kept by Regulars"
"""How what we made is known from what somebody else did: its comment ends so."""


def words(name: str) -> tuple[str, dict[str, str]]:
    """Return what a table means, and each of its columns."""
    if name in CONTRACTS:
        contract = CONTRACTS[name]
        told = {column: said.description for column, said in contract.columns.items()}
        return f"One row is {contract.grain}", told
    if name in MARTS:
        card = ANALYSES[MARTS[name]]
        told = {column: said.description or said.label for column, said in card.columns.items()}
        return card.description, told
    return schema.LEDGER.get(name, ""), {}


def describe(con: "psycopg.Connection[Any]", schema: str, name: str, about: str) -> None:
    """Write what a table and its columns mean where BI tools show it."""
    from psycopg import sql

    means, columns = words(about)
    con.execute(comment("VIEW" if name != about else "TABLE", (schema, name), means))
    for column, said in columns.items():
        con.execute(
            statement("COMMENT ON COLUMN {} IS {}", (schema, name, column), sql.Literal(said))
        )


def comment(kind: str, place: tuple[str, ...], said: str) -> "sql.Composed":
    """Return the statement that writes what a table or a view means, and that it is ours."""
    from psycopg import sql

    return statement(f"COMMENT ON {kind} {{}} IS {{}}", place, sql.Literal(f"{said}, {MARK}"))
