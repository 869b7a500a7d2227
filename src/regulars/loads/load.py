"""The story of a load: what arrives, what of it is new, what it changes, and what is written down.

What a warehouse holds hangs on the lines that its standing loads brought, and on nothing else. So
any sequence of loads leaves what one build from all of it would have made, and a load that is
taken back leaves what would be there without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from regulars.core import schema
from regulars.core.conventions import Repeats
from regulars.core.errors import ExpectationError, SourceError
from regulars.engines.protocols import Engine, Store
from regulars.loads.compare import Arrival, News, is_any, news_of
from regulars.loads.expectations import Known, known_in, much_quarantined, warnings
from regulars.loads.journal import source_rows
from regulars.loads.land import Landed
from regulars.loads.people import add_people, at_border_of
from regulars.loads.report import LoadReport
from regulars.loads.request import Order
from regulars.loads.settle import Outcome, as_built, open_ledger, settle_again, write_down
from regulars.loads.stage import examples_of, failures_of, land, quarantine_of, read_of
from regulars.sources.profiles.match_columns import described, plain
from regulars.transform.orders.reconcile import Tally, as_tallies, check_entries, tallies_of
from regulars.warehouse.ledger import Entry, Ledger

if TYPE_CHECKING:
    from ibis.expr.types import Table


_TOLD_APART = {"order_id": "order", "customer_id": "customer", "product_id": "product"}
"""By which of our columns what is told apart."""


def load(order: Order, warehouse: Engine, *, strict: bool = False) -> LoadReport:
    """Load sources into a warehouse that is there, and return what they changed.

    An order that arrives again replaces what was there of it. What is there already, by its
    content and under whatever name, changes nothing. What is not as expected is a warning of the
    report; if `strict`, ExpectationError is raised instead.

    Raises WarehouseError, SourceError, ContractError or ReconciliationError; the warehouse is then
    as it was. SourceError, too, for a source that, without a profile that was asked for, would tell
    its customers by another column than those before.
    """
    with warehouse.changing(memory_limit=order.settings.memory_limit) as store:
        ledger = open_ledger(store, warehouse)
        order = at_border_of(store, as_built(order, ledger))
        sources = store.shop.open_sources(order.sources, file=order.file, chosen=order.profile)
        lines, landed = land(store.shop, sources, order, ledger.next_source, may_be_empty=True)
        notes = _read_otherwise(landed, ledger)
        if notes and order.profile is None:
            raise SourceError(notes[0])
        arrival = Arrival(lines, landed, _same(landed, ledger), notes=notes)
        return take_in(store, arrival, ledger, order, warehouse, strict=strict)


class NothingNewError(Exception):
    """A shop's database says what it has said: nothing is to be written."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__()
        self.report = report


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
    NothingNewError where a sync says nothing new.
    """
    policy = _policy(order, arrival.landed, ledger)
    order.progress("Comparing with what is there")
    news = news_of(store, arrival, policy)
    if arrival.sync and not is_any(store, news.touched, news.failed):
        report = _report(store, arrival, news, Outcome.nothing(), ledger, order, warehouse)
        raise NothingNewError(replace(report, load=0, warnings=arrival.notes))
    known = known_in(store)
    order.progress("Changing orders, and what hangs on them")
    outcome = _settled(store, news, arrival, ledger, order)
    report = _report(store, arrival, news, outcome, ledger, order, warehouse)
    check_entries(report.tallies, _names(ledger, arrival.landed))
    warnings = [*arrival.notes, *_warnings(store, report, news, known, order)]
    report = replace(report, warnings=warnings)
    if strict and warnings:
        raise ExpectationError("Nothing was loaded.\n  " + "\n  ".join(warnings))
    _write_down_arrival(store, arrival, news, report, order)
    write_down(store, "sync" if arrival.sync else "load", report, ledger, order, warehouse)
    return report


def _report(
    store: Store,
    arrival: Arrival,
    news: News,
    outcome: Outcome,
    ledger: Ledger,
    order: Order,
    warehouse: Engine,
) -> LoadReport:
    landed = arrival.landed
    return LoadReport(
        warehouse=str(warehouse),
        conventions=order.conventions.name,
        sources=list(landed),
        tallies=[
            *read_of(store.shop, arrival.lines, landed),
            *outcome.entries,
            *_set_aside(store, news, arrival.lines, arrival.same),
        ],
        reasons=failures_of(store, news.failed),
        examples=examples_of(store, news.failed, landed),
        policy=ledger.policy,
        load=ledger.next_load,
        orders=replace(outcome.orders, unchanged=_count(store, news.unchanged)),
        identical=outcome.identical,
        same=_names_of(arrival.same, landed, ledger),
    )


def _write_down_arrival(
    store: Store, arrival: Arrival, news: News, report: LoadReport, order: Order
) -> None:
    sources = source_rows(report.load, arrival.landed, arrival.same)
    store.append("load_sources", schema.LEDGER_COLUMNS["load_sources"], sources)
    store.add("quarantine", quarantine_of(news.failed, arrival.landed))
    add_people(store, arrival.landed, arrival.same, order)
    store.add("confirmed_orders", _confirmations(news))


def _warnings(
    store: Store, report: LoadReport, news: News, known: Known, order: Order
) -> list[str]:
    """Return what is not as expected of a load."""
    wanted = order.settings.expectations
    set_aside, read = report.total("quarantined")[0], report.total("read")[0]
    changed = news.lines.select("order_id").distinct()
    return [
        *much_quarantined(set_aside, read, wanted),
        *warnings(store, news.lines, changed, known, wanted, order.now),
    ]


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


def _read_otherwise(landed: Sequence[Landed], ledger: Ledger) -> list[str]:
    """Return what is to be said of sources that tell orders, customers or products otherwise.

    That is: by another column than an earlier source, though they have the column of that one, too.
    """
    return [
        _otherwise(source, ours, entry)
        for source in landed
        for ours in _TOLD_APART
        if (entry := _latest_told_by(ours, source, ledger))
        and plain(described(entry.columns)[ours]) != plain(source.mapping.columns.get(ours, ""))
    ]


def _otherwise(source: Landed, ours: str, entry: Entry) -> str:
    now, then = source.mapping.columns.get(ours), described(entry.columns)[ours]
    said = f'"{now}"' if now else "missing"
    return (
        f'{source.name}: its {ours} would be {said}, but that of {entry.name} was "{then}", which '
        f"is here, too: each {_TOLD_APART[ours]} would be two. Read it as that one was: "
        f'--profile {entry.reader}, or in regulars.toml  profile = "{entry.reader}"'
    )


def _latest_told_by(ours: str, source: Landed, ledger: Ledger) -> Entry | None:
    """Return the latest source whose column for one of ours this one has, too."""
    here = set(map(plain, source.columns))
    told = ((entry, described(entry.columns).get(ours)) for entry in reversed(ledger.standing))
    return next((entry for entry, column in told if column and plain(column) in here), None)


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


def _settled(store: Store, news: News, arrival: Arrival, ledger: Ledger, order: Order) -> Outcome:
    if not is_any(store, news.touched):
        return Outcome.nothing()
    standing = [source.source_id for source in ledger.standing]
    standing += [source.source_id for source in arrival.landed]

    def revise(held: "Table") -> "Table":
        return held.union(news.lines.select(*held.columns))

    return settle_again(store, news.touched, revise, standing, ledger.policy, order)


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
