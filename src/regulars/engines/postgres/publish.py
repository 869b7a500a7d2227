"""Publish a build in PostgreSQL: load a new version, add its constraints, switch to it.

Readers see no change until the last transaction, which makes the new version the current one and
points the views at it. If a build fails before that, the next one drops its schema.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.core.schema import CONTRACTS, STAR, TableContract
from regulars.engines.duckdb.workspace import DuckDBWorkspace
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import MARK, MARKS, describe
from regulars.engines.postgres.connection import current_version, lock_version, version_schema
from regulars.engines.postgres.copy import load
from regulars.engines.postgres.sql import create_table, statement
from regulars.engines.postgres.swap import SECONDS_FOR_A_LOCK, swap

if TYPE_CHECKING:
    import psycopg

INDEXED = {"fact_sales": ("ordered_on", "order_key", "customer_key", "product_key"),
           "dim_order": ("ordered_on", "customer_key"),
           "order_lines": ("order_id", "customer_id", "product_id"),
           "superseded_lines": ("order_id",), "confirmed_orders": ("order_id",),
           "synced_orders": ("order_id",), "people": ("pseudonym",),
           "list_members": ("list_id", "customer_id")}  # fmt: skip
"""Columns that queries and loads join and filter on; primary keys already have an index."""

UNIQUE = {"dim_order": "order_id", "dim_customer": "customer_id", "dim_product": "product_id",
          "lists": "name"}  # fmt: skip


def publish(con: "psycopg.Connection[Any]", workspace: DuckDBWorkspace, address: Address) -> None:
    """Load the saved tables of a workspace as a new version and make it current."""
    from psycopg import sql

    _drop_unused(con, address)
    version = _next_version(con, address)
    schema = version_schema(address, version)
    names = workspace.saved_tables()
    with con.transaction():
        con.execute(statement("CREATE SCHEMA {}", schema))
        con.execute(statement("COMMENT ON SCHEMA {} IS {}", schema, sql.Literal(_comment(address))))
        for name in names:
            con.execute(create_table(con, schema, name, workspace.table(name).schema()))
    load(workspace, address, schema, names)
    with con.transaction():
        for name in names:
            _add_keys_and_indexes(con, schema, name)
        for contract in STAR:
            _add_foreign_keys(con, schema, contract)
        for name in names:
            describe(con, schema, name, name)
    for name in names:
        con.execute(statement("ANALYZE {}", (schema, name)))
    swap(con, address, version, names)
    _drop_unused(con, address)


def _next_version(con: "psycopg.Connection[Any]", address: Address) -> int:
    """Return the next version number whose schema name is free."""
    taken = {name for (name,) in con.execute("SELECT nspname FROM pg_namespace").fetchall()}
    number = max([*_versions(con, address), current_version(con, address) or 0]) + 1
    while version_schema(address, number) in taken:
        number += 1
    return number


def _versions(con: "psycopg.Connection[Any]", address: Address) -> list[int]:
    """Return the numbers of all versions, including unpublished ones.

    A schema is a version only if its comment says so; the name alone could be a coincidence.
    """
    schemas = con.execute(
        "SELECT nspname FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = ANY(%s)",
        ([_comment(address, mark) for mark in MARKS],),
    ).fetchall()
    return sorted(int(name.rpartition("_")[2]) for (name,) in schemas)


def _comment(address: Address, mark: str = MARK) -> str:
    """Return the comment on the schema of each version of this warehouse."""
    return f"A version of the warehouse {address.schema}, {mark}"


def _drop_unused(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Drop all old versions that are not in use."""
    from psycopg import errors

    current = current_version(con, address)
    for version in _versions(con, address):
        if version == current:
            continue
        # Queries from outside Regulars do not take our lock: then the next build drops it.
        with suppress(errors.LockNotAvailable), con.transaction():
            con.execute("SET LOCAL lock_timeout = '1s'")
            if lock_version(con, address, version):
                con.execute(statement("DROP SCHEMA {} CASCADE", version_schema(address, version)))


def drop_older(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Drop all old versions. Raises WarehouseError if one is in use."""
    _drop_unused(con, address)
    in_use = [one for one in _versions(con, address) if one != current_version(con, address)]
    if in_use:
        raise WarehouseError(
            f"An older version of {address} is in use "
            f"({', '.join(version_schema(address, one) for one in in_use)}) and also contains the "
            "data to erase. Nothing was changed. Close the connections that use it, then try "
            "again."
        )


def vacuum(con: "psycopg.Connection[Any]", schema: str) -> None:
    """Rewrite the tables of a version, so that removed rows leave the disk.

    A table in use gets a plain VACUUM, which frees the space for new rows to overwrite.

    Raises WarehouseError if the server fails; the rows stay removed all the same.
    """
    from psycopg import Error, errors

    tables = con.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", (schema,)
    ).fetchall()
    con.execute(f"SET lock_timeout = '{SECONDS_FOR_A_LOCK}s'")
    for (name,) in tables:
        try:
            con.execute(statement("VACUUM (FULL, ANALYZE) {}", (schema, name)))
        except errors.LockNotAvailable:
            with suppress(errors.LockNotAvailable):  # autovacuum will do it later
                con.execute(statement("VACUUM (ANALYZE) {}", (schema, name)))
        except Error as error:
            raise WarehouseError(
                "The data was removed and the change published, but the server could not erase it "
                f"from disk ({str(error).splitlines()[0]}). Ask the owner of the tables in "
                f"{schema} to run VACUUM FULL on them."
            ) from None


def _add_keys_and_indexes(con: "psycopg.Connection[Any]", schema: str, name: str) -> None:
    from psycopg import sql

    contract = CONTRACTS.get(name)
    if contract is not None:
        key = sql.SQL(", ").join(map(sql.Identifier, contract.key))
        con.execute(statement("ALTER TABLE {} ADD PRIMARY KEY ({})", (schema, name), key))
    if name in UNIQUE:
        con.execute(statement("ALTER TABLE {} ADD UNIQUE ({})", (schema, name), UNIQUE[name]))
    for column in INDEXED.get(name, ()):
        con.execute(statement("CREATE INDEX ON {} ({})", (schema, name), column))


def _add_foreign_keys(con: "psycopg.Connection[Any]", schema: str, contract: TableContract) -> None:
    for column, (parent, key) in contract.parents.items():
        con.execute(
            statement(
                # A load deletes rows before it inserts their replacements: check at its end.
                "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({}) "
                "DEFERRABLE INITIALLY DEFERRED",
                (schema, contract.name), column, (schema, parent), key,
            )
        )  # fmt: skip
