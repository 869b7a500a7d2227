"""Publishing a build in PostgreSQL: load a new version, promise its keys, swap it in.

Nothing that readers see changes until the last transaction, which names the new version and points
the views at it. Before it there is only a schema nobody knows of; the next build drops such debris.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ibis

from regulars import tables
from regulars.catalog import ANALYSES
from regulars.engines.address import Address
from regulars.engines.duckdb import DuckDBWorkshop
from regulars.engines.postgres import PUBLISHED, current_version, let_go_of, version_schema
from regulars.errors import WarehouseError
from regulars.tables import MARTS, PLAIN_NAMES, Promise

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

ROWS_IN_A_BATCH = 100_000
INDEXED = {"fact_sales": ("ordered_on", "order_key", "customer_key", "product_key"),
           "dim_order": ("ordered_on", "customer_key")}  # fmt: skip
"""The columns that questions join and filter by; keys have an index already."""

UNIQUE = {"dim_order": "order_id", "dim_customer": "customer_id", "dim_product": "product_id"}
IDENTIFYING = {"dim_customer": ("customer_id",), "mart_customer_segments": ("customer_id",)}
"""Columns by which a person could be found: analysts do not see them."""
NOT_FOR_ANALYSTS = ("quarantine", "replaced_lines")

READER, ANALYST = "reader", "analyst"


def publish(con: "psycopg.Connection[Any]", shop: DuckDBWorkshop, address: Address) -> None:
    """Load the saved tables of a workshop as a new version, and make it the current one."""
    from psycopg import sql

    _drop_unread(con, address)
    version = _next_version(con, address)
    schema = version_schema(address, version)
    names = shop.saved_tables()
    with con.transaction():
        con.execute(_sql("CREATE SCHEMA {}", schema))
        con.execute(_sql("COMMENT ON SCHEMA {} IS {}", schema, sql.Literal(_mark(address))))
        for name in names:
            con.execute(_create(con, schema, name, shop.con.table(name).schema()))
    _load(shop, address, schema, names)
    with con.transaction():
        for name in names:
            _promise_keys(con, schema, name)
        for promise in tables.STAR:
            _promise_parents(con, schema, promise)
        for name in names:
            _describe(con, schema, name, name)
    for name in names:
        con.execute(_sql("ANALYZE {}", (schema, name)))
    _swap(con, address, version, names)
    _drop_unread(con, address)


def _next_version(con: "psycopg.Connection[Any]", address: Address) -> int:
    """Return the number behind that of every schema with such a name, whosever it is."""
    found = con.execute("SELECT nspname FROM pg_namespace").fetchall()
    endings = (name.removeprefix(f"{address.schema}_") for (name,) in found)
    return max((int(n) for n in endings if n.isdecimal()), default=0) + 1


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
    return f"A version of the warehouse {address.schema}, kept by Regulars"


def _drop_unread(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Drop every version but the current one that nobody reads."""
    current = current_version(con, address)
    for version in _versions(con, address):
        if version == current:
            continue
        with con.transaction():
            if let_go_of(con, address, version):
                con.execute(_sql("DROP SCHEMA {} CASCADE", version_schema(address, version)))


def _create(
    con: "psycopg.Connection[Any]", schema: str, name: str, columns: "ibis.Schema"
) -> "sql.Composed":
    from ibis.backends.sql.datatypes import PostgresType
    from psycopg import sql

    promised = _promises().get(name)
    told = []
    for column, type_ in columns.items():
        must = promised is not None and not promised.columns[column].nullable
        # Text sorts by its bytes, as it does in the other engines.
        name_of = 'TEXT COLLATE "C"' if type_.is_string() else PostgresType.to_string(type_)
        told.append(
            sql.SQL("{} {}{}").format(
                sql.Identifier(column), sql.SQL(name_of), sql.SQL(" NOT NULL" if must else "")
            )
        )
    return sql.SQL("CREATE TABLE {} ({})").format(
        sql.Identifier(schema, name), sql.SQL(", ").join(told)
    )


def _promises() -> Mapping[str, Promise]:
    return {promise.name: promise for promise in tables.STAR}


def _load(shop: DuckDBWorkshop, address: Address, schema: str, names: list[str]) -> None:
    """Copy tables by ADBC, which sends Arrow batches as binary COPY."""
    import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-untyped]

    try:
        with adbc.connect(address.uri(application_name="regulars load")) as con:
            with con.cursor() as cursor:
                for name in names:
                    rows = shop.batches(name, ROWS_IN_A_BATCH)
                    cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)
            con.commit()
    except adbc.Error as error:
        said = str(error).splitlines()[0]
        raise WarehouseError(f"{address}: loading failed: {said}") from None


def _promise_keys(con: "psycopg.Connection[Any]", schema: str, name: str) -> None:
    from psycopg import sql

    promised = _promises().get(name)
    if promised is not None:
        key = sql.SQL(", ").join(map(sql.Identifier, promised.key))
        con.execute(_sql("ALTER TABLE {} ADD PRIMARY KEY ({})", (schema, name), key))
    if name in UNIQUE:
        con.execute(_sql("ALTER TABLE {} ADD UNIQUE ({})", (schema, name), UNIQUE[name]))
    for column in INDEXED.get(name, ()):
        con.execute(_sql("CREATE INDEX ON {} ({})", (schema, name), column))


def _promise_parents(con: "psycopg.Connection[Any]", schema: str, promise: Promise) -> None:
    for column, (parent, key) in promise.parents.items():
        con.execute(
            _sql(
                "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})",
                (schema, promise.name), column, (schema, parent), key,
            )
        )  # fmt: skip


def _describe(con: "psycopg.Connection[Any]", schema: str, name: str, about: str) -> None:
    """Write what a table and its columns mean where BI tools show it."""
    from psycopg import sql

    means, columns = _words(about)
    kind = "VIEW" if name != about else "TABLE"
    if means:
        con.execute(_sql(f"COMMENT ON {kind} {{}} IS {{}}", (schema, name), sql.Literal(means)))
    for column, words in columns.items():
        con.execute(_sql("COMMENT ON COLUMN {} IS {}", (schema, name, column), sql.Literal(words)))


def _words(name: str) -> tuple[str, dict[str, str]]:
    if name in _promises():
        promise = _promises()[name]
        told = {column: said.means for column, said in promise.columns.items()}
        return f"One row is {promise.grain}", told
    if name in MARTS:
        card = ANALYSES[MARTS[name]]
        told = {column: said.description or said.label for column, said in card.columns.items()}
        return card.description, told
    return tables.LEDGER.get(name, ""), {}


def _swap(con: "psycopg.Connection[Any]", address: Address, version: int, names: list[str]) -> None:
    """Name the version the current one and point the views at it, in one transaction."""
    schema, published = version_schema(address, version), (address.schema, PUBLISHED)
    with con.transaction():
        con.execute(_sql("CREATE SCHEMA IF NOT EXISTS {}", address.schema))
        con.execute(
            _sql("CREATE TABLE IF NOT EXISTS {} (version bigint, built_at timestamptz)", published)
        )
        con.execute(_sql("DELETE FROM {}", published))
        con.execute(_sql("INSERT INTO {} VALUES (%s, now())", published), (version,))
        for table in names:
            if table in PLAIN_NAMES:
                view = (address.schema, PLAIN_NAMES[table])
                con.execute(
                    _sql("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}", view, (schema, table))
                )
                _describe(con, *view, table)
        _grant(con, address, schema, names)


def _grant(con: "psycopg.Connection[Any]", address: Address, schema: str, names: list[str]) -> None:
    """Let the reader read everything and the analyst all that names no customer.

    The roles are `regulars_reader` and `regulars_analyst`; they are made where this user may.
    """
    roles = _roles(con, address)
    for role in roles.values():
        con.execute(_sql("GRANT USAGE ON SCHEMA {}, {} TO {}", address.schema, schema, role))
        con.execute(_sql("GRANT SELECT ON {} TO {}", (address.schema, PUBLISHED), role))
    for name in names:
        places = [(schema, name)]
        if name in PLAIN_NAMES:
            places.append((address.schema, PLAIN_NAMES[name]))
        for place in places:
            if READER in roles:
                con.execute(_sql("GRANT SELECT ON {} TO {}", place, roles[READER]))
            if ANALYST in roles and name not in NOT_FOR_ANALYSTS:
                _grant_nameless(con, place, name, roles[ANALYST])


def _grant_nameless(
    con: "psycopg.Connection[Any]", place: tuple[str, str], name: str, role: str
) -> None:
    from psycopg import sql

    hidden = IDENTIFYING.get(name)
    if hidden is None:
        con.execute(_sql("GRANT SELECT ON {} TO {}", place, role))
        return
    found = con.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s",
        place,
    ).fetchall()
    shown = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found if name not in hidden)
    con.execute(_sql("GRANT SELECT ({}) ON {} TO {}", shown, place, role))


def _roles(con: "psycopg.Connection[Any]", address: Address) -> dict[str, str]:
    """Return the roles there are, made now where they are not and this user may make them."""
    may_create = con.execute(
        "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    roles = {}
    for purpose in (READER, ANALYST):
        role = f"{address.schema}_{purpose}"
        known = con.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        if known is None and may_create and may_create[0]:
            con.execute(_sql("CREATE ROLE {} NOLOGIN", role))
            known = (1,)
        if known:
            roles[purpose] = role
    return roles


def _sql(template: str, *parts: "str | tuple[str, ...] | sql.Composable") -> "sql.Composed":
    """Return a statement with names in its gaps, each quoted by psycopg."""
    from psycopg import sql

    named = (
        part
        if isinstance(part, sql.Composable)
        else sql.Identifier(*((part,) if isinstance(part, str) else part))
        for part in parts
    )
    return sql.SQL(template).format(*named)
