"""The story of a load: what arrives, what of it is new, what it changes, and what is written down.

What a warehouse holds hangs on the lines that its standing loads brought, and on nothing else. So
any sequence of loads leaves what one build from all of it would have made, and a load that is
taken back leaves what would be there without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from regulars import tables
from regulars.conventions import Repeats
from regulars.engines.base import Engine, Store
from regulars.errors import ExpectationError, SourceError
from regulars.expectations import Known, known_in, much_quarantined, warnings
from regulars.landing import Landed
from regulars.ledger import Ledger, source_rows
from regulars.load_report import LoadReport
from regulars.people_store import add_people, at_border_of
from regulars.settling import (
    Outcome,
    as_built,
    open_ledger,
    settle_again,
    write_down,
)
from regulars.staged import (
    Order,
    examples_of,
    failures_of,
    land,
    quarantine_of,
    read_of,
)
from regulars.staging.arrivals import said_of_orders, unchanged_orders
from regulars.staging.reconcile import Tally, as_tallies, check_entries, tallies_of

if TYPE_CHECKING:
    from ibis.expr.types import Table


def load(order: Order, warehouse: Engine, *, strict: bool = False) -> LoadReport:
    """Load sources into a warehouse that is there, and return what they changed.

    An order that arrives again replaces what was there of it. What is there already, by its
    content and under whatever name, changes nothing. What is not as expected is a warning of the
    report; if `strict`, ExpectationError is raised instead.

    Raises WarehouseError, SourceError, ContractError or ReconciliationError; the warehouse is then
    as it was.
    """
    with warehouse.changing(memory_limit=order.settings.memory_limit) as store:
        ledger = open_ledger(store, warehouse)
        order = at_border_of(store, as_built(order, ledger))
        sources = store.shop.open_sources(order.sources, file=order.file, chosen=order.profile)
        lines, landed = land(store.shop, sources, order, ledger.next_source, may_be_empty=True)
        arrival = Arrival(lines, landed, _same(landed, ledger))
        return take_in(store, arrival, ledger, order, warehouse, strict=strict)


@dataclass(frozen=True)
class Arrival:
    """What arrives: lines, and the sources they come from.

    same   sources whose very content is there already, and the source that brought it
    what   what the ledger calls it
    gone   order_id of orders that are no longer where they came from
    notes  what else is to be said of it
    """

    lines: "Table"
    landed: Sequence[Landed]
    same: Mapping[int, int] = MappingProxyType({})
    what: str = "load"
    gone: "Table | None" = None
    notes: Sequence[str] = ()


class NothingNewError(Exception):
    """A shop's database says what it has said: nothing is to be written."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__()
        self.report = replace(report, load=0)


def take_in(
    store: Store,
    arrival: Arrival,
    ledger: Ledger,
    order: Order,
    warehouse: Engine,
    *,
    strict: bool,
) -> LoadReport:
    """Put what arrives into an open warehouse, write it down, and return what it changed.

    Raises SourceError, ContractError, ReconciliationError, if `strict` ExpectationError, and
    NothingNewError where a sync changes nothing.
    """
    lines, landed, same = arrival.lines, arrival.landed, arrival.same
    policy = _policy(order, landed, ledger)
    order.progress("Comparing with what is there")
    news = _news(store, arrival, policy)
    known = known_in(store)
    order.progress("Changing orders, and what hangs on them")
    outcome = _settled(store, news, arrival, ledger, order)
    entries = [
        *read_of(store.shop, lines, landed),
        *outcome.entries,
        *_set_aside(store, news, lines, same),
    ]
    check_entries(entries, _names(ledger, landed))
    report = LoadReport(
        warehouse=str(warehouse),
        conventions=order.conventions.name,
        sources=list(landed),
        tallies=entries,
        reasons=failures_of(store, news.failed),
        examples=examples_of(store, news.failed, landed),
        policy=policy,
        load=ledger.next_load,
        orders=replace(outcome.orders, unchanged=_count(store, news.unchanged)),
        identical=outcome.identical,
        same=_names_of(same, landed, ledger),
    )
    if arrival.what == "sync" and not report.changes_anything:
        raise NothingNewError(report)
    warnings = [*arrival.notes, *_warnings(store, report, news, known, order)]
    report = replace(report, warnings=warnings)
    if strict and warnings:
        raise ExpectationError("Nothing was loaded.\n  " + "\n  ".join(warnings))
    sources = source_rows(report.load, landed, same)
    store.append("load_sources", tables.LEDGER_COLUMNS["load_sources"], sources)
    store.add("quarantine", quarantine_of(news.failed, landed))
    add_people(store, landed, same, order)
    store.add("confirmed_orders", _confirmations(news))
    write_down(store, arrival.what, report, ledger, order, warehouse)
    return report


def _warnings(
    store: Store, report: LoadReport, news: "News", known: Known, order: Order
) -> list[str]:
    """Return what is not as expected of a load."""
    wanted = order.settings.expectations
    set_aside, read = report.total("quarantined")[0], report.total("read")[0]
    changed = news.lines.select("order_id").distinct()
    return [
        *much_quarantined(set_aside, read, wanted),
        *warnings(store, news.lines, changed, known, wanted, order.now),
    ]


@dataclass(frozen=True)
class News:
    """What arrived, told apart.

    lines      lines of orders that say something new
    failed     rows that were not understood
    waiting    rows that were not understood, of a sync, and that wait already, just as they stand
    confirmed  lines of orders that arrived just as they stand
    unchanged  order_id of those
    standing   the lines that stand of all orders that arrived
    """

    lines: "Table"
    failed: "Table"
    waiting: "Table"
    confirmed: "Table"
    unchanged: "Table"
    standing: "Table"


def _policy(order: Order, landed: Sequence[Landed], ledger: Ledger) -> Repeats:
    """Return what the warehouse does with orders that come again.

    Raises SourceError where the profile of what arrives wants something else.
    """
    policy = ledger.policy
    wanted = order.conventions.repeated_orders or landed[-1].mapping.profile.repeated_orders
    if wanted != policy:
        raise SourceError(
            f'The profile {landed[-1].mapping.profile.name} says repeated = "{wanted}", and the '
            f'warehouse was built with "{policy}". Write repeated = "{policy}" in the profile, or '
            "build anew."
        )
    return policy


def _same(landed: Sequence[Landed], ledger: Ledger) -> dict[int, int]:
    """Return the sources whose very content is there already, and the source that brought it.

    Those without rows say nothing, and so not the same as another.
    """
    same: dict[int, int] = {}
    first: dict[str, int] = {}
    for source in (one for one in landed if one.rows):
        known = ledger.known(source.fingerprint)
        twin = known.source_id if known else first.get(source.fingerprint)
        if twin is None:
            first[source.fingerprint] = source.source_id
        else:
            same[source.source_id] = twin
    return same


def _news(store: Store, arrival: Arrival, policy: Repeats) -> News:
    """Tell the orders that arrive otherwise from those that arrive just as they stand.

    Where every copy of an order counts, one that arrives again is never the one that stands.
    """
    lines, same = arrival.lines, list(arrival.same)
    new = lines.filter(lines.source_id.notin(same)) if same else lines
    arrived = store.bring("stg_arrived", new)
    understood = arrived.filter(arrived.reasons.isnull())
    failed = arrived.filter(arrived.reasons.notnull())
    standing = store.table("order_lines").semi_join(understood, "order_id")
    stands = store.keep("stg_standing", standing.limit(0) if policy == "keep" else standing)
    theirs = stands.select("order_id", "source_id").distinct()
    their_failed = store.table("quarantine").semi_join(theirs, ["order_id", "source_id"])
    said = (said_of_orders(understood, failed), said_of_orders(stands, their_failed))
    unchanged = store.keep("stg_unchanged", unchanged_orders(*said))
    confirmed = store.keep("stg_confirmed", understood.semi_join(unchanged, "order_id"))
    changed = understood.anti_join(unchanged, "order_id").drop("reasons", "original")
    there = failed.semi_join(store.table("quarantine"), "original")
    waiting = store.keep("stg_waiting", there if arrival.what == "sync" else failed.limit(0))
    fresh = failed.anti_join(waiting, ["source_id", "source_row"])
    return News(changed, fresh, waiting, confirmed, unchanged, stands)


def _settled(store: Store, news: News, arrival: Arrival, ledger: Ledger, order: Order) -> Outcome:
    touched = news.lines.select("order_id")
    if arrival.gone is not None:
        touched = touched.union(arrival.gone)
    orders = store.keep("stg_changed", touched.distinct())
    if not store.fetch(orders.limit(1)):
        return Outcome.nothing()
    standing = [source.source_id for source in ledger.standing]
    standing += [source.source_id for source in arrival.landed]

    def revise(held: "Table") -> "Table":
        return held.union(news.lines.select(*held.columns))

    return settle_again(store, orders, revise, standing, ledger.policy, order)


def _set_aside(store: Store, news: News, lines: "Table", same: Mapping[int, int]) -> list[Tally]:
    """Return what became of rows that changed no order."""
    again = lines.filter(lines.source_id.isin(list(same))) if same else lines.limit(0)
    told = [
        store.fetch(tallies_of(news.failed, "quarantined", "net_amount")),
        store.fetch(tallies_of(news.confirmed, "unchanged", "net_amount", "kind")),
        store.fetch(tallies_of(news.waiting, "unchanged", "net_amount")),
        store.shop.fetch(tallies_of(again, "unchanged", "net_amount")),
    ]
    return [tally for rows in told for tally in as_tallies(rows)]


def _names(ledger: Ledger, landed: Sequence[Landed]) -> dict[int, str]:
    """Return the names of all sources by their numbers."""
    old = {source.source_id: source.name for source in ledger.sources}
    return old | {source.source_id: source.name for source in landed}


def _names_of(same: Mapping[int, int], landed: Sequence[Landed], ledger: Ledger) -> dict[str, str]:
    """Return the sources that said nothing new, by name, and what had said it before."""
    names = _names(ledger, landed)
    loads = {source.source_id: f" (load {source.load_id})" for source in ledger.sources}
    return {names[source]: names[twin] + loads.get(twin, "") for source, twin in same.items()}


def _count(store: Store, rows: "Table") -> int:
    [found] = store.fetch(rows.aggregate(rows=rows.count()))
    return int(found["rows"])


def _confirmations(news: News) -> "Table":
    """Return which source confirmed which order, and every source it stands from."""
    owners = news.standing.select("order_id", version_of="source_id").distinct()
    again = news.confirmed.select("order_id", "source_id").distinct()
    return again.inner_join(owners, "order_id").select("order_id", "source_id", "version_of")
