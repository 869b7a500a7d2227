"""What arrives at a warehouse that is there, told apart: what is new, and what it has already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis

from regulars.core.conventions import Repeats
from regulars.engines.protocols import Store
from regulars.loads.stage_source import StagedSource
from regulars.transform.orders.unchanged import said_of_orders, unchanged_orders

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class SyncBatch:
    """What a sync says beyond its lines.

    reported         order_id of every order that it read, or found gone
    previously_seen  order_id of those that a sync before has read, and that were not gone since
    """

    reported: "Table"
    previously_seen: "Table"


@dataclass(frozen=True)
class IncomingBatch:
    """What arrives: lines, and the sources they come from.

    same   sources whose very content is there already, and the source that brought it
    sync   what a sync says beyond its lines; None where a load of files arrives
    notes  what else is to be said of it
    """

    lines: "Table"
    staged_sources: Sequence[StagedSource]
    same: Mapping[int, int] = field(default_factory=dict)
    sync: SyncBatch | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class IncomingChanges:
    """What arrived, told apart.

    lines      lines of orders that say something new
    failed     rows that were not understood
    waiting    rows that were not understood, and that wait already, just as they stand
    confirmed  lines of orders that arrived just as they stand
    unchanged  order_id of those
    touched    order_id of orders that have to be settled again
    standing   the lines that stand of all orders that arrived
    """

    lines: "Table"
    failed: "Table"
    waiting: "Table"
    confirmed: "Table"
    unchanged: "Table"
    touched: "Table"
    standing: "Table"


def classify_incoming(store: Store, batch: IncomingBatch, policy: Repeats) -> IncomingChanges:
    """Tell the orders that arrive otherwise from those that arrive just as they stand.

    Where every copy of an order counts, one that arrives again is never the one that stands.
    """
    lines, same = batch.lines, list(batch.same)
    new = lines.filter(lines.source_id.notin(same)) if same else lines
    arrived = store.import_rows("stg_arrived", new)
    understood = arrived.filter(arrived.reasons.isnull())
    failed = arrived.filter(arrived.reasons.notnull())
    standing = store.table("order_lines").semi_join(understood, "order_id")
    stands = store.materialize("stg_standing", standing.limit(0) if policy == "keep" else standing)
    theirs = stands.select("order_id", "source_id").distinct()
    their_failed = store.table("quarantine").semi_join(theirs, ["order_id", "source_id"])
    said = (said_of_orders(understood, failed), said_of_orders(stands, their_failed))
    unchanged = store.materialize("stg_unchanged", unchanged_orders(*said))
    confirmed = store.materialize("stg_confirmed", understood.semi_join(unchanged, "order_id"))
    changed = understood.anti_join(unchanged, "order_id").drop("reasons", "original")
    touched = changed.select("order_id").distinct()
    if batch.sync is None:
        touched = store.materialize("stg_changed", touched)
        return IncomingChanges(
            changed, failed, failed.limit(0), confirmed, unchanged, touched, stands
        )
    waiting = store.materialize("stg_waiting", _waiting(store, failed, unchanged))
    fresh = store.materialize("stg_fresh", failed.anti_join(waiting, ["source_id", "source_row"]))
    silent = unchanged.union(_bad_as_before(store, understood, fresh, batch.sync))
    touched = store.materialize(
        "stg_changed", batch.sync.reported.anti_join(silent, "order_id").distinct()
    )
    if not is_any(store, touched, fresh.filter(fresh.order_id.isnull())):
        waiting, fresh = failed, failed.limit(0)
    return IncomingChanges(changed, fresh, waiting, confirmed, unchanged, touched, stands)


def _waiting(store: Store, failed: "Table", unchanged: "Table") -> "Table":
    """Return the rows of a sync that wait already: those of orders that arrived as they stand.

    Those that name no order wait already if each of them, counted by what it says, does.
    """
    theirs = failed.semi_join(unchanged, "order_id")
    rows = store.table("quarantine")
    known = _numbered(rows.filter(rows.order_id.isnull())).select("original", "again").distinct()
    nameless = failed.filter(failed.order_id.isnull())
    if is_any(store, _numbered(nameless).anti_join(known, ["original", "again"])):
        return theirs
    return theirs.union(nameless)


def _numbered(rows: "Table") -> "Table":
    """Return rows with the number of each among those of its source that say the same, `again`."""
    alike = [rows.source_id, rows.original]
    return rows.mutate(again=ibis.row_number().over(group_by=alike, order_by=rows.source_row))


def _bad_as_before(store: Store, understood: "Table", failed: "Table", sync: SyncBatch) -> "Table":
    """Return the orders of which no line is understood, now as at the last sync: order_id.

    Their rows have to be the same, and none of their lines may stand.
    """
    bad = failed.anti_join(understood, "order_id").anti_join(store.table("order_lines"), "order_id")
    rows = store.table("quarantine").semi_join(bad, "order_id")
    last = rows.mutate(last=rows.source_id.max().over(group_by=rows.order_id))
    before = last.filter(last.source_id == last["last"])
    nothing = understood.limit(0)
    said = (said_of_orders(nothing, bad), said_of_orders(nothing, before))
    return unchanged_orders(*said).semi_join(sync.previously_seen, "order_id").select("order_id")


def is_any(store: Store, *rows: "Table") -> bool:
    """Return whether one of these has a row."""
    return any(store.fetch(one.limit(1)) for one in rows)
