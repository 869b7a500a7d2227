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

from regulars.conventions import Conventions
from regulars.engines.base import Engine, Store
from regulars.errors import ProfileError, QuestionError
from regulars.landing import Landed
from regulars.ledger import Ledger, LoadReport
from regulars.profiles import FileShape, Formats, Profile, load_profile
from regulars.settling import (
    Outcome,
    difference,
    open_ledger,
    settle_again,
    write_down,
)
from regulars.sources.raw import SOURCE_ROW, RawTable
from regulars.staged import Order, examples_of, failures_of, land_tables, quarantine_of
from regulars.staging.originals import ROW, SOURCE, TELLS_WHICH, cells_of
from regulars.staging.reconcile import READ, Tally, as_tallies, check_entries, tallies_of

if TYPE_CHECKING:
    from ibis.expr.types import Table

_HELD_BACK = "Its order stands as another source told it: load that order again."


@dataclass(frozen=True)
class Tried:
    """Rows that were tried again: all of their lines, those that pass, those that do not."""

    lines: "Table"
    passed: "Table"
    failed: "Table"
    landed: Sequence[Landed]


def replay(order: Order, warehouse: Engine, mended: Path | None = None) -> LoadReport:
    """Try quarantined rows again, and return what was taken in.

    mended  a file of rows as `regulars quarantine -o` writes them, with cells put right; without
            it every row is tried as it stood, under the profile of the order or its own

    Raises QuestionError where there is nothing to try or the file names rows that are not
    quarantined; the warehouse is then as it was.
    """
    with warehouse.changing(memory_limit=order.settings.memory_limit) as store:
        ledger = open_ledger(store, warehouse)
        order = replace(order, conventions=Conventions.named(ledger.facts["conventions"]))
        rows = _rows(store, mended, order)
        order.progress(f"Trying {sum(map(len, rows.values())):,} rows again")
        tried = _tried(store, rows, order)
        before = _quarantined(store, tried)
        order.progress("Changing orders, and what hangs on them")
        outcome = _settled(store, tried, ledger, order)
        keys = tried.lines.select("source_id", "source_row")
        store.replace("quarantine", quarantine_of(tried.failed, tried.landed), where=keys)
        entries = [
            *outcome.entries,
            *difference(_quarantined(store, tried), before),
            *_read(store, tried, before),
        ]
        check_entries(entries, {source.source_id: source.name for source in ledger.sources})
        report = LoadReport(
            warehouse=str(warehouse),
            conventions=order.conventions.name,
            sources=list(tried.landed),
            tallies=entries,
            reasons=failures_of(store, tried.failed),
            examples=examples_of(store, tried.failed, tried.landed),
            policy=ledger.policy,
            load=ledger.next_load,
            orders=outcome.orders,
            identical=outcome.identical,
        )
        # The ledger counts reasons by load: those of these rows stand there already.
        write_down(store, "replay", replace(report, reasons=Counter()), ledger, order, warehouse)
    return report


def _rows(store: Store, mended: Path | None, order: Order) -> dict[int, dict[int, dict[str, Any]]]:
    """Return the cells of the rows to try, by source and row. Raises QuestionError for none."""
    held: dict[int, dict[int, dict[str, Any]]] = {}
    for row in store.fetch(store.table("quarantine")):
        held.setdefault(row["source_id"], {})[row["source_row"]] = cells_of(row["original"])
    if not held:
        raise QuestionError("No row is quarantined: there is nothing to take in.")
    if mended is None:
        return held
    told: dict[int, dict[int, dict[str, Any]]] = {}
    for row in _in_file(store, mended):
        source, number = _place(row, mended)
        if number not in held.get(source, {}):
            raise QuestionError(
                f"{mended}: row {number} of source {source} is not quarantined. The columns "
                f"{SOURCE} and {ROW} say which row is meant, and must stay as they were."
            )
        was = held[source][number]
        told.setdefault(source, {})[number] = {name: row.get(name) for name in was | row
                                               if name not in TELLS_WHICH}  # fmt: skip
    return told


def _in_file(store: Store, mended: Path) -> list[dict[str, Any]]:
    [raw] = store.shop.open_sources([str(mended)], file=FileShape(), chosen=None)
    missing = [name for name in (SOURCE, ROW) if name not in raw.columns]
    if missing:
        raise QuestionError(
            f"{mended} has no column {' or '.join(missing)}. Write the rows to a file with "
            "regulars quarantine -o, mend them there, and leave its first columns as they are."
        )
    return store.shop.fetch(raw.table)


def _place(row: Mapping[str, Any], mended: Path) -> tuple[int, int]:
    try:
        return int(float(row[SOURCE])), int(float(row[ROW]))
    except (TypeError, ValueError):
        raise QuestionError(
            f"{mended}: {SOURCE} {row[SOURCE]!r} and {ROW} {row[ROW]!r} should be the numbers "
            "that regulars quarantine -o wrote."
        ) from None


def _tried(
    store: Store, rows: Mapping[int, Mapping[int, Mapping[str, Any]]], order: Order
) -> Tried:
    """Stage rows again, each source under its profile and the formats that were decided for it."""
    known = {row["source_id"]: row for row in store.fetch(store.table("load_sources"))}
    landed, staged = [], []
    for source_id, ours in sorted(rows.items()):
        raw = _raw(store, known[source_id]["name"], source_id, ours)
        profile = _profile(known[source_id], order)
        lines, [one] = land_tables(store.shop, [raw], replace(order, profile=profile), source_id)
        staged.append(store.shop.keep(f"stg_tried_{source_id}", lines))
        landed.append(one)
    lines = store.bring("stg_tried", ibis.union(*staged))
    judged = lines.mutate(reasons=_held_back(store, lines))
    kept = store.keep("stg_judged", judged)
    return Tried(
        kept, kept.filter(kept.reasons.isnull()), kept.filter(kept.reasons.notnull()), landed
    )


def _held_back(store: Store, lines: "Table") -> "Any":
    """Return the reasons why lines cannot be taken in, one of them being whose their order is."""
    confirmed = store.table("confirmed_orders")
    pairs = (confirmed.order_id + "\n" + confirmed.source_id.cast("string")).name("pair").as_table()
    pair = lines.order_id + "\n" + lines.source_id.cast("string")
    is_confirmed = pair.isin(pairs.distinct()["pair"])
    return ibis.ifelse(
        lines.reasons.isnull() & is_confirmed.fill_null(False), _HELD_BACK, lines.reasons
    )


def _raw(
    store: Store, name: str, source_id: int, rows: Mapping[int, Mapping[str, Any]]
) -> RawTable:
    """Return rows of a source as a reader would hand them over: text, numbered."""
    columns = tuple(dict.fromkeys(column for cells in rows.values() for column in cells))
    types = dict.fromkeys(columns, "string") | {SOURCE_ROW: "int64"}
    told = [(*(_text(cells.get(c)) for c in columns), number) for number, cells in rows.items()]
    table = store.shop.keep(
        f"stg_raw_{source_id}", store.shop.told(f"raw_{source_id}", types, told)
    )
    return RawTable(name, columns, table, len(told), first_row=2, has_row_numbers=True)


def _text(cell: object) -> str | None:
    return None if cell is None or cell == "" else str(cell)


def _profile(source: Mapping[str, Any], order: Order) -> Profile:
    """Return the profile to read a source by: the one asked for, else its own, formats decided.

    Raises ProfileError where its own is not to be found any more.
    """
    decided = Formats(**json.loads(source["reading"]))
    if order.profile is not None:
        return order.profile.reading(decided)
    shipped = source["profile_from"] == "regulars"
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


def _settled(store: Store, tried: Tried, ledger: Ledger, order: Order) -> Outcome:
    orders = store.keep("stg_changed", tried.passed.select("order_id").distinct())
    if not store.fetch(orders.limit(1)):
        return Outcome.nothing()
    new = tried.passed.drop("reasons", "original")

    def revise(held: "Table") -> "Table":
        return held.union(new.select(*held.columns))

    return settle_again(store, orders, revise, ledger.policy, order)
