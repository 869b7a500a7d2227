"""Taking a load back: the warehouse is then as if it had never been run.

What a later load said again stays: an order that it confirmed keeps its lines, and a source whose
very content came once more bears the number of the later one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis

from regulars.core.errors import QuestionError
from regulars.engines.protocols import Engine, Store
from regulars.loads.people import take_people_back
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import (
    Outcome,
    as_built,
    difference,
    open_ledger,
    resolve_order_versions,
    reversal_of,
    write_down,
)
from regulars.transform.orders.reconcile import Tally, as_tallies, check_entries, tallies_of
from regulars.warehouse.ledger import Ledger, read_journal

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value


def undo(load: int, request: BuildRequest, warehouse: Engine) -> LoadReport:
    """Take a load back, and return what that changed.

    Raises QuestionError for a load that cannot be taken back, WarehouseError where the warehouse
    cannot be changed; the warehouse is then as it was.
    """
    with warehouse.changing(memory_limit=request.settings.memory_limit) as store:
        ledger = open_ledger(store, warehouse)
        _check_can_go(load, ledger)
        request = as_built(request, ledger)
        request.progress("Looking for what nothing else has brought")
        going = _going(load, ledger)
        journal = read_journal(store)
        unsaid = _forget_confirmations(store, going)
        held = store.materialize("stg_held", _held(store))
        orphans = store.materialize("stg_orphans", _orphans(store, held, going))
        _check_something_is_left(store, held, orphans, load)
        request.progress("Changing orders, and what hangs on them")
        quarantined = _quarantined(store, going)
        outcome = _settled(store, going, held, orphans, unsaid, ledger, request)
        _change_quarantine(store, going)
        entries = [
            *outcome.entries,
            *difference(_quarantined(store, going), quarantined),
            *_unsaid(going, journal),
            *_unread(store, going, journal),
        ]
        check_entries(entries, {source.source_id: source.name for source in ledger.sources})
        _rename_sources(store, going)
        take_people_back(store, going.load_sources, going.heirs)
        report = LoadReport(
            warehouse=str(warehouse),
            conventions=request.conventions.name,
            tallies=entries,
            policy=ledger.policy,
            load=ledger.next_load,
            orders=outcome.orders,
            identical=outcome.identical,
        )
        write_down(store, "undo", report, ledger, request, warehouse, undoes=load)
    return report


@dataclass(frozen=True)
class Going:
    """What goes with a load.

    sources  those of its sources that go, and of loads before whose orders were confirmed alone
    heirs    sources that take the place of one that goes: its content came again in them
    standing  the sources that are left
    """

    sources: Collection[int]
    heirs: Mapping[int, int]
    load_sources: Collection[int]
    standing: Collection[int]

    @property
    def touched(self) -> list[int]:
        """Every source of which something changes."""
        return sorted({*self.sources, *self.heirs, *self.heirs.values(), *self.load_sources})


def _check_can_go(load: int, ledger: Ledger) -> None:
    known = {row["load_id"]: row for row in ledger.loads}
    if load not in known:
        raise QuestionError(f"There is no load {load}. The loads:  regulars loads")
    if load in ledger.undone:
        raise QuestionError(f"Load {load} has been taken back already.")
    if known[load]["operation"] == "replay":
        raise QuestionError(
            f"Load {load} took in rows that had been mended; they go with the load that brought "
            "them. The loads:  regulars loads"
        )
    if known[load]["operation"] == "forget":
        raise QuestionError(
            f"Load {load} had somebody forgotten, and what was erased cannot be had again."
        )
    if known[load]["operation"] == "undo":
        raise QuestionError(
            f"Load {load} took another one back. To have that again, load its source again."
        )


def _going(load: int, ledger: Ledger) -> Going:
    ours = [source for source in ledger.sources if source.load_id == load]
    left = [source for source in ledger.standing if source.load_id != load]
    heirs = {}
    for source in ours:
        again = [one.source_id for one in left if one.duplicate_of == source.source_id]
        if again:
            heirs[source.source_id] = min(again)
    stands = {source.source_id for source in left}
    gone = {source.source_id for source in ledger.sources} - stands - set(heirs)
    return Going(gone, heirs, [source.source_id for source in ours], sorted(stands))


def _forget_confirmations(store: Store, going: Going) -> "Table":
    """Remove what the load confirmed, and return its orders; an heir goes on confirming."""
    confirmed = store.table("confirmed_orders")
    without = [source for source in going.load_sources if source not in going.heirs]
    lost = confirmed.filter(confirmed.source_id.isin(without or [0])).select("order_id")
    unsaid = store.materialize("stg_unsaid", lost.distinct())
    left = confirmed.filter(confirmed.source_id.notin(without)) if without else confirmed
    renamed = left.mutate(
        source_id=_renamed(left.source_id, going),
        confirms_source_id=_renamed(left.confirms_source_id, going),
    )
    store.replace("confirmed_orders", renamed, where=None)
    return unsaid


def _orphans(store: Store, held: "Table", going: Going) -> "Table":
    """Return the orders, as the sources that go tell them, that nothing else confirms."""
    theirs = held.filter(held.source_id.isin(list(going.sources) or [0]))
    confirmed = store.table("confirmed_orders").select("order_id", source_id="confirms_source_id")
    return theirs.anti_join(confirmed, ["order_id", "source_id"])


def _held(store: Store) -> "Table":
    """Return every order as each source tells it: order_id, source_id."""
    standing, aside = store.table("order_lines"), store.table("superseded_lines")
    pairs = standing.select("order_id", "source_id").union(aside.select("order_id", "source_id"))
    return pairs.distinct()


def _check_something_is_left(store: Store, held: "Table", orphans: "Table", load: int) -> None:
    left = held.anti_join(orphans, ["order_id", "source_id"]).limit(1)
    if not store.fetch(left):
        raise QuestionError(
            f"Without load {load} there would be nothing left. To start anew:  regulars build"
        )


def _settled(
    store: Store,
    going: Going,
    held: "Table",
    orphans: "Table",
    unsaid: "Table",
    ledger: Ledger,
    request: BuildRequest,
) -> Outcome:
    """Settle the orders that lose lines, or whose lines come from an heir from now on."""
    confirmed = store.table("confirmed_orders")
    moved = [*going.load_sources, *going.heirs.values()]
    inherited = held.filter(held.source_id.isin(moved)).select("order_id")
    # What the load confirmed was told last by it; now it counts as told before.
    told = confirmed.filter(confirmed.source_id.isin(moved)).select("order_id")
    synced = store.table("synced_orders")
    read = synced.filter(synced.source_id.isin(moved)).select("order_id")
    parts = (orphans.select("order_id"), inherited, told, unsaid, read)
    touched = ibis.union(*parts, distinct=True)
    orders = store.materialize("stg_changed", touched)
    if not store.fetch(orders.limit(1)):
        return Outcome.nothing()

    def revise(lines: "Table") -> "Table":
        left = lines.anti_join(orphans, ["order_id", "source_id"])
        return left.mutate(source_id=_renamed(left.source_id, going))

    return resolve_order_versions(store, orders, revise, going.standing, ledger.policy, request)


def _renamed(source: "Value", going: Going) -> "Value":
    """Return the number of the source that takes the place of one that goes."""
    if not going.heirs:
        return source
    return source.cases(*going.heirs.items(), else_=source).cast("int32")


def _quarantined(store: Store, going: Going) -> list[Tally]:
    rows = store.table("quarantine")
    theirs = rows.filter(rows.source_id.isin(going.touched))
    return as_tallies(store.fetch(tallies_of(theirs, "quarantined", "amount")))


def _change_quarantine(store: Store, going: Going) -> None:
    """Remove the rows of sources that go, and give those of others to their heirs.

    Rows of an order that a later source confirmed stay with it.
    """
    rows = store.table("quarantine")
    confirmed = store.table("confirmed_orders").select("order_id", source_id="confirms_source_id")
    touched = rows.filter(rows.source_id.isin(sorted({*going.sources, *going.heirs})))
    inherited = touched.filter(touched.source_id.isin(list(going.heirs) or [0]))
    stays = touched.filter(touched.source_id.notin(list(going.heirs) or [0]))
    stays = stays.semi_join(confirmed, ["order_id", "source_id"])
    names = {row["source_id"]: row["name"] for row in store.fetch(store.table("load_sources"))}
    told = [(heir, names[heir]) for heir in going.heirs.values()]
    renamed = inherited.mutate(source_id=_renamed(inherited.source_id, going))
    if told:
        renamed = renamed.mutate(source=renamed.source_id.cases(*told, else_=renamed.source))
    kept = store.materialize("stg_quarantine", renamed.select(*rows.columns).union(stays))
    keys = store.materialize("stg_quarantine_keys", touched.select("source_id", "source_row"))
    store.replace("quarantine", kept, where=keys)


def _unsaid(going: Going, journal: Sequence[Tally]) -> list[Tally]:
    """Return entries that take back what the load's sources said again, or give it to heirs."""
    said = [tally for tally in journal if tally.outcome == "unchanged"]
    return _handed_on(going, said, going.load_sources)


def _unread(store: Store, going: Going, journal: Sequence[Tally]) -> list[Tally]:
    """Return entries after which a source was read as far as its rows are still here.

    An heir has read what the source in whose place it stands had.
    """
    ours = sorted({*going.sources, *going.load_sources})
    read = [tally for tally in journal if tally.outcome == "read"]
    still = []
    for name in ("order_lines", "superseded_lines", "quarantine"):
        rows = store.table(name)
        theirs = rows.filter(rows.source_id.isin(ours))
        amount = "amount" if name == "quarantine" else "net_amount"
        still += as_tallies(store.fetch(tallies_of(theirs, "read", amount)))
    return [*_handed_on(going, read, ours), *still]


def _handed_on(going: Going, entries: Sequence[Tally], sources: Collection[int]) -> list[Tally]:
    """Return entries that take those of sources and of heirs back, and give heirs what they get."""
    taken = {*sources, *going.heirs.values()}
    given = [one for one in entries if one.source_id in going.heirs]
    return [
        *(reversal_of(one) for one in entries if one.source_id in taken),
        *(replace(one, source_id=going.heirs[one.source_id]) for one in given),
    ]


def _rename_sources(store: Store, going: Going) -> None:
    """Have the heirs stand for themselves in the ledger."""
    if not going.heirs:
        return
    sources = store.table("load_sources")
    twin = _renamed(sources.duplicate_of, going)
    mended = sources.mutate(duplicate_of=ibis.ifelse(twin == sources.source_id, None, twin))
    store.replace("load_sources", mended, where=None)
