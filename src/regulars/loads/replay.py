"""Replay quarantined rows after the rows, or the profile that reads them, were corrected.

A row keeps its source and its row number. Rows that now pass join the other lines of their order
from that source, and the order is resolved again.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.errors import InputError, ProfileError
from regulars.core.formatting import counted
from regulars.engines.protocols import Engine, Store
from regulars.loads.hold_back import hold_back_ambiguous, hold_back_parts
from regulars.loads.is_any import is_any
from regulars.loads.merge_customers import add_contacts, refresh_merges
from regulars.loads.quarantine import count_reasons, first_examples, quarantine_rows
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import Resolution, difference, resolve_order_versions
from regulars.loads.stage import stage_tables
from regulars.loads.stage_source import StagedSource
from regulars.loads.update import WarehouseUpdate, open_update
from regulars.loads.write_ledger import record_load
from regulars.sources.files.discover import kind_of
from regulars.sources.files.excel import read_first_sheet
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.formats import Formats, formats_from
from regulars.sources.profiles.match_columns import parse_mapping
from regulars.sources.profiles.profile import SHIPPED, Profile, load_profile
from regulars.sources.table import SOURCE_ROW, RawTable
from regulars.transform.orders.reconcile import (
    READ,
    LedgerEntry,
    check_entries,
    entries_of,
    to_entries,
)
from regulars.transform.staging.lines import fill_order_columns
from regulars.transform.staging.original_rows import (
    LINE,
    ROW,
    SOURCE,
    as_source_text,
    parse_cells,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table

Cells = Mapping[str, Any]
RowsBySource = dict[int, dict[int, Cells]]
"""The cells of rows, by source_id and source_row."""

CorrectedRows = Path | Sequence[Cells]
"""A file of corrected rows, or the rows themselves, as `regulars quarantine -o` writes them."""


@dataclass(frozen=True)
class ReplayedRows:
    """Quarantined rows that were staged again: all of them, those that pass, those that fail."""

    lines: "Table"
    passed: "Table"
    failed: "Table"
    sources: Sequence[StagedSource]


class _DiscardError(Exception):
    """Ends a dry run, so that the update is discarded."""


def replay(
    request: BuildRequest, warehouse: Engine, corrected: CorrectedRows | None = None
) -> LoadReport:
    """Replay quarantined rows, and return what that changed.

    corrected  a file written by `regulars quarantine -o`, with corrected cells, or its rows.
               Without it, every row is replayed as it is, under the profile of the request or of
               its source.

    Raises InputError if there is nothing to replay or the file has rows that are not
    quarantined; the warehouse is then unchanged.
    """
    with open_update(request, warehouse) as update:
        update = update.with_people()
        report = _replay(update, corrected)
        # The load that quarantined the rows has their reasons in the ledger already.
        record_load(update, "replay", replace(report, reasons=Counter()))
    return report


def check_replay(request: BuildRequest, warehouse: Engine, corrected: CorrectedRows) -> LoadReport:
    """Return what a replay would change, without changing anything."""
    with suppress(_DiscardError), open_update(request, warehouse) as update:
        report = _replay(update.with_people(), corrected)
        raise _DiscardError
    return replace(report, load=0)


def _replay(update: WarehouseUpdate, corrected: CorrectedRows | None) -> LoadReport:
    store, progress = update.store, update.request.progress
    rows = _rows_to_replay(store, corrected)
    total = counted(sum(map(len, rows.values())), "row", "rows")
    progress(f"Replaying {total} from quarantine")
    is_typed = isinstance(corrected, Path) and _is_workbook(corrected)
    replayed = _stage(update, rows, is_typed=is_typed)
    before = _quarantined(store, replayed)
    progress("Updating orders and the star")
    resolution = _resolve(update, replayed)
    keys = replayed.lines.select("source_id", "source_row")
    store.replace("quarantine", quarantine_rows(replayed.failed, replayed.sources), where=keys)
    entries = [
        *resolution.entries,
        *difference(_quarantined(store, replayed), before),
        *_read_entries(store, replayed, before),
    ]
    check_entries(entries, update.source_names)
    add_contacts(update, replayed.sources)
    return replace(
        resolution.report(update, entries),
        merged=refresh_merges(update),
        sources=list(replayed.sources),
        reasons=count_reasons(store, replayed.failed),
        examples=first_examples(store, replayed.failed, replayed.sources),
    )


def _rows_to_replay(store: Store, corrected: CorrectedRows | None) -> RowsBySource:
    """Return the corrected rows, or all quarantined rows.

    Lines without readable cells are left out, unless the file has their cells.

    Raises InputError if there are none.
    """
    quarantined: RowsBySource = {}
    for row in store.fetch(store.table("quarantine")):
        cells = parse_cells(row["original"])
        quarantined.setdefault(row["source_id"], {})[row["source_row"]] = cells
    if not quarantined:
        raise InputError("There is nothing to replay: no row is quarantined.")
    rows = quarantined if corrected is None else _corrected_rows(store, corrected, quarantined)
    readable = {
        source: {number: cells for number, cells in ours.items() if set(cells) != {LINE}}
        for source, ours in rows.items()
    }
    readable = {source: ours for source, ours in readable.items() if ours}
    if not readable:
        raise InputError(
            "All quarantined rows are lines without readable cells. Correct the source and load it "
            "again."
        )
    return readable


def _corrected_rows(store: Store, rows: CorrectedRows, quarantined: RowsBySource) -> RowsBySource:
    """Return corrected rows, each with the columns of its source."""
    name = str(rows) if isinstance(rows, Path) else "Corrected rows"
    corrected: RowsBySource = {}
    for row in _read_file(store, rows) if isinstance(rows, Path) else rows:
        source, number = _source_and_row(row, name)
        if number not in quarantined.get(source, {}):
            raise InputError(
                f"{name}: row {number} of source {source} is not quarantined, or no longer is. Do "
                f"not change the columns {SOURCE} and {ROW}."
            )
        columns = dict.fromkeys(name for cells in quarantined[source].values() for name in cells)
        cells = {name: row.get(name) for name in columns if name != LINE}
        corrected.setdefault(source, {})[number] = cells or {LINE: row.get(LINE)}
    return corrected


def _read_file(store: Store, path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of corrected rows; of a workbook, those of the first sheet."""
    if not path.is_file():
        raise InputError(f"There is no file {path}. Check the path.")
    columns: Sequence[str]
    rows: list[dict[str, Any]]
    if _is_workbook(path):
        columns, rows = read_first_sheet(path)
    else:
        [raw] = store.workspace.open_sources([str(path)], file=FileOptions(), chosen=None)
        columns, rows = raw.columns, store.workspace.fetch(raw.table.select(*raw.columns))
    missing = [name for name in (SOURCE, ROW) if name not in columns]
    if missing:
        raise InputError(
            f"{path} has no column {' or '.join(missing)}. Export the rows with regulars "
            "quarantine -o, correct them in that file, and do not change the first columns."
        )
    if not rows:
        raise InputError(f"{path} has a header but no rows.")
    return rows


def _source_and_row(row: Cells, name: str) -> tuple[int, int]:
    try:
        return int(float(row[SOURCE])), int(float(row[ROW]))
    except (TypeError, ValueError):
        raise InputError(
            f"{name}: {SOURCE} {row[SOURCE]!r} and {ROW} {row[ROW]!r} must be numbers, as "
            "regulars quarantine -o wrote them."
        ) from None


def _is_workbook(path: Path) -> bool:
    return kind_of(path, path.name) == "workbook"


def _stage(update: WarehouseUpdate, rows: RowsBySource, *, is_typed: bool) -> ReplayedRows:
    """Stage rows again, each source under its profile and the formats it was first read with.

    `is_typed` means that the cells come from a spreadsheet, which has its own numbers and dates.
    """
    store, request = update.store, update.request
    known = {row["source_id"]: row for row in store.fetch(store.table("load_sources"))}
    sources, staged = [], []
    for number, (source_id, ours) in enumerate(sorted(rows.items()), 1):
        profile = _profile_of(known[source_id], request)
        if is_typed:
            names = {
                theirs: ours for ours, theirs in parse_mapping(known[source_id]["columns"]).items()
            }
            ours = {
                row: _as_source_writes(cells, profile.formats, names) for row, cells in ours.items()
            }
        raw = _as_raw_table(store, known[source_id]["name"], number, ours)
        lines, [source] = stage_tables(
            store.workspace, [raw], replace(request, profile=profile), source_id, number
        )
        staged.append(store.workspace.materialize(f"stg_replayed_{number}", lines))
        sources.append(source)
    lines = store.import_rows("stg_replayed", ibis.union(*staged))
    lines = hold_back_parts(store, lines, sources)
    lines = store.materialize("stg_replayed_checked", hold_back_ambiguous(store, lines))
    passed, failed = lines.filter(lines.reasons.isnull()), lines.filter(lines.reasons.notnull())
    return ReplayedRows(lines, passed, failed, sources)


def _profile_of(source: Mapping[str, Any], request: BuildRequest) -> Profile:
    """Return the profile of the request, or the source's own, with the formats it was read with.

    Raises ProfileError if its own profile no longer exists.
    """
    formats = formats_from(json.loads(source["formats_json"]))
    if request.profile is not None:
        return request.profile.with_formats(formats)
    shipped = source["profile_from"] == SHIPPED
    try:
        own = load_profile(source["profile"] if shipped else source["profile_from"])
    except ProfileError:
        raise ProfileError(
            f"{source['name']} was read with the profile {source['profile_from']}, which no longer "
            "exists. Choose one with --profile."
        ) from None
    return own.with_formats(formats)


def _as_source_writes(cells: Cells, formats: Formats, ours: Mapping[str, str]) -> Cells:
    """Return cells as the source writes them; `ours` are our columns by those of the source."""
    return {name: as_source_text(cell, formats, ours.get(name)) for name, cell in cells.items()}


def _as_raw_table(store: Store, name: str, number: int, rows: Mapping[int, Cells]) -> RawTable:
    """Return rows of a source as a reader would: as text, with their row numbers."""
    columns = tuple(dict.fromkeys(column for cells in rows.values() for column in cells))
    types = dict.fromkeys(columns, "string") | {SOURCE_ROW: "int64"}
    values = [(*(_text(cells.get(c)) for c in columns), row) for row, cells in rows.items()]
    table = store.workspace.materialize(
        f"stg_raw_{number}", store.workspace.rows_as_table(f"raw_{number}", types, values)
    )
    return RawTable(name, columns, table, len(values), first_row=2, has_row_numbers=True)


def _text(cell: object) -> str | None:
    return None if cell is None or cell == "" else str(cell)


def _resolve(update: WarehouseUpdate, replayed: ReplayedRows) -> Resolution:
    store = update.store
    orders = store.materialize("stg_changed", replayed.passed.select("order_id").distinct())
    if not is_any(store, orders):
        return Resolution.empty()
    new = replayed.passed.drop("reasons", "original")

    def revise(lines: "Table") -> "Table":
        return _filled(lines.union(new.select(*lines.columns)), replayed.sources, update.request)

    return resolve_order_versions(update, orders, revise, update.current_sources)


def _filled(lines: "Table", sources: Sequence[StagedSource], request: BuildRequest) -> "Table":
    """Return lines with the cells filled in that a source gives only once per order.

    A replayed row may lack such a cell, or be the one that has it. Filling in can change kinds.
    """
    for source in (one for one in sources if one.mapping.profile.fill):
        fill, states = source.mapping.profile.fill, source.source_formats.states
        ours = lines.filter(lines.source_id == source.source_id)
        ours = fill_order_columns(
            ours, fill, states.rules, request.conventions.kinds, is_final=bool(states.columns)
        )
        others = lines.filter(lines.source_id != source.source_id)
        lines = others.union(ours.select(*lines.columns))
    return lines


def _quarantined(store: Store, replayed: ReplayedRows) -> list[LedgerEntry]:
    rows = store.table("quarantine").semi_join(replayed.lines, ["source_id", "source_row"])
    return to_entries(store.fetch(entries_of(rows, "quarantined", "amount")))


def _read_entries(
    store: Store, replayed: ReplayedRows, before: Sequence[LedgerEntry]
) -> list[LedgerEntry]:
    """Return ledger entries for the money that the corrected rows add to what was read."""
    now = to_entries(store.fetch(entries_of(replayed.lines, READ, "net_amount")))
    return difference(now, [replace(entry, outcome=READ) for entry in before])
