"""Settling orders again: which of their lines stand, once others have come or have gone.

Whatever changes a warehouse ends here: a load, a load that is taken back, rows that were mended.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import ibis

from regulars.core import schema
from regulars.core.conventions import Conventions, Repeats
from regulars.core.errors import SourceError, WarehouseError
from regulars.engines.protocols import Engine, Store
from regulars.loads.journal import Standing, load_row, odd_in, reason_rows, tally_rows
from regulars.loads.marts import marts
from regulars.loads.refresh_star import Change, refresh_star
from regulars.loads.report import LoadReport, OrderChanges
from regulars.loads.request import BuildRequest
from regulars.loads.stage import check_differing
from regulars.transform.orders.reconcile import Tally, as_tallies, tallies_of
from regulars.transform.orders.unchanged import unchanged_orders
from regulars.transform.orders.versions import (
    CONTENT,
    differing_orders,
    identical_lines,
    repeated_orders,
    settled,
)
from regulars.warehouse.ledger import SCHEMA_VERSION, Ledger, last_order, read_facts, read_ledger

if TYPE_CHECKING:
    from ibis.expr.types import Table

Revision = Callable[["Table"], "Table"]
ACCEPTED, SUPERSEDED = "accepted", "superseded"


def as_built(request: BuildRequest, ledger: Ledger) -> BuildRequest:
    """Return an order under the conventions and the settings that the warehouse was built with."""
    return replace(
        request,
        conventions=Conventions.named(ledger.facts["conventions"]),
        settings=ledger.settings(request.settings),
    )


@dataclass(frozen=True)
class Outcome:
    """What a change did: entries for the journal, how many orders, and lines that stand twice."""

    entries: Sequence[Tally]
    orders: OrderChanges
    identical: int

    @classmethod
    def nothing(cls) -> Self:
        """Return what a change of no order does."""
        return cls([], OrderChanges(), 0)


def open_ledger(store: Store, place: Engine) -> Ledger:
    """Return the ledger of a warehouse that this version of Regulars can change.

    Raises WarehouseError where another version wrote it.
    """
    facts = read_facts(store)
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise WarehouseError(f"{place} was built by another version of Regulars. Build it again.")
    return read_ledger(store, facts)


def resolve_order_versions(
    store: Store,
    orders: "Table",
    revise: "Revision",
    standing: Collection[int],
    policy: Repeats,
    request: BuildRequest,
) -> Outcome:
    """Settle orders from all that is there of them, revised, and renew what hangs on them.

    orders    order_id of each order whose lines may change
    revise    given all lines of these orders, standing or replaced, returns those that are left
    standing  the sources of the loads that stand

    Raises SourceError where orders differ and may not.
    """
    columns = store.table("order_lines").columns
    before = store.materialize(
        "stg_before", store.table("order_lines").semi_join(orders, "order_id")
    )
    aside = store.materialize(
        "stg_aside", store.table("superseded_lines").semi_join(orders, "order_id")
    )
    pool = store.materialize(
        "stg_pool", revise(before.union(aside).select(*columns)).select(*columns)
    )
    placed = store.materialize("stg_placed", _placed(store, pool, standing, policy))
    repeated = store.materialize("stg_repeated", repeated_orders(placed))
    if policy == "error":
        found = store.fetch(differing_orders(placed, repeated))
        check_differing(policy, [row["order_id"] for row in found], "from what is there")
    judged = _as_last_synced(store, settled(placed, repeated, policy), standing)
    told = store.materialize("stg_settled", judged.mutate(source_id=judged.own_source))
    after = store.materialize("stg_after", told.filter(~told.is_superseded).select(*columns))
    now_aside = told.filter(told.is_superseded).select(*columns)
    _check_something_is_left(store, orders, after)
    made = refresh_star(store, Change(orders, before, after), request.settings)
    store.replace("superseded_lines", now_aside, where=orders)
    entries = difference(
        _tallied(store, (made, ACCEPTED), (now_aside, SUPERSEDED)),
        _tallied(store, (before, ACCEPTED), (aside, SUPERSEDED)),
    )
    twice = [_identical(store, lines, orders) for lines in (after, before)]
    return Outcome(entries, _order_changes(store, before, after), twice[0] - twice[1])


def _placed(store: Store, lines: "Table", standing: Collection[int], policy: Repeats) -> "Table":
    """Return lines with the last source that says their order so, and their own as own_source.

    An order that came again just as it stood counts as told by the later source; one whose own
    source was taken back counts as told by the sources that confirmed it alone. Where lines of
    several sources stand side by side, it does not matter who said them last.
    """
    if policy in ("union", "keep"):
        return lines.mutate(own_source=lines.source_id)
    confirmed = store.table("confirmed_orders")
    last = confirmed.group_by("order_id", "confirms_source_id").aggregate(
        place=confirmed.source_id.max()
    )
    told = last.rename(confirmed_order="order_id")
    found = lines.left_join(
        told, [lines.order_id == told.confirmed_order, lines.source_id == told.confirms_source_id]
    )
    own = ibis.ifelse(found.source_id.isin(list(standing)), found.source_id, 0)
    place = ibis.greatest(own, ibis.coalesce(found.place, 0)).cast("int32")
    return found.mutate(own_source=found.source_id, source_id=place).drop(
        "confirmed_order", "confirms_source_id", "place"
    )


def _check_something_is_left(store: Store, orders: "Table", after: "Table") -> None:
    others = store.table("order_lines").anti_join(orders, "order_id")
    if not store.fetch(after.limit(1)) and not store.fetch(others.limit(1)):
        raise SourceError("Nothing would be left that can be understood. Nothing was changed.")


def _as_last_synced(store: Store, judged: "Table", standing: Collection[int]) -> "Table":
    """Return lines judged, those replaced that were told before a sync told their order otherwise.

    A sync says the whole order: what it did not say is gone, and if it said that there is none, or
    nothing that can be understood, no line is left.
    """
    told = store.table("synced_orders")
    stands = told.filter(told.source_id.isin(list(standing)))
    last = stands.group_by(synced_order=stands.order_id).aggregate(told_by=stands.source_id.max())
    found = judged.left_join(last, judged.order_id == last.synced_order)
    is_past = (found.source_id < found.told_by).fill_null(False)
    return found.mutate(is_superseded=found.is_superseded | is_past).drop("synced_order", "told_by")


def _tallied(store: Store, *outcomes: "tuple[Table, str]") -> list[Tally]:
    return [
        tally
        for rows, outcome in outcomes
        for tally in as_tallies(store.fetch(tallies_of(rows, outcome, "net_amount", "kind")))
    ]


def reversal_of(tally: Tally) -> Tally:
    """Return the entry that takes another back."""
    return replace(tally, rows=-tally.rows, amount=-tally.amount)


def difference(now: Sequence[Tally], before: Sequence[Tally]) -> list[Tally]:
    """Return the entries that lead from one state of the journal to another."""
    sums: dict[tuple[int, str, str], Tally] = {}
    for tally in (*now, *map(reversal_of, before)):
        key = (tally.source_id, tally.outcome, tally.kind)
        one = sums.get(key)
        sums[key] = tally if one is None else replace(
            one, rows=one.rows + tally.rows, amount=one.amount + tally.amount
        )  # fmt: skip
    return [tally for tally in sums.values() if tally.rows or tally.amount]


def _identical(store: Store, lines: "Table", orders: "Table") -> int:
    [found] = store.fetch(identical_lines(lines, orders))
    return int(found["lines"])


def _order_changes(store: Store, before: "Table", after: "Table") -> OrderChanges:
    """Count the orders that are there only since, or no longer, or in other words."""
    told = [lines.select(*CONTENT, source_id=ibis.literal(1, "int32")) for lines in (after, before)]
    was, now = (lines.select("order_id").distinct() for lines in (before, after))
    both = now.semi_join(was, "order_id")
    counts = {
        "new": now.anti_join(was, "order_id").count(),
        "changed": both.anti_join(unchanged_orders(*told), "order_id").count(),
        "removed": was.anti_join(now, "order_id").count(),
    }
    one = ibis.literal(1).as_table()
    [row] = store.fetch(one.select(**{name: n.as_scalar() for name, n in counts.items()}))
    return OrderChanges(**row)


def write_down(
    store: Store,
    what: str,
    report: LoadReport,
    ledger: Ledger,
    request: BuildRequest,
    warehouse: Engine,
    *,
    undoes: int | None = None,
) -> None:
    """Write a load into the ledger, and what the warehouse as a whole is since."""
    told = load_row(report.load, request.now, what, report.conventions, report.orders, undoes)
    for name, rows in {
        "loads": [told],
        "ledger_entries": tally_rows(report.load, report.tallies),
        "load_reasons": reason_rows(report.load, report.reasons),
    }.items():
        store.append(name, schema.LEDGER_COLUMNS[name], rows)
    identical = int(ledger.facts["identical_lines"]) + (report.identical or 0)
    _record_standing(store, request, ledger, identical, with_marts=warehouse.keeps_marts)
    request.progress(f"Publishing to {warehouse}")


def _record_standing(
    store: Store,
    request: BuildRequest,
    ledger: Ledger,
    identical: int,
    *,
    with_marts: bool,
) -> None:
    """Write down what is known of the warehouse as a whole, and answer the headline questions."""
    last = last_order(store, store.table("dim_order"))
    policy = ledger.policy
    sources = [source.source_id for source in read_ledger(store, ledger.facts).standing]
    repeated, differing = _repeated(store, policy, sources)
    odd = odd_in(store.fetch(store.table("odd_orders").order_by("order_id")))
    name = request.conventions.name
    standing = Standing(name, policy, last, repeated, differing, identical, *odd)
    facts = list(standing.facts(request.settings, request.now).items())
    store.replace("warehouse_facts", store.table("warehouse_facts").limit(0), where=None)
    store.append("warehouse_facts", schema.LEDGER_COLUMNS["warehouse_facts"], facts)
    if with_marts:
        request.progress("Answering the headline questions")
        for mart, rows in marts(store.table, request.conventions, last, request.now).items():
            store.replace(mart, rows, where=None)


def _repeated(store: Store, policy: Repeats, standing: Collection[int]) -> tuple[int, list[str]]:
    """Return how many orders came again, and those of them that did so in other words.

    An order that a later source confirmed came again if another that says so still stands.
    """
    stands, aside = store.table("order_lines"), store.table("superseded_lines")
    confirmed = store.table("confirmed_orders")
    told = confirmed.group_by("order_id", "confirms_source_id").aggregate(times=confirmed.count())
    twice = told.filter(told.confirms_source_id.isin(list(standing)) | (told.times > 1))
    differ = store.materialize("stg_differ", _differing_candidates(stands, aside, policy))
    pool = stands.semi_join(differ, "order_id").union(aside)
    kept = store.materialize("stg_again_lines", pool)
    several = repeated_orders(kept).select("order_id")
    found = store.fetch(differing_orders(kept, repeated_orders(kept)))
    again = several.union(twice.select("order_id")).distinct()
    [counted] = store.fetch(again.aggregate(orders=again.count()))
    return counted["orders"], [row["order_id"] for row in found]


def _differing_candidates(stands: "Table", aside: "Table", policy: Repeats) -> "Table":
    """Return the orders that may have come in other words: those confirmed alone never did."""
    orders = aside.select("order_id").distinct()
    if policy in ("union", "keep"):
        # Lines of several sources may stand side by side.
        return orders.union(repeated_orders(stands).select("order_id")).distinct()
    return orders
