"""SQL statements with quoted names."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import sql


def statement(template: str, *parts: "str | tuple[str, ...] | sql.Composable") -> "sql.Composed":
    """Return a statement with names in its gaps, each quoted by psycopg."""
    from psycopg import sql

    named = (
        part
        if isinstance(part, sql.Composable)
        else sql.Identifier(*((part,) if isinstance(part, str) else part))
        for part in parts
    )
    return sql.SQL(template).format(*named)
