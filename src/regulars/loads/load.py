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
from regulars.loads.compare import IncomingBatch, IncomingChanges, classify_incoming, is_any
from regulars.loads.expectations import Known, known_in, much_quarantined, warnings
from regulars.loads.journal import source_rows
from regulars.loads.people import add_people, with_people_policy
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import (
    Outcome,
    as_built,
    open_ledger,
    resolve_order_versions,
    write_down,
)
from regulars.loads.stage import examples_of, failures_of, quarantine_of, read_of, stage_sources
from regulars.loads.stage_source import StagedSource
from regulars.sources.profiles.match_columns import described, plain
from regulars.transform.orders.reconcile import Tally, as_tallies, check_entries, tallies_of
from regulars.warehouse.ledger import Entry, Ledger

if TYPE_CHECKING:
    from ibis.expr.types import Table


_TOLD_APART = {"order_id": "order", "customer_id": "customer", "product_id": "product"}
"""By which of our columns what is told apart."""


def load(request: BuildRequest, warehouse: Engine, *, strict: bool = False) -> LoadReport:
    """Load sources into a warehouse that is there, and return what they changed.

    An order that arrives again replaces what was there of it. What is there already, by its
    content and under whatever name, changes nothing. What is not as expected is a warning of the
    report; if `strict`, ExpectationError is raised instead.

    Raises WarehouseError, SourceError, ContractError or ReconciliationError; the warehouse is then
    as it was. SourceError, too, for a source that, without a profile that was asked for, would tell
    its customers by another column than those before.
    """
    with warehouse.changing(memory_limit=request.settings.memory_limit) as store:
        ledger = open_ledger(store, warehouse)
        request = with_people_policy(store, as_built(request, ledger))
        sources = store.workspace.open_sources(
            request.sources, file=request.file, chosen=request.profile
        )
        lines, staged_sources = stage_sources(
            store.workspace, sources, request, ledger.next_source, may_be_empty=True
        )
        notes = _read_otherwise(staged_sources, ledger)
        if notes and request.profile is None:
            raise SourceError(notes[0])
        batch = IncomingBatch(lines, staged_sources, _same(staged_sources, ledger), notes=notes)
        return take_in(store, batch, ledger, request, warehouse, strict=strict)


class NothingNewError(Exception):
    """A shop's database says what it has said: nothing is to be written."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__()
        self.report = report


def take_in(
    store: Store,
    batch: IncomingBatch,
    ledger: Ledger,
    request: BuildRequest,
    warehouse: Engine,
    *,
    strict: bool,
) -> LoadReport:
    """Put what arrives into an open warehouse, write it down, and return what it changed.

    Raises SourceError, ContractError, ReconciliationError, if `strict` ExpectationError, and
    NothingNewError where a sync says nothing new.
    """
    policy = _policy(request, batch.staged_sources, ledger)
    request.progress("Comparing with what is there")
    news = classify_incoming(store, batch, policy)
    if batch.sync and not is_any(store, news.touched, news.failed):
        report = _report(store, batch, news, Outcome.nothing(), ledger, request, warehouse)
        raise NothingNewError(replace(report, load=0, warnings=batch.notes))
    known = known_in(store)
    request.progress("Changing orders, and what hangs on them")
    outcome = _settled(store, news, batch, ledger, request)
    report = _report(store, batch, news, outcome, ledger, request, warehouse)
    check_entries(report.tallies, _names(ledger, batch.staged_sources))
    warnings = [*batch.notes, *_warnings(store, report, news, known, request)]
    report = replace(report, warnings=warnings)
    if strict and warnings:
        raise ExpectationError("Nothing was loaded.\n  " + "\n  ".join(warnings))
    _write_down_arrival(store, batch, news, report, request)
    write_down(store, "sync" if batch.sync else "load", report, ledger, request, warehouse)
    return report


def _report(
    store: Store,
    batch: IncomingBatch,
    news: IncomingChanges,
    outcome: Outcome,
    ledger: Ledger,
    request: BuildRequest,
    warehouse: Engine,
) -> LoadReport:
    staged_sources = batch.staged_sources
    return LoadReport(
        warehouse=str(warehouse),
        conventions=request.conventions.name,
        sources=list(staged_sources),
        tallies=[
            *read_of(store.workspace, batch.lines, staged_sources),
            *outcome.entries,
            *_set_aside(store, news, batch.lines, batch.same),
        ],
        reasons=failures_of(store, news.failed),
        examples=examples_of(store, news.failed, staged_sources),
        policy=ledger.policy,
        load=ledger.next_load,
        orders=replace(outcome.orders, unchanged=_count(store, news.unchanged)),
        identical=outcome.identical,
        same=_names_of(batch.same, staged_sources, ledger),
    )


def _write_down_arrival(
    store: Store,
    batch: IncomingBatch,
    news: IncomingChanges,
    report: LoadReport,
    request: BuildRequest,
) -> None:
    sources = source_rows(report.load, batch.staged_sources, batch.same)
    store.append("load_sources", schema.LEDGER_COLUMNS["load_sources"], sources)
    store.add("quarantine", quarantine_of(news.failed, batch.staged_sources))
    add_people(store, batch.staged_sources, batch.same, request)
    store.add("confirmed_orders", _confirmations(news))


def _warnings(
    store: Store, report: LoadReport, news: IncomingChanges, known: Known, request: BuildRequest
) -> list[str]:
    """Return what is not as expected of a load."""
    wanted = request.settings.expectations
    set_aside, read = report.total("quarantined")[0], report.total("read")[0]
    changed = news.lines.select("order_id").distinct()
    return [
        *much_quarantined(set_aside, read, wanted),
        *warnings(store, news.lines, changed, known, wanted, request.now),
    ]


def _policy(
    request: BuildRequest, staged_sources: Sequence[StagedSource], ledger: Ledger
) -> Repeats:
    """Return what the warehouse does with orders that come again.

    Raises SourceError where the profile of what arrives wants something else.
    """
    policy = ledger.policy
    wanted = (
        request.conventions.repeated_orders or staged_sources[-1].mapping.profile.repeated_orders
    )
    if wanted != policy:
        raise SourceError(
            f'The profile {staged_sources[-1].mapping.profile.name} says repeated = "{wanted}", '
            "and the "
            f'warehouse was built with "{policy}". Write repeated = "{policy}" in the profile, or '
            "build anew."
        )
    return policy


def _read_otherwise(staged_sources: Sequence[StagedSource], ledger: Ledger) -> list[str]:
    """Return what is to be said of sources that tell orders, customers or products otherwise.

    That is: by another column than an earlier source, though they have the column of that one, too.
    """
    return [
        _otherwise(source, ours, entry)
        for source in staged_sources
        for ours in _TOLD_APART
        if (entry := _latest_told_by(ours, source, ledger))
        and plain(described(entry.columns)[ours]) != plain(source.mapping.columns.get(ours, ""))
    ]


def _otherwise(source: StagedSource, ours: str, entry: Entry) -> str:
    now, then = source.mapping.columns.get(ours), described(entry.columns)[ours]
    said = f'"{now}"' if now else "missing"
    return (
        f'{source.name}: its {ours} would be {said}, but that of {entry.name} was "{then}", which '
        f"is here, too: each {_TOLD_APART[ours]} would be two. Read it as that one was: "
        f'--profile {entry.reader}, or in regulars.toml  profile = "{entry.reader}"'
    )


def _latest_told_by(ours: str, source: StagedSource, ledger: Ledger) -> Entry | None:
    """Return the latest source whose column for one of ours this one has, too."""
    here = set(map(plain, source.columns))
    told = ((entry, described(entry.columns).get(ours)) for entry in reversed(ledger.standing))
    return next((entry for entry, column in told if column and plain(column) in here), None)


def _same(staged_sources: Sequence[StagedSource], ledger: Ledger) -> dict[int, int]:
    """Return the sources whose very content is there already, and the source that brought it.

    Those without rows say nothing, and so not the same as another.
    """
    same: dict[int, int] = {}
    first: dict[str, int] = {}
    for source in (one for one in staged_sources if one.rows):
        known = ledger.known(source.fingerprint)
        twin = known.source_id if known else first.get(source.fingerprint)
        if twin is None:
            first[source.fingerprint] = source.source_id
        else:
            same[source.source_id] = twin
    return same


def _settled(
    store: Store, news: IncomingChanges, batch: IncomingBatch, ledger: Ledger, request: BuildRequest
) -> Outcome:
    if not is_any(store, news.touched):
        return Outcome.nothing()
    standing = [source.source_id for source in ledger.standing]
    standing += [source.source_id for source in batch.staged_sources]

    def revise(held: "Table") -> "Table":
        return held.union(news.lines.select(*held.columns))

    return resolve_order_versions(store, news.touched, revise, standing, ledger.policy, request)


def _set_aside(
    store: Store, news: IncomingChanges, lines: "Table", same: Mapping[int, int]
) -> list[Tally]:
    """Return what became of rows that changed no order."""
    again = lines.filter(lines.source_id.isin(list(same))) if same else lines.limit(0)
    told = [
        store.fetch(tallies_of(news.failed, "quarantined", "net_amount")),
        store.fetch(tallies_of(news.confirmed, "unchanged", "net_amount", "kind")),
        store.fetch(tallies_of(news.waiting, "unchanged", "net_amount")),
        store.workspace.fetch(tallies_of(again, "unchanged", "net_amount")),
    ]
    return [tally for rows in told for tally in as_tallies(rows)]


def _names(ledger: Ledger, staged_sources: Sequence[StagedSource]) -> dict[int, str]:
    """Return the names of all sources by their numbers."""
    old = {source.source_id: source.name for source in ledger.sources}
    return old | {source.source_id: source.name for source in staged_sources}


def _names_of(
    same: Mapping[int, int], staged_sources: Sequence[StagedSource], ledger: Ledger
) -> dict[str, str]:
    """Return the sources that said nothing new, by name, and what had said it before."""
    names = _names(ledger, staged_sources)
    loads = {source.source_id: f" (load {source.load_id})" for source in ledger.sources}
    return {names[source]: names[twin] + loads.get(twin, "") for source, twin in same.items()}


def _count(store: Store, rows: "Table") -> int:
    [found] = store.fetch(rows.aggregate(rows=rows.count()))
    return int(found["rows"])


def _confirmations(news: IncomingChanges) -> "Table":
    """Return which source confirmed which order, and every source it stands from."""
    owners = news.standing.select("order_id", confirms_source_id="source_id").distinct()
    again = news.confirmed.select("order_id", "source_id").distinct()
    return again.inner_join(owners, "order_id").select(
        "order_id", "source_id", "confirms_source_id"
    )
