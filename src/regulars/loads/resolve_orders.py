"""Resolve the versions of orders: decide which lines are current and which are superseded.

Every change to a warehouse goes through here: a load, sync, undo, replay or forgotten customer.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import ibis

from regulars.core.errors import SourceError
from regulars.engines.protocols import Store
from regulars.loads.is_any import is_any
from regulars.loads.match_corrections import (
    CorrectionChanges,
    refresh_corrections,
    rules_of_update,
)
from regulars.loads.refresh_star import ChangedOrders, refresh_star
from regulars.loads.report import LoadReport, OrderChanges
from regulars.loads.stage import check_differing
from regulars.loads.stage_source import StagedSource
from regulars.loads.update import WarehouseUpdate
from regulars.loads.version_numbers import VersionNumbers, version_numbers
from regulars.transform.orders.corrections import with_corrections
from regulars.transform.orders.reconcile import LedgerEntry, entries_of, to_entries
from regulars.transform.orders.unchanged import unchanged_orders
from regulars.transform.orders.versions import (
    CONTENT,
    differing_orders,
    identical_lines,
    repeated_orders,
    resolve_versions,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class Resolution:
    """What resolving orders changed.

    entries    ledger entries of the lines that became accepted or superseded, or no longer are
    orders     how many orders were added, changed or removed
    identical  how many more identical lines there are
    corrections  how many more orders a credit cancels
    """

    entries: Sequence[LedgerEntry]
    orders: OrderChanges
    identical: int
    corrections: int = 0

    @classmethod
    def empty(cls) -> Self:
        """Return a resolution that changes nothing."""
        return cls([], OrderChanges(), 0)

    def report(self, update: WarehouseUpdate, entries: Sequence[LedgerEntry]) -> LoadReport:
        """Return the report of a load with these ledger entries."""
        return LoadReport(
            warehouse=str(update.warehouse),
            conventions=update.request.conventions.name,
            entries=list(entries),
            policy=update.ledger.repeats_policy,
            load=update.ledger.next_load,
            orders=self.orders,
            identical=self.identical,
            corrections_within=update.ledger.corrections_within,
            corrections=self.corrections,
        )


def resolve_order_versions(
    update: WarehouseUpdate,
    orders: "Table",
    revise: "Callable[[Table], Table]",
    current_sources: Collection[int],
    *,
    incoming: Sequence[StagedSource] = (),
) -> Resolution:
    """Resolve orders from all their lines, match their credits, and refresh the star.

    orders           order_id of each order whose lines may change
    revise           given all lines of these orders, returns the lines they have from now on
    current_sources  source_id of every source whose load has not been undone
    incoming         the sources among them that are not in the ledger yet

    Raises SourceError if the policy forbids orders to differ and they do, or if no line is left.
    """
    rules = rules_of_update(update, current_sources, incoming)

    def match(orders: "Table", lines: "Table") -> CorrectionChanges:
        return refresh_corrections(update, orders, lines, rules)

    return _resolve_and_refresh(update, orders, revise, current_sources, match)


def resolve_same_corrections(
    update: WarehouseUpdate, orders: "Table", revise: "Callable[[Table], Table]"
) -> Resolution:
    """Resolve orders like `resolve_order_versions`, but leave all corrections as they are."""
    saved = update.corrections
    changes = CorrectionChanges(before=saved, after=saved)
    return _resolve_and_refresh(update, orders, revise, update.current_sources, lambda *_: changes)


def _resolve_and_refresh(
    update: WarehouseUpdate,
    orders: "Table",
    revise: "Callable[[Table], Table]",
    current_sources: Collection[int],
    match: "Callable[[Table, Table], CorrectionChanges]",
) -> Resolution:
    store = update.store
    columns = store.table("order_lines").columns
    before, superseded_before = (
        store.materialize(f"stg_{name}_before", store.table(name).semi_join(orders, "order_id"))
        for name in ("order_lines", "superseded_lines")
    )
    revised = revise(before.union(superseded_before).select(*columns))
    lines = store.materialize("stg_revised_lines", revised.select(*columns))
    resolved = _resolve(update, lines, current_sources)
    after = store.materialize(
        "stg_order_lines_after", resolved.filter(~resolved.is_superseded).select(*columns)
    )
    superseded = resolved.filter(resolved.is_superseded).select(*columns)
    _check_lines_are_left(store, orders, after)
    store.replace("order_lines", after, where=orders)
    corrections = match(orders, before.union(after))
    changed = _changed_orders(update, ChangedOrders(orders, before, after), corrections)
    sales = refresh_star(store, changed, update.request.settings)
    store.replace("superseded_lines", superseded, where=orders)
    sales_before = with_corrections(changed.before, corrections.before)
    entries = difference(
        _entries_of(store, accepted=sales, superseded=superseded),
        _entries_of(store, accepted=sales_before, superseded=superseded_before),
    )
    identical = _identical(store, after, orders) - _identical(store, before, orders)
    changes = _count_changes(store, before, after)
    return Resolution(entries, changes, identical, corrections.number)


def _changed_orders(
    update: WarehouseUpdate, changed: ChangedOrders, corrections: CorrectionChanges
) -> ChangedOrders:
    """Return changed orders, with those whose lines only change their kind by a correction."""
    changed = replace(
        changed,
        corrections=corrections.after,
        merges_before=update.merges,
        merges_after=update.merges,
    )
    store = update.store
    if corrections.orders is None or not is_any(store, corrections.orders):
        return changed
    others = corrections.orders.anti_join(changed.orders, "order_id")
    lines = store.materialize(
        "stg_corrected_lines", store.table("order_lines").semi_join(others, "order_id")
    )
    return replace(
        changed,
        orders=store.materialize("stg_all_changed", changed.orders.union(others)),
        before=changed.before.union(lines),
        after=changed.after.union(lines),
    )


def _resolve(update: WarehouseUpdate, lines: "Table", current_sources: Collection[int]) -> "Table":
    """Return lines with `is_superseded`, by the policy and by what syncs reported.

    Raises SourceError if the policy forbids orders to differ and they do.
    """
    store, policy = update.store, update.ledger.repeats_policy
    versions = version_numbers(update, current_sources)
    if policy in ("union", "keep"):
        # Lines of several sources may be current: which source has them last does not matter.
        latest = versions.add_to(lines.mutate(own_source=lines.source_id))
        latest = latest.mutate(source_id=latest.version).drop("version")
    else:
        latest = _with_latest_source(store, lines, current_sources, versions)
    latest = store.materialize("stg_latest_lines", latest)
    repeated = store.materialize("stg_repeated", repeated_orders(latest))
    if policy == "error":
        differing = store.fetch(differing_orders(latest, repeated))
        check_differing(policy, [row["order_id"] for row in differing], "from the warehouse")
    resolved = _superseded_by_syncs(
        store, resolve_versions(latest, repeated, policy), current_sources, versions
    )
    return store.materialize("stg_resolved_lines", resolved.mutate(source_id=resolved.own_source))


def _with_latest_source(
    store: Store, lines: "Table", current_sources: Collection[int], versions: VersionNumbers
) -> "Table":
    """Return lines with their version number as source_id, and their source as own_source.

    A source that confirms an order counts as its latest source. If the source of a line has been
    undone, only the sources that confirmed the order count.
    """
    confirmed = versions.add_to(store.table("confirmed_orders"))
    latest = confirmed.group_by("order_id", "confirms_source_id").aggregate(
        confirmed_by=confirmed.version.max()
    )
    latest = latest.rename(confirmed_order="order_id")
    lines = versions.add_to(lines)
    joined = lines.left_join(
        latest,
        [lines.order_id == latest.confirmed_order, lines.source_id == latest.confirms_source_id],
    )
    own = ibis.ifelse(joined.source_id.isin(list(current_sources)), joined.version, 0)
    version = ibis.greatest(own, ibis.coalesce(joined.confirmed_by, 0)).cast("int32")
    return joined.mutate(own_source=joined.source_id, source_id=version).drop(
        "confirmed_order", "confirms_source_id", "confirmed_by", "version"
    )


def _superseded_by_syncs(
    store: Store, resolved: "Table", current_sources: Collection[int], versions: VersionNumbers
) -> "Table":
    """Return lines, superseded if a sync has since reported their order differently.

    A sync reports all lines of an order, so the shop has deleted any line it does not report. If it
    reports no valid line, no line of the order is current.
    """
    synced = versions.add_to(store.table("synced_orders"))
    current = synced.filter(synced.source_id.isin(list(current_sources)))
    last = current.group_by(synced_order=current.order_id).aggregate(
        last_sync=current.version.max()
    )
    joined = resolved.left_join(last, resolved.order_id == last.synced_order)
    is_outdated = (joined.source_id < joined.last_sync).fill_null(False)
    return joined.mutate(is_superseded=joined.is_superseded | is_outdated).drop(
        "synced_order", "last_sync"
    )


def _check_lines_are_left(store: Store, orders: "Table", after: "Table") -> None:
    others = store.table("order_lines").anti_join(orders, "order_id")
    if not is_any(store, after, others):
        raise SourceError("The warehouse would have no valid line left, so nothing was changed.")


def _entries_of(store: Store, **lines_by_outcome: "Table") -> list[LedgerEntry]:
    return [
        entry
        for outcome, lines in lines_by_outcome.items()
        for entry in to_entries(store.fetch(entries_of(lines, outcome, "net_amount", "kind")))
    ]


def reversal(entry: LedgerEntry) -> LedgerEntry:
    """Return the ledger entry that reverses another."""
    return replace(entry, rows=-entry.rows, amount=-entry.amount)


def difference(after: Sequence[LedgerEntry], before: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return the ledger entries that lead from one state to another."""
    sums: dict[tuple[int, str, str], LedgerEntry] = {}
    for entry in (*after, *map(reversal, before)):
        key = (entry.source_id, entry.outcome, entry.kind)
        total = sums.get(key)
        sums[key] = entry if total is None else replace(
            total, rows=total.rows + entry.rows, amount=total.amount + entry.amount
        )  # fmt: skip
    return [entry for entry in sums.values() if entry.rows or entry.amount]


def _identical(store: Store, lines: "Table", orders: "Table") -> int:
    [row] = store.fetch(identical_lines(lines, orders))
    return int(row["lines"])


def _count_changes(store: Store, before: "Table", after: "Table") -> OrderChanges:
    contents = [
        lines.select(*CONTENT, source_id=ibis.literal(1, "int32")) for lines in (after, before)
    ]
    old, new = (lines.select("order_id").distinct() for lines in (before, after))
    both = new.semi_join(old, "order_id")
    counts = {
        "new": new.anti_join(old, "order_id").count(),
        "changed": both.anti_join(unchanged_orders(*contents), "order_id").count(),
        "removed": old.anti_join(new, "order_id").count(),
    }
    one = ibis.literal(1).as_table()
    [row] = store.fetch(one.select(**{name: n.as_scalar() for name, n in counts.items()}))
    return OrderChanges(**row)
