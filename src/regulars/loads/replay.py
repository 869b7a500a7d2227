"""Taking quarantined rows in, once the profile or the rows themselves have been mended.

A row keeps its place: the source and the row it came from. The lines that now pass join the others
of their order from that source, and the order is settled again.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.errors import ProfileError
from regulars.engines.protocols import Engine, Store
from regulars.loads.people import with_people_policy
from regulars.loads.quarantined_rows import is_workbook, rows_to_try
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import (
    Outcome,
    as_built,
    difference,
    open_ledger,
    resolve_order_versions,
    write_down,
)
from regulars.loads.stage import examples_of, failures_of, quarantine_of, stage_tables
from regulars.loads.stage_source import StagedSource
from regulars.sources.profiles.profile import SHIPPED, Formats, Profile, load_profile
from regulars.sources.table import SOURCE_ROW, RawTable
from regulars.transform.orders.reconcile import READ, Tally, as_tallies, check_entries, tallies_of
from regulars.transform.staging.lines import filled
from regulars.transform.staging.original_rows import as_its_source_writes
from regulars.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from ibis.expr.types import Table

_HELD_BACK = "Its order stands as another source told it: load that order again."


@dataclass(frozen=True)
class Tried:
    """Rows that were tried again: all of their lines, those that pass, those that do not."""

    lines: "Table"
    passed: "Table"
    failed: "Table"
    staged_sources: Sequence[StagedSource]


def replay(request: BuildRequest, warehouse: Engine, mended: Path | None = None) -> LoadReport:
    """Try quarantined rows again, and return what was taken in.

    mended  a file of rows as `regulars quarantine -o` writes them, with cells put right; without
            it every row is tried as it stood, under the profile of the order or its own

    Raises QuestionError where there is nothing to try or the file names rows that are not
    quarantined; the warehouse is then as it was.
    """
    with warehouse.changing(memory_limit=request.settings.memory_limit) as store:
        ledger = open_ledger(store, warehouse)
        request = with_people_policy(store, as_built(request, ledger))
        rows = rows_to_try(store, mended)
        request.progress(f"Trying {sum(map(len, rows.values())):,} rows again")
        tried = _tried(store, rows, request, is_typed=mended is not None and is_workbook(mended))
        before = _quarantined(store, tried)
        request.progress("Changing orders, and what hangs on them")
        outcome = _settled(store, tried, ledger, request)
        keys = tried.lines.select("source_id", "source_row")
        store.replace("quarantine", quarantine_of(tried.failed, tried.staged_sources), where=keys)
        entries = [
            *outcome.entries,
            *difference(_quarantined(store, tried), before),
            *_read(store, tried, before),
        ]
        check_entries(entries, {source.source_id: source.name for source in ledger.sources})
        report = LoadReport(
            warehouse=str(warehouse),
            conventions=request.conventions.name,
            sources=list(tried.staged_sources),
            tallies=entries,
            reasons=failures_of(store, tried.failed),
            examples=examples_of(store, tried.failed, tried.staged_sources),
            policy=ledger.policy,
            load=ledger.next_load,
            orders=outcome.orders,
            identical=outcome.identical,
        )
        # The ledger counts reasons by load: those of these rows stand there already.
        write_down(store, "replay", replace(report, reasons=Counter()), ledger, request, warehouse)
    return report


def _tried(
    store: Store,
    rows: Mapping[int, Mapping[int, Mapping[str, Any]]],
    request: BuildRequest,
    *,
    is_typed: bool,
) -> Tried:
    """Stage rows again, each source under its profile and the formats that were decided for it.

    `is_typed` says that the cells come from a spreadsheet, with its own numbers and days.
    """
    known = {row["source_id"]: row for row in store.fetch(store.table("load_sources"))}
    staged_sources, staged = [], []
    for source_id, ours in sorted(rows.items()):
        profile = _profile(known[source_id], request)
        if is_typed:
            ours = {n: _as_written(cells, profile.formats) for n, cells in ours.items()}
        raw = _raw(store, known[source_id]["name"], source_id, ours)
        lines, [one] = stage_tables(
            store.workspace, [raw], replace(request, profile=profile), source_id
        )
        staged.append(store.workspace.materialize(f"stg_tried_{source_id}", lines))
        staged_sources.append(one)
    lines = store.import_rows("stg_tried", ibis.union(*staged))
    kept = store.materialize("stg_judged", _held_back(store, lines))
    return Tried(
        kept,
        kept.filter(kept.reasons.isnull()),
        kept.filter(kept.reasons.notnull()),
        staged_sources,
    )


def _as_written(cells: Mapping[str, Any], formats: Formats) -> dict[str, Any]:
    return {name: as_its_source_writes(cell, formats) for name, cell in cells.items()}


def _held_back(store: Store, lines: "Table") -> "Table":
    """Return lines with a reason to stay where their order was told by another source, too.

    A row that named its order all along belongs to both copies, and the first takes it in. One
    that did not may belong to either.
    """
    confirmed = store.table("confirmed_orders")
    was = store.table("quarantine").select("source_id", "source_row", named="order_id")
    told = lines.left_join(was, ["source_id", "source_row"]).drop(
        "source_id_right", "source_row_right"
    )
    again = confirmed.select("order_id", "source_id").mutate(is_again=1)
    first = confirmed.select("order_id", source_id="confirms_source_id").mutate(is_again=0)
    pairs = again.union(first).group_by(request="order_id", source="source_id")
    known = pairs.aggregate(is_again=ibis._.is_again.max())
    found = told.left_join(known, [told.order_id == known.order, told.source_id == known.source])
    renamed = (found.named != found.order_id).fill_null(True)
    stays = found.is_again.notnull() & ((found.is_again == 1) | renamed)
    reasons = ibis.ifelse(found.reasons.isnull() & stays, _HELD_BACK, found.reasons)
    return found.mutate(reasons=reasons).select(*lines.columns)


def _raw(
    store: Store, name: str, source_id: int, rows: Mapping[int, Mapping[str, Any]]
) -> RawTable:
    """Return rows of a source as a reader would hand them over: text, numbered."""
    columns = tuple(dict.fromkeys(column for cells in rows.values() for column in cells))
    types = dict.fromkeys(columns, "string") | {SOURCE_ROW: "int64"}
    told = [(*(_text(cells.get(c)) for c in columns), number) for number, cells in rows.items()]
    table = store.workspace.materialize(
        f"stg_raw_{source_id}", store.workspace.rows_as_table(f"raw_{source_id}", types, told)
    )
    return RawTable(name, columns, table, len(told), first_row=2, has_row_numbers=True)


def _text(cell: object) -> str | None:
    return None if cell is None or cell == "" else str(cell)


def _profile(source: Mapping[str, Any], request: BuildRequest) -> Profile:
    """Return the profile to read a source by: the one asked for, else its own, formats decided.

    Raises ProfileError where its own is not to be found any more.
    """
    decided = Formats(**json.loads(source["reading"]))
    if request.profile is not None:
        return request.profile.reading(decided)
    shipped = source["profile_from"] == SHIPPED
    try:
        own = load_profile(source["profile"] if shipped else source["profile_from"])
    except ProfileError:
        raise ProfileError(
            f"{source['name']} was read by the profile {source['profile_from']}, which is not "
            "there any more. Name it with --profile."
        ) from None
    return own.reading(decided)


def _quarantined(store: Store, tried: Tried) -> list[Tally]:
    ours = store.table("quarantine").semi_join(tried.lines, ["source_id", "source_row"])
    return as_tallies(store.fetch(tallies_of(ours, "quarantined", "amount")))


def _read(store: Store, tried: Tried, before: Sequence[Tally]) -> list[Tally]:
    """Return entries for what the rows are worth now beyond what they were worth before."""
    now = as_tallies(store.fetch(tallies_of(tried.lines, READ, "net_amount")))
    return difference(now, [replace(tally, outcome=READ) for tally in before])


def _settled(store: Store, tried: Tried, ledger: Ledger, request: BuildRequest) -> Outcome:
    orders = store.materialize("stg_changed", tried.passed.select("order_id").distinct())
    if not store.fetch(orders.limit(1)):
        return Outcome.nothing()
    new = tried.passed.drop("reasons", "original")

    def revise(held: "Table") -> "Table":
        return _filled(held.union(new.select(*held.columns)), tried.staged_sources, request)

    standing = [source.source_id for source in ledger.standing]
    return resolve_order_versions(store, orders, revise, standing, ledger.policy, request)


def _filled(
    lines: "Table", staged_sources: Sequence[StagedSource], request: BuildRequest
) -> "Table":
    """Return lines with what is told once an order told for all, where their profile says so.

    A row that comes in late may lack it, or be the one that tells it; then kinds may change, too.
    """
    for source in staged_sources:
        profile = source.mapping.profile
        if not profile.fill:
            continue
        theirs = lines.filter(lines.source_id == source.source_id)
        told = filled(theirs, profile.fill, profile.kinds, request.conventions.kinds)
        others = lines.filter(lines.source_id != source.source_id)
        lines = others.union(told.select(*lines.columns))
    return lines
