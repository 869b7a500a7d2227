"""What a sync reads of a shop's database: all of it at first, and then what has changed.

What was written since the last time is known by its time. What was deleted, or written with a time
long past, is found by comparing what each month holds, there and here, and where that differs its
orders one by one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import ibis

from regulars.core import schema
from regulars.core.errors import SourceError
from regulars.core.expressions import trimmed
from regulars.engines.protocols import Store, Workspace
from regulars.loads.stage_source import StagedSource
from regulars.sources.databases.queries import KEY, LINES, MONTH
from regulars.sources.databases.shop_database import Moments, Month, ShopDatabase
from regulars.sources.open import RawTable
from regulars.transform.staging.lines import identifier

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table

ORDERS = (KEY, MONTH, LINES, "digest", "order_id")
"""The columns that tell an order: as the shop names it, its month, its lines, and our name."""

_UNIQUE = (
    " A table that is joined has probably several rows for one line: join it by a column that is "
    "unique."
)
ROWS_BETWEEN_WORDS = 250_000
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Extract:
    """What was read: lines to be landed, the orders they are of, and those that are gone.

    lines    every line of each order that was read
    orders   those orders, in the columns of ORDERS, where the lines are
    gone     order_id and shop_order of orders that are no longer there; None where nothing is known
    until    when something was last written, as far as this sync saw
    says     how it was read: with another profile everything is to be read again
    columns  every column of the tables, as JSON
    """

    lines: RawTable
    orders: "Table"
    gone: "Table | None"
    until: Moments | None
    says: str
    columns: str

    def told_by(self, source_id: int) -> "Table":
        """Return the orders that were read as the warehouse keeps them: table synced_orders."""
        ours = self.orders.mutate(source_id=ibis.literal(source_id, "int32"))
        return ours.select(*schema.LEDGER_COLUMNS["synced_orders"])

    def fingerprinted(self, sources: Sequence[StagedSource], load: int) -> list[StagedSource]:
        """Return sources with a fingerprint that no other has.

        A file that comes again says nothing new; a database that goes back to what it once said
        does.
        """
        return [replace(one, fingerprint=f"sync {load}: {one.fingerprint}") for one in sources]

    def mark(
        self, load: int, source_id: int, since: Moments | None = None
    ) -> tuple[int, int, str, str | None, str | None, str, str]:
        """Return how far this sync has read, as the warehouse keeps it: table sync_marks."""
        told = (_written(since), _written(self.until))
        return (load, source_id, self.lines.name, *told, self.says, self.columns)


def extract_all(workspace: Workspace, database: ShopDatabase, progress: Progress) -> Extract:
    """Read every line of a shop's database.

    Raises SourceError where there is none, or where the lines are not those of its orders.
    """
    reading = _Reading(workspace, database, progress)
    progress(f"Reading every line of {database.name}")
    lines = reading.take("shop_lines", [database.all_lines()])
    orders = workspace.materialize("shop_orders", reading.orders_of(lines))
    _check_whole(database, database.months(), _months(workspace.fetch(_by_month(orders))))
    if not reading.rows:
        raise SourceError(f"{database.name} has columns but no rows.")
    return reading.extract([lines], orders, None)


def extract_changes(
    store: Store,
    database: ShopDatabase,
    known: "Table",
    since: Moments | None,
    progress: Progress,
) -> Extract:
    """Read what has changed in a shop's database since, and find what is gone.

    known  the orders that were there at the last sync, in the columns of ORDERS, in the store
    since  when the last thing was written that a sync saw; None: read everything

    Raises SourceError where the lines are not those of its orders.
    """
    reading = _Reading(store.workspace, database, progress)
    lines = [_changed(reading, since)]
    read = store.import_rows("stg_shop_read", reading.orders_of(lines[0]))
    expected = store.materialize("stg_shop_expected", known.anti_join(read, KEY).union(read))
    progress("Comparing months")
    there = database.months()
    if not there:
        raise SourceError(f"{database.name} has no order any more, so nothing was changed.")
    found = _compared(store, database, expected, there)
    if found.missing:
        progress(f"Reading {len(found.missing):,} orders whose time did not tell of their change")
        lines.append(reading.take("shop_missing", database.lines_of(found.missing)))
        later = store.import_rows("stg_shop_later", reading.orders_of(lines[1]))
        read = store.materialize("stg_shop_all_read", read.anti_join(later, KEY).union(later))
    left = expected.anti_join(found.gone, KEY).anti_join(read, KEY).union(read)
    _check_whole(database, there, _months(store.fetch(_by_month(left))))
    orders = store.workspace.materialize("shop_orders", reading.orders_of(ibis.union(*lines)))
    return reading.extract(lines, orders, found.gone.select("order_id", KEY))


def _changed(reading: "_Reading", since: Moments | None) -> "Table":
    """Return what was written since, or every line where that is not known."""
    database = reading.database
    if since is None or not database.shape.changed:
        reading.progress(f"Reading every line of {database.name}")
        return reading.take("shop_changed", [database.all_lines()])
    reading.progress(f"Reading what was written since {min(since):%Y-%m-%d %H:%M}")
    return reading.take("shop_changed", database.changed_lines(since))


@dataclass(frozen=True)
class _Found:
    """Orders that are gone, in the columns of ORDERS, and keys of those that are missing here."""

    gone: "Table"
    missing: Sequence[str]


def _compared(
    store: Store, database: ShopDatabase, expected: "Table", there: Mapping[int, Month]
) -> _Found:
    """Compare the months of a shop with what is expected, and where they differ the orders."""
    here = _months(store.fetch(_by_month(expected)))
    differing = sorted(month for month in {*there, *here} if there.get(month) != here.get(month))
    if not differing:
        return _Found(store.materialize("stg_shop_gone", expected.limit(0)), [])
    found = store.workspace.store_batches("shop_orders_there", database.orders_of(differing))
    theirs = store.import_rows("stg_shop_there", _as_orders(found))
    gone = store.materialize("stg_shop_gone", _gone(expected, theirs, differing))
    missing = store.fetch(theirs.anti_join(expected, [KEY, MONTH, LINES]).select(KEY))
    return _Found(gone, [row[KEY] for row in missing])


@dataclass
class _Reading:
    """Lines as they are read, counted on the way."""

    workspace: Workspace
    database: ShopDatabase
    progress: Progress
    rows: int = 0
    fault: BaseException | None = None

    def take(self, name: str, parts: "Iterable[pa.RecordBatchReader]") -> "Table":
        """Take in parts of the same columns as one table."""
        import pyarrow as pa

        reading = iter(parts)
        first = next(reading)
        batches = chain.from_iterable(chain([first], reading))
        counted = pa.RecordBatchReader.from_batches(first.schema, self._counted(batches))
        try:
            taken = self.workspace.store_batches(name, counted)
        except Exception:
            if self.fault is None:
                raise
            # The engine that took the batches has only words for what went wrong in them.
            raise self.fault from None
        return taken.mutate(**{MONTH: taken[MONTH].cast("int32")})

    def _counted(self, batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        try:
            for batch in batches:
                before, self.rows = self.rows, self.rows + batch.num_rows
                if self.rows // ROWS_BETWEEN_WORDS > before // ROWS_BETWEEN_WORDS:
                    self.progress(f"Read {self.rows:,} lines of {self.database.name}")
                yield batch
        except GeneratorExit:
            raise
        except BaseException as fault:
            self.fault = fault
            raise

    def orders_of(self, lines: "Table") -> "Table":
        """Return the orders that lines are of, in the columns of ORDERS."""
        named = lines.filter(lines[KEY].notnull())
        counted = named.group_by(KEY).aggregate(
            **{MONTH: ibis.coalesce(named[MONTH].min(), 0), LINES: named.count()}
        )
        return _as_orders(counted)

    def extract(self, lines: "Sequence[Table]", orders: "Table", gone: "Table | None") -> Extract:
        relation = self.database.relation
        names = dict(zip(relation.columns, relation.aliases, strict=True))
        table = ibis.union(*(part.select(**names) for part in lines))
        raw = RawTable(
            self.database.name, tuple(relation.columns), table, self.rows, 1, has_row_numbers=False
        )
        columns = json.dumps(self.database.columns)
        until = self.database.latest()
        return Extract(raw, orders, gone, until, self.database.says(), columns)


def _as_orders(counted: "Table") -> "Table":
    """Return shop_order, sales_month and line_count as ORDERS, the digest as a server makes it."""
    lines = counted[LINES].cast("int64")
    spoken = counted[KEY] + ":" + lines.cast("string")
    digest = ("0x" + spoken.hexdigest("md5").left(8)).cast("int64")
    return counted.select(
        KEY, digest=digest, order_id=identifier(trimmed(counted[KEY])),
        **{MONTH: counted[MONTH].cast("int32"), LINES: lines},
    ).select(*ORDERS)  # fmt: skip


def _by_month(orders: "Table") -> "Table":
    return orders.group_by(MONTH).aggregate(
        orders=orders.count(), lines=orders[LINES].sum(), digest=orders.digest.sum()
    )


def _months(rows: Iterable[Mapping[str, int]]) -> dict[int, Month]:
    return {
        int(row[MONTH]): Month(int(row["orders"]), int(row["lines"]), int(row["digest"]))
        for row in rows
    }


def _gone(expected: "Table", theirs: "Table", months: Sequence[int]) -> "Table":
    return expected.filter(expected[MONTH].isin(list(months))).anti_join(theirs, KEY)


def _check_whole(
    database: ShopDatabase, there: Mapping[int, Month], here: Mapping[int, Month]
) -> None:
    """Raise SourceError where a month's lines are not as many as its orders have.

    A digest that differs is no fault by itself: servers write texts beyond ASCII in other bytes.
    """
    for month in sorted({*there, *here}):
        nothing = Month(0, 0, 0)
        was, now = (replace(one.get(month, nothing), digest=0) for one in (there, here))
        if was != now:
            raise SourceError(
                f"{database.name}: of {month} there are {was.lines:,} lines of {was.orders:,} "
                f"orders, but {now.lines:,} of {now.orders:,} were read."
                + (_UNIQUE if database.shape.joins else "")
            )


def _written(moments: Moments | None) -> str | None:
    return None if moments is None else json.dumps([one.isoformat() for one in moments])
