"""Read a shop database: everything in the first sync, then what has changed.

Watermarks show what was written since the last sync. Deleted orders, and changes with an old
timestamp, are found by comparing a summary of each month, and then the orders of the months that
differ.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core import schema
from regulars.core.errors import SourceError
from regulars.core.expressions import trimmed
from regulars.engines.protocols import Store, Workspace
from regulars.loads.request import Progress
from regulars.loads.stage_source import StagedSource
from regulars.sources.databases.queries import KEY, LINES, MONTH, SEPARATOR
from regulars.sources.databases.shop_database import MonthSummary, ShopDatabase, Watermarks
from regulars.sources.table import RawTable
from regulars.transform.staging.built_columns import with_built_columns
from regulars.transform.staging.identifiers import identifier, with_tidy

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import StringValue, Table

ORDERS = (KEY, MONTH, LINES, "digest", "order_id")
"""The columns of an order: the shop's key, month, line count, a digest of the two, our order_id."""

ROWS_PER_PROGRESS = 250_000


@dataclass(frozen=True)
class Extract:
    """What a sync has read.

    lines        all lines of each order that was read
    orders       those orders, in the columns of ORDERS, in the workspace
    deleted      order_id and shop_order of deleted orders; None if all lines were read
    until        watermarks up to which the sync has read
    fingerprint  the profile and column mapping that were used
    columns      every column of the tables, as JSON
    """

    lines: RawTable
    orders: "Table"
    deleted: "Table | None"
    until: Watermarks | None
    fingerprint: str
    columns: str

    def synced_orders(self, source_id: int) -> "Table":
        """Return the orders that were read as rows of the table synced_orders."""
        orders = self.orders.mutate(source_id=ibis.literal(source_id, "int32"))
        return orders.select(*schema.LEDGER_COLUMNS["synced_orders"])

    def fingerprinted(self, sources: Sequence[StagedSource], load: int) -> list[StagedSource]:
        """Return sources with unique fingerprints.

        A file with known content is a duplicate. A database that returns to an earlier state has
        changed, so its content never counts as known.
        """
        return [replace(one, fingerprint=f"sync {load}: {one.fingerprint}") for one in sources]

    def mark(
        self, load: int, source_id: int, since: Watermarks | None = None
    ) -> tuple[int, int, str, str | None, str | None, str, str]:
        """Return the row of this sync in the table sync_marks."""
        watermarks = (_as_json(since), _as_json(self.until))
        return (load, source_id, self.lines.name, *watermarks, self.fingerprint, self.columns)


def _as_json(watermarks: Watermarks | None) -> str | None:
    return None if watermarks is None else json.dumps([one.isoformat() for one in watermarks])


def extract_all(workspace: Workspace, database: ShopDatabase, progress: Progress) -> Extract:
    """Read all lines of a shop database.

    Raises SourceError if there are none, or if they do not match the orders of the shop.
    """
    reading = _Reading(workspace, database, progress)
    progress(f"Reading all lines of {database.name}")
    lines = reading.store("shop_lines", [database.all_lines()])
    orders = workspace.materialize("shop_orders", _orders_of(lines, database))
    _check_complete(database, database.months(), _summaries(workspace.fetch(_by_month(orders))))
    if not reading.rows:
        raise SourceError(f"{database.name} has columns but no rows.")
    return reading.extract([lines], orders, None)


def extract_changes(
    store: Store,
    database: ShopDatabase,
    known: "Table",
    since: Watermarks | None,
    progress: Progress,
) -> Extract:
    """Read what has changed in a shop database since the last sync, and find deleted orders.

    known  the orders of the shop at the last sync, in the columns of ORDERS, in the store
    since  watermarks of the last sync; None to read everything

    Raises SourceError if the lines do not match the orders of the shop.
    """
    reading = _Reading(store.workspace, database, progress)
    lines = [_read_changed(reading, since)]
    read = store.import_rows("stg_shop_read", _orders_of(lines[0], database))
    expected = store.materialize("stg_shop_expected", known.anti_join(read, KEY).union(read))
    progress("Comparing months")
    shop_months = database.months()
    if not shop_months:
        raise SourceError(f"{database.name} no longer has any orders, so nothing was changed.")
    deleted, missed = _compare_months(store, database, expected, shop_months)
    if missed:
        progress(f"Reading {len(missed):,} orders that changed without a new timestamp")
        lines.append(reading.store("shop_missing", database.lines_of(missed)))
        read_later = store.import_rows("stg_shop_later", _orders_of(lines[1], database))
        read = store.materialize(
            "stg_shop_all_read", read.anti_join(read_later, KEY).union(read_later)
        )
    remaining = expected.anti_join(deleted, KEY).anti_join(read, KEY).union(read)
    _check_complete(database, shop_months, _summaries(store.fetch(_by_month(remaining))))
    orders = store.workspace.materialize("shop_orders", _orders_of(ibis.union(*lines), database))
    return reading.extract(lines, orders, deleted.select("order_id", KEY))


def _read_changed(reading: "_Reading", since: Watermarks | None) -> "Table":
    """Return the lines written since, or all lines if that is not known."""
    database = reading.database
    if since is None or not database.line_source.changed:
        reading.progress(f"Reading all lines of {database.name}")
        return reading.store("shop_changed", [database.all_lines()])
    reading.progress(f"Reading changes since {min(since):%Y-%m-%d %H:%M}")
    return reading.store("shop_changed", database.changed_lines(since))


def _compare_months(
    store: Store,
    database: ShopDatabase,
    expected: "Table",
    shop_months: Mapping[int, MonthSummary],
) -> "tuple[Table, Sequence[str]]":
    """Return the orders that were deleted, in the columns of ORDERS, and keys of missed orders.

    Only months whose summary differs from that of the expected orders are compared.
    """
    ours = _summaries(store.fetch(_by_month(expected)))
    differing = sorted(
        month for month in {*shop_months, *ours} if shop_months.get(month) != ours.get(month)
    )
    if not differing:
        return store.materialize("stg_shop_deleted", expected.limit(0)), []
    batches = store.workspace.store_batches("shop_orders_there", database.orders_of(differing))
    theirs = store.import_rows("stg_shop_orders", _as_orders(batches, database))
    deleted = expected.filter(expected[MONTH].isin(differing)).anti_join(theirs, KEY)
    deleted = store.materialize("stg_shop_deleted", deleted)
    missed = store.fetch(theirs.anti_join(expected, [KEY, MONTH, LINES]).select(KEY))
    return deleted, [row[KEY] for row in missed]


@dataclass
class _Reading:
    """Reads lines into a workspace and counts them.

    error  what went wrong inside the batches that the engine was reading
    """

    workspace: Workspace
    database: ShopDatabase
    progress: Progress
    rows: int = 0
    error: BaseException | None = None

    def store(self, name: str, parts: "Iterable[pa.RecordBatchReader]") -> "Table":
        """Store parts with the same columns as one table."""
        import pyarrow as pa

        readers = iter(parts)
        first = next(readers)
        batches = chain.from_iterable(chain([first], readers))
        counted = pa.RecordBatchReader.from_batches(first.schema, self._counted(batches))
        try:
            stored = self.workspace.store_batches(name, counted)
        except Exception:
            if self.error is None:
                raise
            # The engine reports only the text of an error that the batches raised.
            raise self.error from None
        return stored.mutate(**{MONTH: stored[MONTH].cast("int32")})

    def _counted(self, batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        try:
            for batch in batches:
                before, self.rows = self.rows, self.rows + batch.num_rows
                if self.rows // ROWS_PER_PROGRESS > before // ROWS_PER_PROGRESS:
                    self.progress(f"Read {self.rows:,} lines of {self.database.name}")
                yield batch
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise

    def extract(
        self, lines: "Sequence[Table]", orders: "Table", deleted: "Table | None"
    ) -> Extract:
        """Return the extract of stored lines, under the column names of the database."""
        queries = self.database.queries
        names = dict(zip(queries.columns, queries.aliases, strict=True))
        table = ibis.union(*(part.select(**names) for part in lines))
        raw = RawTable(
            self.database.name, tuple(queries.columns), table, self.rows, 1, has_row_numbers=False
        )
        columns = json.dumps(self.database.columns)
        until = self.database.watermarks()
        return Extract(raw, orders, deleted, until, self.database.fingerprint(), columns)


def _orders_of(lines: "Table", database: ShopDatabase) -> "Table":
    """Return the orders of lines, in the columns of ORDERS."""
    named = lines.filter(lines[KEY].notnull())
    counted = named.group_by(KEY).aggregate(
        **{MONTH: ibis.coalesce(named[MONTH].min(), 0), LINES: named.count()}
    )
    return _as_orders(counted, database)


def _as_orders(counted: "Table", database: ShopDatabase) -> "Table":
    """Return shop_order, sales_month and line_count as ORDERS, with the digest servers compute."""
    rows, order_id = _with_order_id(counted, database)
    lines = rows[LINES].cast("int64")
    text = rows[KEY] + ":" + lines.cast("string")
    digest = ("0x" + text.hexdigest("md5").left(8)).cast("int64")
    return rows.select(
        KEY, digest=digest, order_id=order_id, **{MONTH: rows[MONTH].cast("int32"), LINES: lines}
    ).select(*ORDERS)


def _with_order_id(counted: "Table", database: ShopDatabase) -> "tuple[Table, StringValue]":
    """Return the orders, and the order number that staging gives to their lines."""
    mapping, names = database.mapping, database.queries.order_key
    if len(names) == 1:
        text = counted.mutate(order_id=trimmed(counted[KEY]))
        rows = with_tidy(text.mutate(order_id=identifier(text.order_id)), "order_id")
        return rows, cast("StringValue", rows.order_id)
    parts = counted[KEY].split(SEPARATOR)
    cells = counted.mutate(**{name: parts[number] for number, name in enumerate(names)})
    label = mapping.columns["order_id"]
    own = (label, *mapping.built[label].columns)
    built = {name: mapping.built[name] for name in own if name in mapping.built}
    rows = with_built_columns(cells, built)
    return rows, cast("StringValue", rows[label])


def _by_month(orders: "Table") -> "Table":
    return orders.group_by(MONTH).aggregate(
        orders=orders.count(), lines=orders[LINES].sum(), digest=orders.digest.sum()
    )


def _summaries(rows: Iterable[Mapping[str, int]]) -> dict[int, MonthSummary]:
    return {
        int(row[MONTH]): MonthSummary(int(row["orders"]), int(row["lines"]), int(row["digest"]))
        for row in rows
    }


def _check_complete(
    database: ShopDatabase,
    shop_months: Mapping[int, MonthSummary],
    our_months: Mapping[int, MonthSummary],
) -> None:
    """Raise SourceError if the orders or lines of a month differ in number from those read.

    Digests are not compared: servers encode text beyond ASCII differently.
    """
    nothing = MonthSummary(0, 0, 0)
    for month in sorted({*shop_months, *our_months}):
        shop, ours = (
            replace(months.get(month, nothing), digest=0) for months in (shop_months, our_months)
        )
        if shop != ours:
            hint = (
                " A joined table probably has several rows for one line: join on a column with "
                "unique values."
            )
            raise SourceError(
                f"{database.name}: the month {month} has {shop.lines:,} lines of {shop.orders:,} "
                f"orders, but {ours.lines:,} lines of {ours.orders:,} orders were read."
                + (hint if database.line_source.joins else "")
            )
