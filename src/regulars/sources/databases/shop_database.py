"""Read the order lines of a live shop database, in batches from one read-only snapshot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from regulars.core.errors import ProfileError
from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.connect import server_of
from regulars.sources.databases.dialect import Snapshot
from regulars.sources.databases.find_tables import (
    all_tables,
    check_columns,
    check_no_json,
    check_tables,
    fetch_rows,
    find_lines,
    in_default_schema,
    is_time,
    qualified,
    schemas_of,
    types_of,
)
from regulars.sources.databases.queries import LineQueries
from regulars.sources.profiles.database import LineSource
from regulars.sources.profiles.formats import Formats
from regulars.sources.profiles.match_columns import ColumnMapping, match_columns
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.state_columns import columns_of_states

if TYPE_CHECKING:
    import pyarrow as pa

KEYS_PER_QUERY = 2_000
Watermarks = tuple[datetime, ...]
"""How far each column in `changed` has been read; in UTC if the column has a time zone."""

MAX_UTC_OFFSET = timedelta(hours=14)
"""How far local time can be from UTC."""


@dataclass(frozen=True)
class MonthSummary:
    """A month's number of orders and lines, and a digest of their keys and line counts."""

    orders: int
    lines: int
    digest: int


@dataclass(frozen=True)
class ShopDatabase:
    """The order lines of a shop database, in one snapshot.

    name      display name, the same in every sync: "postgresql://host/shop: order_lines"
    snapshot  the state of the database that is read
    queries   the SQL that reads its lines
    mapping   our column names to the database's
    columns   every column of the tables that are read, by table
    """

    name: str
    snapshot: Snapshot
    queries: LineQueries
    mapping: ColumnMapping
    columns: Mapping[str, Sequence[str]]

    @property
    def line_source(self) -> LineSource:
        """Where the lines are."""
        return self.queries.source

    def all_lines(self) -> "pa.RecordBatchReader":
        """Return all lines: the mapped columns as c0, c1, ..., shop_order and sales_month."""
        return self.snapshot.batches(self.queries.all_lines())

    def changed_lines(self, since: Watermarks) -> "Iterator[pa.RecordBatchReader]":
        """Yield all lines of orders changed since the watermarks, then lines without order id."""
        overlap = timedelta(minutes=self.line_source.overlap_minutes)
        start = [max(one, datetime.min + overlap) - overlap for one in since]
        yield self.snapshot.batches(self.queries.changed_lines(), timestamps=start)
        yield self.snapshot.batches(self.queries.lines_without_order())

    def lines_of(self, keys: Sequence[str]) -> "Iterator[pa.RecordBatchReader]":
        """Yield the lines of orders by their keys, KEYS_PER_QUERY orders at a time."""
        parts = [keys[n : n + KEYS_PER_QUERY] for n in range(0, len(keys), KEYS_PER_QUERY)]
        return (self.snapshot.batches(self.queries.lines_of(len(part)), part) for part in parts)

    def months(self) -> dict[int, MonthSummary]:
        """Return a summary of each month: 202611 is November 2026, 0 is orders without a date."""
        rows = fetch_rows(self.snapshot.batches(self.queries.months()))
        return {int(month): MonthSummary(*map(int, counts)) for month, *counts in rows}

    def orders_of(self, months: Sequence[int]) -> "pa.RecordBatchReader":
        """Return the orders of these months: shop_order, sales_month, line_count."""
        return self.snapshot.batches(self.queries.orders_of(months))

    def watermarks(self) -> Watermarks | None:
        """Return the latest value of each column in `changed`; None if there are none."""
        if not self.line_source.changed:
            return None
        [[*latest, now]] = fetch_rows(self.snapshot.batches(self.queries.latest_changes()))
        return tuple(_watermark(one, now) for one in latest)

    def fingerprint(self) -> str:
        """Return a text that differs if the profile or the column mapping differs."""
        return f"{self.mapping.profile.version}: {self.mapping.describe()}"


def _watermark(latest: object, now: datetime) -> datetime:
    """Return how far a column has been read, capped: a future time would hide later changes.

    Without a time zone, the column's offset from the server time is unknown.
    """
    if latest is None:
        return datetime.min
    if not isinstance(latest, datetime):
        assert isinstance(latest, date)
        latest = datetime.combine(latest, time())
    now_utc = (now if now.tzinfo else now.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    if latest.tzinfo:
        return min(latest.astimezone(UTC).replace(tzinfo=None), now_utc)
    return latest if latest <= now_utc + MAX_UTC_OFFSET else now_utc - MAX_UTC_OFFSET


@contextmanager
def open_shop_database(
    address: ShopAddress,
    chosen: Profile | None,
    table: str | None,
    apply_policy: Callable[[ColumnMapping], ColumnMapping] = lambda mapping: mapping,
) -> "Iterator[ShopDatabase]":
    """Open a shop database, and find its lines by profile, by table name or by their columns.

    `apply_policy` limits which columns with personal data are read.

    Raises SourceError or ProfileError.
    """
    server = server_of(address)
    with server.snapshot(address) as snapshot:
        tables = all_tables(server, address, snapshot)
        profile, source = find_lines(address, tables, chosen, table)
        name = f"{address}: {source.table}" if source.table else ""
        source = in_default_schema(server, address, source)
        check_tables(address, tables, source)
        schemas = schemas_of(server, snapshot, source)
        types = qualified(schemas, with_table=bool(source.joins))
        mapping = apply_policy(match_columns(str(address), list(types), profile))
        _check_not_built(mapping)
        check_columns(address, source, types)
        # A number stored as text in a database is rarely in a local format.
        profile = mapping.profile.with_formats(Formats(decimal="point"))
        people = replace(mapping.people, not_kept=()) if mapping.people else None
        mapping = replace(mapping, profile=replace(profile, people=people))
        columns = (
            *mapping.source_columns,
            *(people.source_columns if people else ()),
            *columns_of_states(list(types), mapping),
        )
        ordered_at = mapping.columns["ordered_at"]
        server_types = types_of(tables, source)
        check_no_json(address, columns, server_types)
        queries = LineQueries(
            server, source, list(dict.fromkeys(columns)), mapping.parts("order_id"), ordered_at,
            is_time(types[ordered_at]), server_types,
        )  # fmt: skip
        name = name or f"{address}: {mapping.profile.name}"
        table_columns = {table: list(schema.names) for table, schema in schemas.items()}
        yield ShopDatabase(name, snapshot, queries, mapping, table_columns)


def _check_not_built(mapping: ColumnMapping) -> None:
    """Raise ProfileError if the time of orders, by which the database is queried, is built."""
    ordered_at = mapping.columns["ordered_at"]
    if ordered_at in mapping.built or ordered_at in mapping.parts("order_id"):
        raise ProfileError(
            f"Profile {mapping.profile.source} joins the time of an order with other columns, but "
            "a sync needs it as one column of its own. Join it in [database] query."
        )
