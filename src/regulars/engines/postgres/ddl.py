"""Statements that create tables in PostgreSQL."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.schema import CONTRACTS
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql


COLLATIONS = ["pg_c_utf8", "C.utf8", "C.UTF-8"]


def create(
    con: "psycopg.Connection[Any]", schema: str, name: str, columns: "ibis.Schema"
) -> "sql.Composed":
    """Return the statement that makes an empty table with these columns."""
    contract = CONTRACTS.get(name)
    musts = [c for c, said in contract.columns.items() if not said.nullable] if contract else []
    return statement("CREATE TABLE {} ({})", (schema, name), columns_of(con, columns, musts))


def columns_of(
    con: "psycopg.Connection[Any]", columns: "ibis.Schema", musts: Collection[str] = ()
) -> "sql.Composed":
    """Return columns as they are declared; those in `musts` may not be empty."""
    from ibis.backends.sql.datatypes import PostgresType
    from psycopg import sql

    collation = _collation(con)

    def declared(name: str, type_: Any) -> "sql.Composed":
        kind: sql.Composable = sql.SQL(PostgresType.to_string(type_))
        if type_.is_string():
            kind = statement("TEXT COLLATE {}", collation)
        must = sql.SQL(" NOT NULL" if name in musts else "")
        return sql.SQL("{} {}{}").format(sql.Identifier(name), kind, must)

    return sql.SQL(", ").join(declared(name, type_) for name, type_ in columns.items())


def _collation(con: "psycopg.Connection[Any]") -> str:
    """Return a collation that sorts text by its bytes, as the other engines do, and knows capitals.

    "C" alone knows those of ASCII only; `pg_c_utf8` is there from PostgreSQL 17 on.
    """
    found = con.execute(
        "SELECT collname FROM pg_collation WHERE collname = ANY(%s) "
        "AND collencoding IN (-1, pg_char_to_encoding('UTF8')) "
        "ORDER BY array_position(%s, collname::text) LIMIT 1",
        (COLLATIONS, COLLATIONS),
    ).fetchone()
    return str(found[0]) if found else "C"
