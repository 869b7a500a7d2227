"""A shop's live database: which tables hold its lines, and what of them is to be read.

It is only ever read, in one snapshot, in batches.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.connect import server_of
from regulars.sources.databases.dialect import Snapshot
from regulars.sources.databases.find_tables import (
    all_tables,
    check_changed,
    check_tables,
    columns_of,
    is_time,
    named,
    rows_of,
    shape_of,
    types_of,
)
from regulars.sources.databases.queries import Relation
from regulars.sources.profiles.database import DatabaseShape
from regulars.sources.profiles.match_columns import ColumnMapping, recognise
from regulars.sources.profiles.people import People
from regulars.sources.profiles.profile import Formats, Profile

if TYPE_CHECKING:
    import pyarrow as pa

KEYS_AT_A_TIME = 2_000
Moments = tuple[datetime, ...]
"""One for each column that tells of changes, in UTC where the column has a zone."""

LOCAL = timedelta(hours=14)
"""How far local time can be from UTC."""


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

    def changed_lines(self, since: Moments) -> "Iterator[pa.RecordBatchReader]":
        """Yield all lines of the orders written since, then all lines that name no order."""
        overlap = timedelta(minutes=self.shape.overlap_minutes)
        moments = [max(one, datetime.min + overlap) - overlap for one in since]
        yield self.snapshot.batches(self.relation.changed_lines(), moments=moments)
        yield self.snapshot.batches(self.relation.nameless_lines())

    def lines_of(self, keys: Sequence[str]) -> "Iterator[pa.RecordBatchReader]":
        """Yield the lines of orders by their keys, some orders at a time."""
        parts = [keys[n : n + KEYS_AT_A_TIME] for n in range(0, len(keys), KEYS_AT_A_TIME)]
        return (self.snapshot.batches(self.relation.lines_of(len(part)), part) for part in parts)

    def months(self) -> dict[int, Month]:
        """Return what each month holds: 2026 * 100 + 11 for November, 0 where no day is told."""
        found = rows_of(self.snapshot.batches(self.relation.months()))
        return {int(month): Month(*map(int, counts)) for month, *counts in found}

    def orders_of(self, months: Sequence[int]) -> "pa.RecordBatchReader":
        """Return the orders of months: shop_order, sales_month, line_count."""
        return self.snapshot.batches(self.relation.orders_of(months))

    def latest(self) -> Moments | None:
        """Return when something was last written, by each column that tells; None if none does."""
        if not self.shape.changed:
            return None
        [[*told, now]] = rows_of(self.snapshot.batches(self.relation.latest()))
        return tuple(_seen(one, now) for one in told)

    def says(self) -> str:
        """Return what tells this way of reading from any other."""
        return f"{self.mapping.profile.version}: {self.mapping.describe()}"


def _seen(latest: object, now: datetime) -> datetime:
    """Return until when a column was read. A time in the future would hide all that comes next.

    Of a column without a zone it is not known how far it is from the server's time.
    """
    if latest is None:
        return datetime.min
    if not isinstance(latest, datetime):
        assert isinstance(latest, date)
        latest = datetime.combine(latest, time())
    present = (now if now.tzinfo else now.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    if latest.tzinfo:
        return min(latest.astimezone(UTC).replace(tzinfo=None), present)
    return latest if latest <= present + LOCAL else present - LOCAL


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
        tables = all_tables(address, snapshot)
        profile, shape = shape_of(address, tables, chosen, table)
        check_tables(address, tables, shape)
        columns = columns_of(server, snapshot, shape)
        found = named(columns, with_table=bool(shape.joins))
        mapping = applied(recognise(str(address), list(found), profile))
        types = types_of(tables, shape)
        check_changed(address, shape, found)
        known = Formats(decimal="point")  # in a database a number in text is rarely a local one
        reading = mapping.profile.reading(known)
        mapping = replace(mapping, profile=replace(reading, people=_read_of(mapping.people)))
        theirs = mapping.columns
        lines = Relation(
            server, shape, _read(mapping), theirs["order_id"], theirs["ordered_at"],
            is_time(found[theirs["ordered_at"]]), types,
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
