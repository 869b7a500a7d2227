"""Publishing a build in PostgreSQL: load a new version, promise its keys, swap it in.

Nothing that readers see changes until the last transaction, which names the new version and points
the views at it. Before it there is only a schema nobody knows of; the next build drops such debris.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.core.schema import CONTRACTS, STAR, TableContract
from regulars.engines.duckdb.workspace import DuckDBWorkspace
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import MARK, describe
from regulars.engines.postgres.connection import current_version, keep_readers_out, version_schema
from regulars.engines.postgres.copy import load
from regulars.engines.postgres.ddl import create
from regulars.engines.postgres.sql import statement
from regulars.engines.postgres.views import SECONDS_FOR_A_LOCK, swap

if TYPE_CHECKING:
    import psycopg

INDEXED = {"fact_sales": ("ordered_on", "order_key", "customer_key", "product_key"),
           "dim_order": ("ordered_on", "customer_key"),
           "order_lines": ("order_id", "customer_id", "product_id"),
           "superseded_lines": ("order_id",), "confirmed_orders": ("order_id",),
           "synced_orders": ("order_id",), "people": ("pseudonym",),
           "list_members": ("list_id", "customer_id")}  # fmt: skip
"""The columns that questions and loads join and filter by; keys have an index already."""

UNIQUE = {"dim_order": "order_id", "dim_customer": "customer_id", "dim_product": "product_id",
          "lists": "name"}  # fmt: skip


def publish(con: "psycopg.Connection[Any]", workspace: DuckDBWorkspace, address: Address) -> None:
    """Load the saved tables of a workspace as a new version, and make it the current one."""
    from psycopg import sql

    _drop_unread(con, address)
    version = _next_version(con, address)
    schema = version_schema(address, version)
    names = workspace.saved_tables()
    with con.transaction():
        con.execute(statement("CREATE SCHEMA {}", schema))
        con.execute(statement("COMMENT ON SCHEMA {} IS {}", schema, sql.Literal(_mark(address))))
        for name in names:
            con.execute(create(con, schema, name, workspace.con.table(name).schema()))
    load(workspace, address, schema, names)
    with con.transaction():
        for name in names:
            _promise_keys(con, schema, name)
        for contract in STAR:
            _promise_parents(con, schema, contract)
        for name in names:
            describe(con, schema, name, name)
    for name in names:
        con.execute(statement("ANALYZE {}", (schema, name)))
    swap(con, address, version, names)
    _drop_unread(con, address)


def _next_version(con: "psycopg.Connection[Any]", address: Address) -> int:
    """Return the first number behind ours whose schema nobody else has."""
    named = {name for (name,) in con.execute("SELECT nspname FROM pg_namespace").fetchall()}
    number = max([*_versions(con, address), current_version(con, address) or 0]) + 1
    while version_schema(address, number) in named:
        number += 1
    return number


def _versions(con: "psycopg.Connection[Any]", address: Address) -> list[int]:
    """Return the numbers of the versions there are, unpublished ones included.

    A schema is a version if it says so: one that only bears such a name is somebody else's.
    """
    ours = con.execute(
        "SELECT nspname FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = %s",
        (_mark(address),),
    ).fetchall()
    return sorted(int(name.rpartition("_")[2]) for (name,) in ours)


def _mark(address: Address) -> str:
    """Return the comment by which a version of this warehouse is known."""
    return f"A version of the warehouse {address.schema}, {MARK}"


def _drop_unread(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Drop every version but the current one that nobody reads."""
    from psycopg import errors

    current = current_version(con, address)
    for version in _versions(con, address):
        if version == current:
            continue
        # Who reads it without Regulars holds no lock of ours: it then waits for the next build.
        with suppress(errors.LockNotAvailable), con.transaction():
            con.execute("SET LOCAL lock_timeout = '1s'")
            if keep_readers_out(con, address, version):
                con.execute(statement("DROP SCHEMA {} CASCADE", version_schema(address, version)))


def drop_older(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Drop every version but the current one. Raises WarehouseError where somebody reads one."""
    _drop_unread(con, address)
    held = [one for one in _versions(con, address) if one != current_version(con, address)]
    if held:
        raise WarehouseError(
            f"Somebody has an older version of {address} open "
            f"({', '.join(version_schema(address, one) for one in held)}), and what is to be "
            "erased stands there, too. Let them close it, then try again; nothing was changed."
        )


def vacuum(con: "psycopg.Connection[Any]", schema: str) -> None:
    """Write the tables of a version anew, or where somebody is at them, free what was removed.

    A plain VACUUM leaves the bytes where they were until others take their place.

    Raises WarehouseError where the server cannot: what was removed is gone all the same.
    """
    from psycopg import Error, errors

    found = con.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", (schema,)
    ).fetchall()
    con.execute(f"SET lock_timeout = '{SECONDS_FOR_A_LOCK}s'")
    for (name,) in found:
        try:
            con.execute(statement("VACUUM (FULL, ANALYZE) {}", (schema, name)))
        except errors.LockNotAvailable:
            with suppress(errors.LockNotAvailable):  # the server itself does so by and by
                con.execute(statement("VACUUM (ANALYZE) {}", (schema, name)))
        except Error as error:
            raise WarehouseError(
                "It was done and published, but the server could not free the bytes of what is "
                f"gone ({str(error).splitlines()[0]}). Let its owner run VACUUM FULL on the "
                f"tables of {schema}."
            ) from None


def _promise_keys(con: "psycopg.Connection[Any]", schema: str, name: str) -> None:
    from psycopg import sql

    contract = CONTRACTS.get(name)
    if contract is not None:
        key = sql.SQL(", ").join(map(sql.Identifier, contract.key))
        con.execute(statement("ALTER TABLE {} ADD PRIMARY KEY ({})", (schema, name), key))
    if name in UNIQUE:
        con.execute(statement("ALTER TABLE {} ADD UNIQUE ({})", (schema, name), UNIQUE[name]))
    for column in INDEXED.get(name, ()):
        con.execute(statement("CREATE INDEX ON {} ({})", (schema, name), column))


def _promise_parents(con: "psycopg.Connection[Any]", schema: str, contract: TableContract) -> None:
    for column, (parent, key) in contract.parents.items():
        con.execute(
            statement(
                # Checked at the end of a load, which removes rows to put their successors there.
                "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({}) "
                "DEFERRABLE INITIALLY DEFERRED",
                (schema, contract.name), column, (schema, parent), key,
            )
        )  # fmt: skip
