"""Which tables of a database hold a shop's lines: as told, by their columns, or by a profile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from regulars.core.errors import MappingError, ProfileError, SourceError, did_you_mean, listed
from regulars.sources.databases import queries
from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import Server, Snapshot
from regulars.sources.profiles.database import DatabaseShape
from regulars.sources.profiles.match_columns import looks_like_sales
from regulars.sources.profiles.profile import Profile, shipped_profiles

if TYPE_CHECKING:
    import pyarrow as pa

_SYSTEM = ("information_schema", "pg_catalog", "mysql", "performance_schema", "sys")
_HOME = ("public", "dbo")
"""Schemas whose tables are named without them."""

Tables = Mapping[str, Mapping[str, str]]
"""Tables by name, and what the server calls the type of each of their columns."""


def shape_of(
    address: ShopAddress,
    tables: Tables,
    chosen: Profile | None,
    table: str | None,
) -> tuple[Profile | None, DatabaseShape]:
    """Return where the lines are, and the profile that reads them."""
    told = chosen.database if chosen else DatabaseShape()
    if told.names_lines:
        if table:
            raise ProfileError(f"--table {table}: the profile names the table already.")
        return chosen, told
    if table:
        return chosen, replace(told, table=table)
    fitting = [one for one in shipped_profiles() if one.database.table and _fits(one, tables)]
    if chosen is None and fitting:
        return fitting[0], fitting[0].database
    like_sales = [
        name for name, columns in tables.items() if looks_like_sales(list(columns), chosen)
    ]
    if len(like_sales) == 1:
        return chosen, replace(told, table=like_sales[0])
    raise SourceError(_which_table(address, like_sales, list(tables)))


def _which_table(address: ShopAddress, like_sales: Sequence[str], tables: Sequence[str]) -> str:
    if like_sales:
        names = "\n".join(f"  {name}" for name in like_sales)
        return f"{address} has several tables that may be meant. Choose one with --table:\n{names}"
    if not tables:
        return _no_table(address)
    return (
        f"{address} has no table that holds order, date, customer, product, quantity and price "
        f"side by side. It has: {listed(tables, 20)}.\n"
        "Where they stand in several tables, write a profile that joins them and name it with "
        "--profile; docs/sync.md shows one."
    )


def _no_table(address: ShopAddress) -> str:
    who = f'the user "{address.user}"' if address.user else "who asks"
    return (
        f"In {address} {who} sees no table. If there are tables, the right to select from them is "
        "missing: their owner gives it by GRANT SELECT."
    )


def all_tables(address: ShopAddress, snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """Return every table of a database that is not the server's own."""
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, type_ in rows_of(snapshot.batches(queries.all_columns())):
        if schema.casefold() not in _SYSTEM:
            is_home = schema in (*_HOME, address.database)
            name = table if is_home else f"{schema}.{table}"
            tables.setdefault(name, {})[column] = type_
    return tables


def types_of(tables: Tables, shape: DatabaseShape) -> dict[str, str]:
    """Return what the server calls the types of columns, named as a profile names them."""
    if shape.table is None:
        return {}
    if not shape.joins:
        return dict(tables[_plain(shape.table, tables)])
    joined = {shape.table.rpartition(".")[2]: shape.table}
    joined |= {join.alias: join.table for join in shape.joins}
    return {
        f"{alias}.{column}": type_
        for alias, table in joined.items()
        for column, type_ in tables[_plain(table, tables)].items()
    }


def _plain(name: str, tables: Tables) -> str:
    """Return the name of a table without its schema where that goes without saying."""
    return name if name in tables else name.rpartition(".")[2]


def check_tables(address: ShopAddress, tables: Tables, shape: DatabaseShape) -> None:
    """Raise SourceError where a table is not there, or not to be seen by who asks."""
    for name in (shape.table, *(join.table for join in shape.joins)):
        if name is not None and not tables:
            raise SourceError(_no_table(address))
        if name is not None and _plain(name, tables) not in tables:
            raise SourceError(f'{address} has no table "{name}".{did_you_mean(name, tables)}')


def _fits(profile: Profile, tables: Tables) -> bool:
    """Return whether every column that a profile names is there."""
    shape = profile.database
    names = {shape.table or "": shape.table} | {join.alias: join.table for join in shape.joins}
    wanted = [one.rpartition(".") for named in profile.columns.values() for one in named]
    wanted += [one.rpartition(".") for one in shape.changed]
    return all(column in tables.get(names[table] or "", ()) for table, _, column in wanted)


def columns_of(server: Server, snapshot: Snapshot, shape: DatabaseShape) -> "dict[str, pa.Schema]":
    """Return the columns of each table that is joined, by what it is called here."""
    if shape.query is not None:
        query = queries.columns_of_query(server, shape.query)
        return {queries.QUERIED: _schema(snapshot, query)}
    assert shape.table is not None
    tables = {shape.table.rpartition(".")[2]: shape.table}
    tables |= {join.alias: join.table for join in shape.joins}
    return {
        alias: _schema(snapshot, queries.every_column(server, table))
        for alias, table in tables.items()
    }


def _schema(snapshot: Snapshot, query: str) -> "pa.Schema":
    found = snapshot.batches(query)
    found.read_all()
    return found.schema


def named(columns: "Mapping[str, pa.Schema]", *, with_table: bool) -> "dict[str, pa.DataType]":
    """Return every column with its type, named as a profile names it."""
    return {
        f"{table}.{field.name}" if with_table else field.name: field.type
        for table, schema in columns.items()
        for field in schema
    }


def check_changed(
    address: ShopAddress, shape: DatabaseShape, found: "Mapping[str, pa.DataType]"
) -> None:
    """Raise an error where [database] names a column that is not there, or tells no time."""
    joined = (one for join in shape.joins for pair in join.on for one in pair)
    for name in (*shape.changed, *joined):
        if name not in found:
            raise MappingError(
                f'{address} has no column "{name}", which [database] names.'
                f"{did_you_mean(name, found)}"
            )
    for name in shape.changed:
        if not is_time(found[name]):
            raise ProfileError(f'{address}: changed names "{name}", which holds no times.')


def is_time(type_: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(type_) or pa.types.is_date(type_))


def rows_of(found: "pa.RecordBatchReader") -> list[list[Any]]:
    """Return the few rows of an answer."""
    return [list(row.values()) for batch in found for row in batch.to_pylist()]
