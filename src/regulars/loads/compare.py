"""Compare an incoming batch with the warehouse: what is new, and what it already has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import ibis

from regulars.core.conventions import Repeats
from regulars.engines.protocols import Store
from regulars.loads.is_any import is_any
from regulars.loads.stage_source import StagedSource
from regulars.transform.orders.unchanged import order_contents, unchanged_orders

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class SyncBatch:
    """The orders that a sync reports.

    reported         order_id of every order that the sync read, or that the shop has deleted
    previously_seen  order_id of the orders that the shop had at the last sync
    """

    reported: "Table"
    previously_seen: "Table"


@dataclass(frozen=True)
class IncomingBatch:
    """The staged lines of a load or sync.

    duplicates  source_id of each source whose content is already known, and of its original
    sync        the orders of a sync; None for a load of files
    notes       warnings to show
    """

    lines: "Table"
    sources: Sequence[StagedSource]
    duplicates: Mapping[int, int] = field(default_factory=dict)
    sync: SyncBatch | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class IncomingChanges:
    """An incoming batch, classified.

    lines                lines of orders that are new or have changed
    quarantined          rows that fail a rule
    already_quarantined  rows that fail a rule and are already in the quarantine
    confirmed            lines of orders that are unchanged
    unchanged_orders     order_id of those orders
    orders_to_resolve    order_id of each order whose lines may change
    current              the current lines of all orders in the batch
    """

    lines: "Table"
    quarantined: "Table"
    already_quarantined: "Table"
    confirmed: "Table"
    unchanged_orders: "Table"
    orders_to_resolve: "Table"
    current: "Table"


def classify_incoming(store: Store, batch: IncomingBatch, policy: Repeats) -> IncomingChanges:
    """Return which orders of a batch are new, changed or unchanged, and which rows failed.

    Under the policy "keep" every copy of an order counts, so no order is unchanged.
    """
    lines, duplicates = batch.lines, list(batch.duplicates)
    new = lines.filter(lines.source_id.notin(duplicates)) if duplicates else lines
    incoming = store.import_rows("stg_incoming", new)
    valid = incoming.filter(incoming.reasons.isnull())
    failed = incoming.filter(incoming.reasons.notnull())
    current = store.table("order_lines").semi_join(valid, "order_id")
    current = store.materialize("stg_current", current.limit(0) if policy == "keep" else current)
    keys = current.select("order_id", "source_id").distinct()
    failed_before = store.table("quarantine").semi_join(keys, ["order_id", "source_id"])
    contents = (order_contents(valid, failed), order_contents(current, failed_before))
    unchanged = store.materialize("stg_unchanged", unchanged_orders(*contents))
    changed = valid.anti_join(unchanged, "order_id").drop("reasons", "original")
    changes = IncomingChanges(
        lines=changed,
        quarantined=failed,
        already_quarantined=failed.limit(0),
        confirmed=store.materialize("stg_confirmed", valid.semi_join(unchanged, "order_id")),
        unchanged_orders=unchanged,
        orders_to_resolve=changed.select("order_id").distinct(),
        current=current,
    )
    if batch.sync is not None:
        return _of_sync(store, batch.sync, changes, valid)
    orders = store.materialize("stg_changed", changes.orders_to_resolve)
    return replace(changes, orders_to_resolve=orders)


def _of_sync(
    store: Store, sync: SyncBatch, changes: IncomingChanges, valid: "Table"
) -> IncomingChanges:
    """Return the changes of a sync: orders may be deleted, and failed rows are read repeatedly."""
    failed, unchanged = changes.quarantined, changes.unchanged_orders
    known = store.materialize(
        "stg_already_quarantined", _already_quarantined(store, failed, unchanged)
    )
    new = store.materialize(
        "stg_newly_quarantined", failed.anti_join(known, ["source_id", "source_row"])
    )
    unchanged = unchanged.union(_still_without_valid_line(store, sync, valid, new))
    orders = store.materialize(
        "stg_changed", sync.reported.anti_join(unchanged, "order_id").distinct()
    )
    if not is_any(store, orders, new.filter(new.order_id.isnull())):
        known, new = failed, failed.limit(0)
    return replace(changes, quarantined=new, already_quarantined=known, orders_to_resolve=orders)


def _already_quarantined(store: Store, failed: "Table", unchanged: "Table") -> "Table":
    """Return the failed rows of a sync that are in the quarantine: those of unchanged orders.

    Rows without an order_id are in the quarantine if it has as many rows with the same content.
    """
    rows = failed.semi_join(unchanged, "order_id")
    quarantine = store.table("quarantine")
    nameless_before = _numbered(quarantine.filter(quarantine.order_id.isnull()))
    known = nameless_before.select("original", "occurrence").distinct()
    nameless = failed.filter(failed.order_id.isnull())
    if is_any(store, _numbered(nameless).anti_join(known, ["original", "occurrence"])):
        return rows
    return rows.union(nameless)


def _numbered(rows: "Table") -> "Table":
    """Return rows with `occurrence`, the position among the rows of equal content and source."""
    return rows.mutate(
        occurrence=ibis.row_number().over(
            group_by=[rows.source_id, rows.original], order_by=rows.source_row
        )
    )


def _still_without_valid_line(
    store: Store, sync: SyncBatch, valid: "Table", failed: "Table"
) -> "Table":
    """Return the orders (order_id) that have the same failed rows as before and no valid line."""
    now = failed.anti_join(valid, "order_id").anti_join(store.table("order_lines"), "order_id")
    rows = store.table("quarantine").semi_join(now, "order_id")
    latest = rows.mutate(last=rows.source_id.max().over(group_by=rows.order_id))
    before = latest.filter(latest.source_id == latest["last"])
    nothing = valid.limit(0)
    contents = (order_contents(nothing, now), order_contents(nothing, before))
    unchanged = unchanged_orders(*contents).semi_join(sync.previously_seen, "order_id")
    return unchanged.select("order_id")
