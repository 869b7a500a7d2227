"""SQL statements with quoted names."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import sql


def statement(template: str, *parts: "str | tuple[str, ...] | sql.Composable") -> "sql.Composed":
    """Return a template with its `{}` filled; names are quoted, other SQL is inserted as it is."""
    from psycopg import sql

    quoted = (
        part
        if isinstance(part, sql.Composable)
        else sql.Identifier(*((part,) if isinstance(part, str) else part))
        for part in parts
    )
    return sql.SQL(template).format(*quoted)
