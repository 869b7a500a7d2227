"""SQL statements with quoted names, and those that create tables."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from regulars.core.schema import CONTRACTS

if TYPE_CHECKING:
    import ibis
    import psycopg
    from psycopg import sql

COLLATIONS = ["pg_c_utf8", "C.utf8", "C.UTF-8"]


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


def create_table(
    con: "psycopg.Connection[Any]", schema: str, name: str, columns: "ibis.Schema"
) -> "sql.Composed":
    """Return the CREATE TABLE of an empty table with these columns."""
    contract = CONTRACTS.get(name)
    required = [c for c, spec in contract.columns.items() if not spec.nullable] if contract else []
    return statement("CREATE TABLE {} ({})", (schema, name), column_list(con, columns, required))


def column_list(
    con: "psycopg.Connection[Any]", columns: "ibis.Schema", required: Collection[str] = ()
) -> "sql.Composed":
    """Return the column list of a CREATE TABLE, with NOT NULL on the required columns."""
    from ibis.backends.sql.datatypes import PostgresType
    from psycopg import sql

    collation = _collation(con)

    def declaration(name: str, type_: Any) -> "sql.Composed":
        kind: sql.Composable = sql.SQL(PostgresType.to_string(type_))
        if type_.is_string():
            kind = statement("TEXT COLLATE {}", collation)
        constraint = sql.SQL(" NOT NULL" if name in required else "")
        return sql.SQL("{} {}{}").format(sql.Identifier(name), kind, constraint)

    return sql.SQL(", ").join(declaration(name, type_) for name, type_ in columns.items())


def _collation(con: "psycopg.Connection[Any]") -> str:
    """Return a collation that sorts text by bytes, as the other engines do, and can change case.

    "C" changes the case of ASCII letters only; `pg_c_utf8` exists from PostgreSQL 17 on.
    """
    row = con.execute(
        "SELECT collname FROM pg_collation WHERE collname = ANY(%s) "
        "AND collencoding IN (-1, pg_char_to_encoding('UTF8')) "
        "ORDER BY array_position(%s, collname::text) LIMIT 1",
        (COLLATIONS, COLLATIONS),
    ).fetchone()
    return str(row[0]) if row else "C"
