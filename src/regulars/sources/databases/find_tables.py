"""Find the tables with order lines: by profile, by --table, or by their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from regulars.core.errors import MappingError, ProfileError, SourceError, did_you_mean, listed
from regulars.sources.databases import queries
from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.dialect import Server, Snapshot
from regulars.sources.profiles.database import LineSource
from regulars.sources.profiles.match_columns import looks_like_sales
from regulars.sources.profiles.profile import Profile, shipped_profiles

if TYPE_CHECKING:
    import pyarrow as pa

_SYSTEM = ("information_schema", "pg_catalog", "mysql", "performance_schema", "sys")
_JSON = ("json", "jsonb")

Tables = Mapping[str, Mapping[str, str]]
"""The server's type name of each column, by table and column."""


def find_lines(
    address: ShopAddress,
    tables: Tables,
    chosen: Profile | None,
    table: str | None,
) -> tuple[Profile | None, LineSource]:
    """Return where the order lines are, and the profile that reads them, if any.

    Raises ProfileError if both the profile and --table name a table, and SourceError if no table
    or several tables look like sales.
    """
    source = chosen.database if chosen else LineSource()
    if source.names_lines:
        if table:
            raise ProfileError(
                f"The profile already says where the lines are: leave out --table {table}."
            )
        return chosen, source
    if table:
        return chosen, replace(source, table=table)
    fitting = [one for one in shipped_profiles() if one.database.table and _fits(one, tables)]
    if chosen is None and fitting:
        return fitting[0], fitting[0].database
    candidates = [
        name for name, columns in tables.items() if looks_like_sales(list(columns), chosen)
    ]
    if len(candidates) == 1:
        return chosen, replace(source, table=candidates[0])
    raise SourceError(_which_table(address, candidates, list(tables)))


def _which_table(address: ShopAddress, candidates: Sequence[str], tables: Sequence[str]) -> str:
    if candidates:
        names = "\n".join(f"  {name}" for name in candidates)
        return (
            f"{address} has several tables that look like sales. Choose one with --table:\n{names}"
        )
    if not tables:
        return _no_table(address)
    return (
        f"{address} has no table with order, date, customer, product, quantity and price. "
        f"It has: {listed(tables, 20)}.\n"
        "If they are in several tables, write a profile that joins them and pass it with "
        "--profile (see docs/sync.md)."
    )


def _no_table(address: ShopAddress) -> str:
    user = f'User "{address.user}"' if address.user else "The user"
    return (
        f"{user} cannot see any table in {address}. If there are tables, ask their owner to "
        "GRANT SELECT on them."
    )


def all_tables(
    server: Server, address: ShopAddress, snapshot: Snapshot
) -> dict[str, dict[str, str]]:
    """Return every table of the database in the address except system tables."""
    default = _default_schema(server, address)
    tables: dict[str, dict[str, str]] = {}
    rows = fetch_rows(snapshot.batches(queries.all_columns(server)))
    for schema, table, column, type_ in rows:
        if schema.casefold() not in _SYSTEM:
            is_default = schema.casefold() == default.casefold()
            name = table if is_default else f"{schema}.{table}"
            tables.setdefault(name, {})[column] = type_
    return tables


def _default_schema(server: Server, address: ShopAddress) -> str:
    return server.default_schema or address.database


def in_default_schema(server: Server, address: ShopAddress, source: LineSource) -> LineSource:
    """Return a line source with tables of the default schema named without it."""
    prefix = f"{_default_schema(server, address)}."

    def short(table: str) -> str:
        is_default = table.casefold().startswith(prefix.casefold())
        return table[len(prefix) :] if is_default else table

    if source.table is None:
        return source
    joins = tuple(replace(join, table=short(join.table)) for join in source.joins)
    return replace(source, table=short(source.table), joins=joins)


def types_of(tables: Tables, source: LineSource) -> dict[str, str]:
    """Return the server's type names by column, named as in a profile."""
    if source.table is None:
        return {}
    if not source.joins:
        return dict(tables[source.table])
    return {
        f"{alias}.{column}": type_
        for alias, table in _tables_by_alias(source).items()
        for column, type_ in tables[table].items()
    }


def _tables_by_alias(source: LineSource) -> dict[str, str]:
    assert source.table is not None
    first = {source.table.rpartition(".")[2]: source.table}
    return first | {join.alias: join.table for join in source.joins}


def check_tables(address: ShopAddress, tables: Tables, source: LineSource) -> None:
    """Raise SourceError if a table does not exist or the user cannot see it."""
    for name in (source.table, *(join.table for join in source.joins)):
        if name is not None and not tables:
            raise SourceError(_no_table(address))
        if name is not None and name not in tables:
            raise SourceError(f'{address} has no table "{name}".{did_you_mean(name, tables)}')


def _fits(profile: Profile, tables: Tables) -> bool:
    """Return whether every column that a profile names exists."""
    source = profile.database
    names = {source.table or "": source.table} | {join.alias: join.table for join in source.joins}
    wanted = [one.rpartition(".") for named in profile.columns.values() for one in named]
    wanted += [one.rpartition(".") for one in source.changed]
    return all(column in tables.get(names[table] or "", ()) for table, _, column in wanted)


def schemas_of(server: Server, snapshot: Snapshot, source: LineSource) -> "dict[str, pa.Schema]":
    """Return the schema of each table, or of the query, by alias."""
    if source.query is not None:
        query = queries.columns_of_query(server, source.query)
        return {queries.QUERY_ALIAS: _schema(snapshot, query)}
    return {
        alias: _schema(snapshot, queries.every_column(server, table))
        for alias, table in _tables_by_alias(source).items()
    }


def _schema(snapshot: Snapshot, query: str) -> "pa.Schema":
    reader = snapshot.batches(query)
    reader.read_all()
    return reader.schema


def qualified(schemas: "Mapping[str, pa.Schema]", *, with_table: bool) -> "dict[str, pa.DataType]":
    """Return the type of every column, named as in a profile: with its table if there are joins."""
    return {
        f"{table}.{field.name}" if with_table else field.name: field.type
        for table, schema in schemas.items()
        for field in schema
    }


def check_no_json(address: ShopAddress, columns: Sequence[str], types: Mapping[str, str]) -> None:
    """Raise MappingError if a column that is read holds JSON instead of one value.

    `types` are the server's type names by column.
    """
    for name in columns:
        if types.get(name) in _JSON:
            raise MappingError(
                f'{address}: column "{name}" holds JSON, such as {{"en_US": "…"}}, not one value. '
                "Read the value in SQL: write a query in your profile, with\n  [database]\n"
                f"  query = \"…\"   # {name.rpartition('.')[2]}->>'en_US'"
            )


def check_columns(
    address: ShopAddress, source: LineSource, types: "Mapping[str, pa.DataType]"
) -> None:
    """Raise MappingError if a column in [database] does not exist.

    Raises ProfileError if a column in `changed` is not a date or timestamp.
    """
    joined = (one for join in source.joins for pair in join.on for one in pair)
    for name in (*source.changed, *joined):
        if name not in types:
            raise MappingError(
                f'{address} has no column "{name}", which [database] names.'
                f"{did_you_mean(name, types)}"
            )
    for name in source.changed:
        if not is_time(types[name]):
            raise ProfileError(
                f'{address}: changed in [database] includes "{name}", which is not a column of '
                "dates or timestamps."
            )


def is_time(type_: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(type_) or pa.types.is_date(type_))


def fetch_rows(reader: "pa.RecordBatchReader") -> list[list[Any]]:
    """Return all rows of a small result."""
    return [list(row.values()) for batch in reader for row in batch.to_pylist()]
