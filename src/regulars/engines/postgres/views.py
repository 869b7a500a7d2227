"""Views with plain names on the tables of the current version in PostgreSQL."""

from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.core.schema import VIEW_NAMES
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import MARKS, describe
from regulars.engines.postgres.connection import PUBLISHED
from regulars.engines.postgres.sql import statement

if TYPE_CHECKING:
    import psycopg


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


def point_views(
    con: "psycopg.Connection[Any]", address: Address, schema: str, names: list[str]
) -> None:
    """Point the views at the tables of a version, which are in `schema`."""
    for table in names:
        if table in VIEW_NAMES:
            view = (address.schema, VIEW_NAMES[table])
            _point_view(con, view, (schema, table))
            describe(con, *view, table)


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
