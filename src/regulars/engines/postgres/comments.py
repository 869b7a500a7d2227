"""Describe tables and columns in PostgreSQL comments, which BI tools show."""

from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import ANALYSES
from regulars.core import schema
from regulars.core.schema import CONTRACTS, MARTS
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

MARK = "managed by Regulars"
"""The end of the comment on each of our tables and views, which tells them from others'."""
MARKS = (MARK, "kept by Regulars")
"""All such endings: version 4 of the schema had another."""


def describe(con: "psycopg.Connection[Any]", schema: str, name: str, table: str) -> None:
    """Write the comments of a table, or of a view `name` on a table, and of its columns."""
    from psycopg import sql

    description, columns = _descriptions(table)
    con.execute(comment("VIEW" if name != table else "TABLE", (schema, name), description))
    for column, text in columns.items():
        con.execute(
            statement("COMMENT ON COLUMN {} IS {}", (schema, name, column), sql.Literal(text))
        )


def comment(kind: str, name: tuple[str, ...], description: str) -> "sql.Composed":
    """Return the statement that comments on a table or a view and marks it as ours."""
    from psycopg import sql

    text = sql.Literal(f"{description}, {MARK}")
    return statement(f"COMMENT ON {kind} {{}} IS {{}}", name, text)


def _descriptions(name: str) -> tuple[str, dict[str, str]]:
    """Return the description of a table and those of its columns."""
    if name in CONTRACTS:
        contract = CONTRACTS[name]
        columns = {column: spec.description for column, spec in contract.columns.items()}
        return f"One row is {contract.grain}", columns
    if name in MARTS:
        card = ANALYSES[MARTS[name]]
        cards = {column: card.columns[column] for column in card.names()}
        columns = {column: spec.description or spec.label for column, spec in cards.items()}
        return card.description, columns
    return schema.LEDGER.get(name, ""), {}
