"""A shop's live database: which tables hold its lines, and what of them is to be read.

It is only ever read, in one snapshot, in batches.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from regulars.errors import MappingError, ProfileError, SourceError, did_you_mean, listed
from regulars.profiles import Formats, Profile, shipped_profiles
from regulars.profiles.database import DatabaseShape
from regulars.profiles.people import People
from regulars.profiles.recognise import ColumnMapping, looks_like_sales, recognise
from regulars.sources.database import relation
from regulars.sources.database.address import ShopAddress
from regulars.sources.database.relation import Relation
from regulars.sources.database.server import Server, Snapshot, as_utc, server_of

if TYPE_CHECKING:
    import pyarrow as pa

KEYS_AT_A_TIME = 2_000
_SYSTEM = ("information_schema", "pg_catalog", "mysql", "performance_schema", "sys")
_HOME = ("public", "dbo")
"""Schemas whose tables are named without them."""


@dataclass(frozen=True)
class Month:
    """What a month holds: its orders, their lines, and what tells these orders from others."""

    orders: int
    lines: int
    digest: int


@dataclass(frozen=True)
class ShopDatabase:
    """A shop's database in one snapshot, and how its lines are to be read.

    name     as shown to people, the same at each sync: "postgresql://host/shop: order_lines"
    mapping  which of its columns are which of ours
    columns  every column of the tables that are read, by table
    """

    name: str
    snapshot: Snapshot
    relation: Relation
    mapping: ColumnMapping
    columns: Mapping[str, Sequence[str]]

    @property
    def shape(self) -> DatabaseShape:
        """Where the lines are."""
        return self.relation.shape

    def all_lines(self) -> "pa.RecordBatchReader":
        """Return every line: the columns read as c0, c1 …, shop_order and sales_month."""
        return self.snapshot.batches(self.relation.all_lines())

    def changed_lines(self, since: datetime) -> "Iterator[pa.RecordBatchReader]":
        """Yield all lines of the orders written since, then lines since that name no order."""
        queries = (self.relation.changed_lines(), self.relation.nameless_lines())
        values = [since - timedelta(minutes=self.shape.overlap_minutes)] * len(self.shape.changed)
        return (self.snapshot.batches(query, values) for query in queries)

    def lines_of(self, keys: Sequence[str]) -> "Iterator[pa.RecordBatchReader]":
        """Yield the lines of orders by their keys, some orders at a time."""
        parts = [keys[n : n + KEYS_AT_A_TIME] for n in range(0, len(keys), KEYS_AT_A_TIME)]
        return (self.snapshot.batches(self.relation.lines_of(len(part)), part) for part in parts)

    def months(self) -> dict[int, Month]:
        """Return what each month holds: 2026 * 100 + 11 for November, 0 where no day is told."""
        found = _rows(self.snapshot.batches(self.relation.months()))
        return {int(month): Month(*map(int, counts)) for month, *counts in found}

    def orders_of(self, months: Sequence[int]) -> "pa.RecordBatchReader":
        """Return the orders of months: shop_order, sales_month, line_count."""
        return self.snapshot.batches(self.relation.orders_of(len(months)), months)

    def latest(self) -> datetime | None:
        """Return when something was last written, as far as that is not in the future."""
        if not self.shape.changed:
            return None
        [[*told, now]] = _rows(self.snapshot.batches(self.relation.latest()))
        if any(not isinstance(one, datetime) for one in told if one is not None):
            raise ProfileError(
                f"{self.name}: changed names {listed(self.shape.changed)}, which must be times."
            )
        seen = [as_utc(one) for one in told if one is not None]
        return min(max(seen), as_utc(now)) if seen else None


@contextmanager
def opened(
    address: ShopAddress,
    chosen: Profile | None,
    table: str | None,
    applied: Callable[[ColumnMapping], ColumnMapping] = lambda mapping: mapping,
) -> "Iterator[ShopDatabase]":
    """Open a shop's database, its lines found by the profile, by the table's name, or by looks.

    `applied` says which columns of people are to be read; all others of them never are.

    Raises SourceError or ProfileError that says what to do.
    """
    server = server_of(address)
    with server.snapshot(address) as snapshot:
        tables = _all_tables(address, snapshot)
        profile, shape = _shape(address, tables, chosen, table)
        _check_tables(address, tables, shape)
        columns = _columns(server, snapshot, shape)
        found = _named(columns, with_table=bool(shape.joins))
        mapping = applied(recognise(str(address), list(found), profile))
        _check_changed(address, shape, found)
        known = Formats(decimal="point")  # in a database a number in text is rarely a local one
        reading = mapping.profile.reading(known)
        mapping = replace(mapping, profile=replace(reading, people=_read_of(mapping.people)))
        theirs = mapping.columns
        lines = Relation(
            server, shape, _read(mapping), theirs["order_id"], theirs["ordered_at"],
            _is_time(found[theirs["ordered_at"]]),
        )  # fmt: skip
        name = f"{address}: {shape.table or mapping.profile.name}"
        told = {table: list(schema.names) for table, schema in columns.items()}
        yield ShopDatabase(name, snapshot, lines, mapping, told)


def _read_of(people: People | None) -> People | None:
    """Return the columns of people that are read: none of those that are not to be kept."""
    return None if people is None else replace(people, not_kept=())


def _read(mapping: ColumnMapping) -> list[str]:
    """Return the columns that are read, each once."""
    people = _read_of(mapping.people)
    return list(dict.fromkeys((*mapping.columns.values(), *(people.theirs if people else ()))))


def _shape(
    address: ShopAddress,
    tables: Mapping[str, Sequence[str]],
    chosen: Profile | None,
    table: str | None,
) -> tuple[Profile | None, DatabaseShape]:
    """Return where the lines are, and the profile that reads them."""
    told = chosen.database if chosen else DatabaseShape()
    if told.table or told.query:
        if table:
            raise ProfileError(f"--table {table}: the profile names the table already.")
        return chosen, told
    if table:
        return chosen, DatabaseShape(table, changed=told.changed)
    fitting = [one for one in shipped_profiles() if one.database.table and _fits(one, tables)]
    if chosen is None and fitting:
        return fitting[0], fitting[0].database
    like_sales = [name for name, columns in tables.items() if looks_like_sales(columns, chosen)]
    if len(like_sales) == 1:
        return chosen, DatabaseShape(like_sales[0], changed=told.changed)
    raise SourceError(_which_table(address, like_sales, list(tables)))


def _which_table(address: ShopAddress, like_sales: Sequence[str], tables: Sequence[str]) -> str:
    if like_sales:
        names = "\n".join(f"  {name}" for name in like_sales)
        return f"{address} has several tables that may be meant. Choose one with --table:\n{names}"
    return (
        f"{address} has no table that holds order, date, customer, product, quantity and price "
        f"side by side. It has: {listed(tables, 20) or 'no table at all'}.\n"
        "Where they stand in several tables, write a profile that joins them and name it with "
        "--profile; docs/sync.md shows one."
    )


def _all_tables(address: ShopAddress, snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the columns of every table of a database that is not the server's own."""
    tables: dict[str, list[str]] = {}
    for schema, table, column in _rows(snapshot.batches(relation.all_columns())):
        if schema.casefold() in _SYSTEM:
            continue
        is_home = schema in (*_HOME, address.database)
        tables.setdefault(table if is_home else f"{schema}.{table}", []).append(column)
    return tables


def _check_tables(
    address: ShopAddress, tables: Mapping[str, Sequence[str]], shape: DatabaseShape
) -> None:
    """Raise SourceError where a table is not there, or not to be seen by who asks."""
    for name in (shape.table, *(join.table for join in shape.joins)):
        schema, _, table = (name or "").rpartition(".")
        home = table if schema in (*_HOME, address.database) else name
        if name is not None and home not in tables:
            raise SourceError(f'{address} has no table "{name}".{did_you_mean(name, tables)}')


def _fits(profile: Profile, tables: Mapping[str, Sequence[str]]) -> bool:
    """Return whether every column that a profile names is there."""
    shape = profile.database
    names = {shape.table or "": shape.table} | {join.alias: join.table for join in shape.joins}
    wanted = [one.rpartition(".") for named in profile.columns.values() for one in named]
    wanted += [one.rpartition(".") for one in shape.changed]
    return all(column in tables.get(names[table] or "", ()) for table, _, column in wanted)


def _columns(server: Server, snapshot: Snapshot, shape: DatabaseShape) -> "dict[str, pa.Schema]":
    """Return the columns of each table that is joined, by what it is called here."""
    if shape.query is not None:
        query = relation.columns_of_query(server, shape.query)
        return {relation.QUERIED: _schema(snapshot, query)}
    assert shape.table is not None
    tables = {shape.table.rpartition(".")[2]: shape.table}
    tables |= {join.alias: join.table for join in shape.joins}
    return {
        alias: _schema(snapshot, relation.every_column(server, table))
        for alias, table in tables.items()
    }


def _schema(snapshot: Snapshot, query: str) -> "pa.Schema":
    found = snapshot.batches(query)
    found.read_all()
    return found.schema


def _named(columns: "Mapping[str, pa.Schema]", *, with_table: bool) -> "dict[str, pa.DataType]":
    """Return every column with its type, named as a profile names it."""
    return {
        f"{table}.{field.name}" if with_table else field.name: field.type
        for table, schema in columns.items()
        for field in schema
    }


def _check_changed(
    address: ShopAddress, shape: DatabaseShape, found: "Mapping[str, pa.DataType]"
) -> None:
    for name in (
        *shape.changed,
        *(one for join in shape.joins for pair in join.on for one in pair),
    ):
        if name not in found:
            raise MappingError(
                f'{address} has no column "{name}", which [database] names.'
                f"{did_you_mean(name, found)}"
            )


def _is_time(type_: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(type_) or pa.types.is_date(type_))


def _rows(found: "pa.RecordBatchReader") -> list[list[Any]]:
    """Return the few rows of an answer."""
    return [list(row.values()) for batch in found for row in batch.to_pylist()]
