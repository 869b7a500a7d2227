"""Undo a load: the warehouse is then as if the load had never been run.

Whatever a later load repeats stays. An order that a later load confirmed does not lose its lines.
If a later source has the same content as a source of the load, it becomes its successor: the lines
stay, under the source_id of the successor.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis

from regulars.core.errors import InputError
from regulars.engines.protocols import Engine, Store
from regulars.loads.is_any import is_any
from regulars.loads.merge_customers import refresh_merges, withdraw_contacts
from regulars.loads.people import withdraw_people
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import (
    Resolution,
    difference,
    resolve_order_versions,
    reversal,
)
from regulars.loads.update import WarehouseUpdate, open_update
from regulars.loads.write_ledger import record_load
from regulars.transform.orders.reconcile import LedgerEntry, check_entries, entries_of, to_entries
from regulars.warehouse.ledger import Ledger, read_tallies

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_ORDER_OF_SOURCE = ["order_id", "source_id"]


@dataclass(frozen=True)
class Withdrawal:
    """The sources that an undo affects, by source_id.

    load_sources       every source of the load
    withdrawn_sources  every source without a current load and without a successor
    successors         the successor of each source of the load that has one
    current_sources    every source that remains current
    """

    load_sources: Collection[int]
    withdrawn_sources: Collection[int]
    successors: Mapping[int, int]
    current_sources: Collection[int]

    @property
    def affected_sources(self) -> list[int]:
        """Every source whose ledger entries may change."""
        return sorted({
            *self.withdrawn_sources, *self.successors, *self.successors.values(),
            *self.load_sources,
        })  # fmt: skip


def undo(load: int, request: BuildRequest, warehouse: Engine) -> LoadReport:
    """Undo a load, and return what that changed.

    Raises InputError if the load cannot be undone, WarehouseError if the warehouse cannot be
    changed; the warehouse is then unchanged.
    """
    with open_update(request, warehouse) as update:
        store, progress = update.store, update.request.progress
        _check_can_be_undone(load, update.ledger)
        progress("Finding rows that no other load has")
        withdrawal = _withdrawal_of(load, update.ledger)
        entries_before = read_tallies(store)
        quarantined_before = _quarantined(store, withdrawal)
        unconfirmed = _withdraw_confirmations(store, withdrawal)
        orders = store.materialize("stg_orders_by_source", _orders_by_source(store))
        withdrawn = store.materialize("stg_withdrawn", _withdrawn(store, orders, withdrawal))
        _check_lines_are_left(store, orders, withdrawn, load)
        progress("Updating orders and the star")
        affected = _affected_orders(store, withdrawal, orders, withdrawn).union(unconfirmed)
        resolution = _resolve(update, withdrawal, affected, withdrawn)
        _withdraw_quarantine(store, withdrawal)
        entries = [
            *resolution.entries,
            *difference(_quarantined(store, withdrawal), quarantined_before),
            *_unchanged_entries(withdrawal, entries_before),
            *_read_entries(store, withdrawal, entries_before),
        ]
        check_entries(entries, update.source_names)
        _promote_successors(store, withdrawal)
        withdraw_people(store, withdrawal.load_sources, withdrawal.successors)
        withdraw_contacts(update, withdrawal.load_sources, withdrawal.successors)
        report = replace(resolution.report(update, entries), merged=refresh_merges(update))
        record_load(update, "undo", report, undoes=load)
    return report


def _check_can_be_undone(load: int, ledger: Ledger) -> None:
    operations = {row["load_id"]: row["operation"] for row in ledger.loads}
    if load not in operations:
        raise InputError(f"There is no load {load}. List the loads:  regulars loads")
    if load in ledger.undone_loads:
        raise InputError(f"Load {load} has already been undone.")
    if reason := why_final(operations[load]):
        raise InputError(f"Load {load} cannot be undone. {reason}")


def why_final(operation: str) -> str:
    """Return why a load of this operation cannot be undone; empty if it can."""
    return _WHY_FINAL.get(operation, "")


_WHY_FINAL = {
    "replay": "It is a replay of quarantined rows: undo the load that the rows came from.",
    "forget": "It erased a customer, and erased data cannot be restored.",
    "undo": "It is an undo: to restore what it removed, load the source again.",
}


def _withdrawal_of(load: int, ledger: Ledger) -> Withdrawal:
    load_sources = [source.source_id for source in ledger.sources if source.load_id == load]
    remaining = [source for source in ledger.current_sources if source.load_id != load]
    successors = {}
    for source_id in load_sources:
        repeats = [source.source_id for source in remaining if source.duplicate_of == source_id]
        if repeats:
            successors[source_id] = min(repeats)
    current = {source.source_id for source in remaining}
    withdrawn = {source.source_id for source in ledger.sources} - current - set(successors)
    return Withdrawal(load_sources, withdrawn, successors, sorted(current))


def _withdraw_confirmations(store: Store, withdrawal: Withdrawal) -> "Table":
    """Remove the confirmations of the load, and return their orders: order_id.

    A successor takes over the confirmations of its predecessor.
    """
    confirmed = store.table("confirmed_orders")
    sources = [s for s in withdrawal.load_sources if s not in withdrawal.successors]
    removed = confirmed.filter(confirmed.source_id.isin(sources or [0])).select("order_id")
    orders = store.materialize("stg_unconfirmed", removed.distinct())
    remaining = confirmed.filter(confirmed.source_id.notin(sources)) if sources else confirmed
    renamed = remaining.mutate(
        source_id=_successor_of(remaining.source_id, withdrawal),
        confirms_source_id=_successor_of(remaining.confirms_source_id, withdrawal),
    )
    store.replace("confirmed_orders", renamed, where=None)
    return orders


def _orders_by_source(store: Store) -> "Table":
    """Return every order of every source: order_id, source_id."""
    current, superseded = store.table("order_lines"), store.table("superseded_lines")
    orders = current.select(*_ORDER_OF_SOURCE).union(superseded.select(*_ORDER_OF_SOURCE))
    return orders.distinct()


def _confirmed_by_source(store: Store) -> "Table":
    """Return every order that another source confirms, and the source it is from."""
    return store.table("confirmed_orders").select("order_id", source_id="confirms_source_id")


def _withdrawn(store: Store, orders: "Table", withdrawal: Withdrawal) -> "Table":
    """Return the orders of withdrawn sources that no other source confirms."""
    withdrawn = orders.filter(orders.source_id.isin(list(withdrawal.withdrawn_sources) or [0]))
    return withdrawn.anti_join(_confirmed_by_source(store), _ORDER_OF_SOURCE)


def _check_lines_are_left(store: Store, orders: "Table", withdrawn: "Table", load: int) -> None:
    if not is_any(store, orders.anti_join(withdrawn, _ORDER_OF_SOURCE)):
        raise InputError(
            f"Undoing load {load} would leave the warehouse empty. To start over:  regulars build"
        )


def _affected_orders(
    store: Store, withdrawal: Withdrawal, orders: "Table", withdrawn: "Table"
) -> "Table":
    """Return the order_id of orders that lose lines, or that the load or a successor has."""
    sources = [*withdrawal.load_sources, *withdrawal.successors.values()]
    tables = (orders, store.table("confirmed_orders"), store.table("synced_orders"))
    return ibis.union(
        withdrawn.select("order_id"),
        *(rows.filter(rows.source_id.isin(sources)).select("order_id") for rows in tables),
    )


def _resolve(
    update: WarehouseUpdate, withdrawal: Withdrawal, affected: "Table", withdrawn: "Table"
) -> Resolution:
    orders = update.store.materialize("stg_changed", affected.distinct())
    if not is_any(update.store, orders):
        return Resolution.empty()

    def revise(lines: "Table") -> "Table":
        remaining = lines.anti_join(withdrawn, _ORDER_OF_SOURCE)
        return remaining.mutate(source_id=_successor_of(remaining.source_id, withdrawal))

    return resolve_order_versions(update, orders, revise, withdrawal.current_sources)


def _successor_of(source: "Value", withdrawal: Withdrawal) -> "Value":
    """Return the successor of a source, or the source itself if it has none."""
    if not withdrawal.successors:
        return source
    return source.cases(*withdrawal.successors.items(), else_=source).cast("int32")


def _quarantined(store: Store, withdrawal: Withdrawal) -> list[LedgerEntry]:
    quarantine = store.table("quarantine")
    rows = quarantine.filter(quarantine.source_id.isin(withdrawal.affected_sources))
    return to_entries(store.fetch(entries_of(rows, "quarantined", "amount")))


def _withdraw_quarantine(store: Store, withdrawal: Withdrawal) -> None:
    """Remove quarantined rows of withdrawn sources, and hand those of others to the successors.

    Rows of an order that a later source confirmed stay.
    """
    rows = store.table("quarantine")
    predecessors = list(withdrawal.successors) or [0]
    sources = sorted({*withdrawal.withdrawn_sources, *withdrawal.successors})
    affected = rows.filter(rows.source_id.isin(sources))
    inherited = affected.filter(affected.source_id.isin(predecessors))
    remaining = affected.filter(affected.source_id.notin(predecessors))
    remaining = remaining.semi_join(_confirmed_by_source(store), _ORDER_OF_SOURCE)
    names = {row["source_id"]: row["name"] for row in store.fetch(store.table("load_sources"))}
    renamed = inherited.mutate(source_id=_successor_of(inherited.source_id, withdrawal))
    if withdrawal.successors:
        cases = [(source, names[source]) for source in withdrawal.successors.values()]
        renamed = renamed.mutate(source=renamed.source_id.cases(*cases, else_=renamed.source))
    new = store.materialize("stg_quarantine", renamed.select(*rows.columns).union(remaining))
    keys = store.materialize("stg_quarantine_keys", affected.select("source_id", "source_row"))
    store.replace("quarantine", new, where=keys)


def _unchanged_entries(withdrawal: Withdrawal, before: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return entries that reverse the load's unchanged rows, or hand them to successors."""
    unchanged = [entry for entry in before if entry.outcome == "unchanged"]
    return _handed_on(withdrawal, unchanged, withdrawal.load_sources)


def _read_entries(
    store: Store, withdrawal: Withdrawal, before: Sequence[LedgerEntry]
) -> list[LedgerEntry]:
    """Return entries that reduce what sources read to the rows that remain of them.

    A successor has read what its predecessor had.
    """
    sources = sorted({*withdrawal.withdrawn_sources, *withdrawal.load_sources})
    read = [entry for entry in before if entry.outcome == "read"]
    remaining = []
    for name in ("order_lines", "superseded_lines", "quarantine"):
        table = store.table(name)
        rows = table.filter(table.source_id.isin(sources))
        amount = "amount" if name == "quarantine" else "net_amount"
        remaining += to_entries(store.fetch(entries_of(rows, "read", amount)))
    return [*_handed_on(withdrawal, read, sources), *remaining]


def _handed_on(
    withdrawal: Withdrawal, entries: Sequence[LedgerEntry], sources: Collection[int]
) -> list[LedgerEntry]:
    """Return entries that reverse those of sources, and give successors those of predecessors."""
    successors = withdrawal.successors
    reversed_sources = {*sources, *successors.values()}
    return [
        *(reversal(entry) for entry in entries if entry.source_id in reversed_sources),
        *(
            replace(entry, source_id=successors[entry.source_id])
            for entry in entries
            if entry.source_id in successors
        ),
    ]


def _promote_successors(store: Store, withdrawal: Withdrawal) -> None:
    """Update load_sources: a successor is no longer a duplicate, but the original of others."""
    if not withdrawal.successors:
        return
    sources = store.table("load_sources")
    original = _successor_of(sources.duplicate_of, withdrawal)
    is_itself = original == sources.source_id
    promoted = sources.mutate(duplicate_of=ibis.ifelse(is_itself, None, original))
    store.replace("load_sources", promoted, where=None)
