"""Load sources into an existing warehouse: stage, compare, resolve orders, record.

The state of a warehouse depends only on the lines of its current loads. Any sequence of loads
leads to the same state as one build from all their sources, and undoing a load to the same state
as never having run it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from regulars.core import schema
from regulars.core.errors import ExpectationError, SourceError
from regulars.engines.protocols import Engine, Store
from regulars.loads.compare import IncomingBatch, IncomingChanges, classify_incoming
from regulars.loads.currency import common_currency
from regulars.loads.expectations import baseline_of, unmet_expectations
from regulars.loads.is_any import is_any
from regulars.loads.join_files import open_tables
from regulars.loads.match_corrections import check_within
from regulars.loads.merge_customers import add_contacts, refresh_merges
from regulars.loads.people import add_people
from regulars.loads.quarantine import count_reasons, first_examples, quarantine_rows
from regulars.loads.report import LoadReport, several_stores
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import Resolution, resolve_order_versions
from regulars.loads.stage import read_entries, repeats_policy, stage_sources
from regulars.loads.stage_source import StagedSource
from regulars.loads.stores import orders_now_in_stores
from regulars.loads.update import WarehouseUpdate, open_update
from regulars.loads.write_ledger import record_load, source_rows
from regulars.sources.profiles.built_columns import parts_of
from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.formats import Formats, formats_from
from regulars.sources.profiles.match_columns import parse_mapping
from regulars.transform.orders.reconcile import LedgerEntry, check_entries, entries_of, to_entries
from regulars.warehouse.ledger import Ledger, LoadedSource

if TYPE_CHECKING:
    from ibis.expr.types import Table

_IDENTIFIERS = {"order_id": "order", "customer_id": "customer", "product_id": "product"}
"""Our columns that identify something, and what they identify."""


def load(request: BuildRequest, warehouse: Engine, *, strict: bool = False) -> LoadReport:
    """Load sources into a warehouse, and return what they changed.

    An order that arrives again replaces the version in the warehouse. Content that the warehouse
    already has changes nothing, whatever its file is called. Unmet expectations are warnings of
    the report; if `strict`, they raise ExpectationError.

    Raises WarehouseError, SourceError, ContractError or ReconciliationError, with the warehouse
    unchanged. SourceError also covers a source that, without an explicit profile, would identify
    orders, customers or products by another column than earlier sources.
    """
    with open_update(request, warehouse) as update:
        update = update.with_people()
        request = replace(update.request, earlier=_earlier_formats(update.ledger))
        workspace = update.store.workspace
        tables = open_tables(workspace, request)
        lines, sources = stage_sources(
            workspace, tables, request, update.ledger.next_source, may_be_empty=True
        )
        notes = _mapping_changes(sources, update.ledger)
        if notes and request.profile is None:
            raise SourceError(notes[0])
        notes += _unread_stores(sources, update.ledger)
        duplicates = _duplicates(sources, update.ledger)
        return apply_batch(
            update, IncomingBatch(lines, sources, duplicates, notes=notes), strict=strict
        )


def _earlier_formats(ledger: Ledger) -> dict[str, Formats]:
    """Return how the current sources were read, by their columns; the latest one decides."""
    return {
        source.columns: formats_from(json.loads(source.formats_json))
        for source in ledger.current_sources
    }


class NothingNewError(Exception):
    """Raised to leave the warehouse unchanged when a sync finds nothing new."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__()
        self.report = report


def apply_batch(update: WarehouseUpdate, batch: IncomingBatch, *, strict: bool) -> LoadReport:
    """Add a batch to the warehouse and to its ledger, and return what that changed.

    Raises SourceError, ContractError, ReconciliationError, ExpectationError if `strict`, and
    NothingNewError if a sync finds nothing new.
    """
    store, request = update.store, update.request
    _check_policy(update, batch.sources)
    check_within(update, batch.sources)
    common_currency(batch.sources, update.ledger.facts)
    request.progress("Comparing with the warehouse")
    changes = classify_incoming(store, batch, update.ledger.repeats_policy)
    if batch.sync and not is_any(store, changes.orders_to_resolve, changes.quarantined):
        report = _report(update, batch, changes, Resolution.empty())
        raise NothingNewError(replace(report, load=0, warnings=batch.notes))
    baseline = baseline_of(store)
    mappings = [source.mapping for source in batch.sources]
    in_stores = orders_now_in_stores(store, changes.lines, mappings)
    notes = [*batch.notes, *([several_stores(in_stores)] if in_stores else [])]
    request.progress("Updating orders and the star")
    report = _report(update, batch, changes, _resolve(update, batch, changes))
    check_entries(report.entries, _source_names(update, batch.sources))
    warnings = [*notes, *unmet_expectations(update, changes.lines, report, baseline)]
    report = replace(report, warnings=warnings)
    if strict and warnings:
        raise ExpectationError("Nothing was loaded.\n  " + "\n  ".join(warnings))
    _save_batch(update, batch, changes, report.load)
    report = replace(report, merged=refresh_merges(update))
    record_load(update, "sync" if batch.sync else "load", report)
    return report


def _mapping_changes(sources: Sequence[StagedSource], ledger: Ledger) -> list[str]:
    """Return a message for each identifier that a source reads from another column than before.

    Only where the source also has the column that an earlier source read.
    """
    return [
        _mapping_change(source, ours, earlier)
        for source in sources
        for ours in _IDENTIFIERS
        if (earlier := _latest_with_its_column(ours, source, ledger))
        and normalise_name(parse_mapping(earlier.columns)[ours])
        != normalise_name(source.mapping.columns.get(ours, ""))
    ]


def _unread_stores(sources: Sequence[StagedSource], ledger: Ledger) -> list[str]:
    """Return a message for each source whose store is not read, but was from the same column."""
    unread = [source for source in sources if "store" not in source.mapping.columns]
    found = [(source, _latest_with_its_column("store", source, ledger)) for source in unread]
    return [
        f"{source.name}: no column is read as the store, because of its values, but {earlier.name} "
        f'read "{column}". If it is the store, write in your profile:\n  [columns]\n'
        f'  store = "{column}"'
        for source, earlier in found
        if earlier and (column := parse_mapping(earlier.columns)["store"])
    ]


def _latest_with_its_column(ours: str, source: StagedSource, ledger: Ledger) -> LoadedSource | None:
    """Return the latest source whose column for one of ours this source has, too."""
    columns = set(map(normalise_name, source.columns))
    for earlier in reversed(ledger.current_sources):
        column = parse_mapping(earlier.columns).get(ours)
        if column and columns.issuperset(map(normalise_name, parts_of(column))):
            return earlier
    return None


def _mapping_change(source: StagedSource, ours: str, earlier: LoadedSource) -> str:
    new, old = source.mapping.columns.get(ours), parse_mapping(earlier.columns)[ours]
    read = f'would be read from "{new}"' if new else "would not be read"
    profile = earlier.profile_option
    return (
        f'{source.name}: {ours} {read}, but {earlier.name} read it from "{old}", a column that '
        f"{source.name} also has. Each {_IDENTIFIERS[ours]} would be counted twice. Use the same "
        f'profile: --profile {profile}, or in regulars.toml  profile = "{profile}"'
    )


def _duplicates(sources: Sequence[StagedSource], ledger: Ledger) -> dict[int, int]:
    """Return each source whose content is known, with the source that had it first.

    Sources without rows have no content, so they are not duplicates.
    """
    duplicates: dict[int, int] = {}
    originals: dict[str, int] = {}
    for source in sources:
        if not source.rows:
            continue
        known = ledger.find_source(source.fingerprint)
        original = known.source_id if known else originals.get(source.fingerprint)
        if original is None:
            originals[source.fingerprint] = source.source_id
        else:
            duplicates[source.source_id] = original
    return duplicates


def _check_policy(update: WarehouseUpdate, sources: Sequence[StagedSource]) -> None:
    """Raise SourceError if a profile treats repeated orders differently from the warehouse."""
    policy, wanted = update.ledger.repeats_policy, repeats_policy(update.request, sources)
    if wanted != policy:
        raise SourceError(
            f'The profile {sources[-1].mapping.profile.name} has repeated = "{wanted}", but the '
            f'warehouse was built with "{policy}". Build the warehouse again, or write in the '
            f'profile:\n  [orders]\n  repeated = "{policy}"'
        )


def _resolve(update: WarehouseUpdate, batch: IncomingBatch, changes: IncomingChanges) -> Resolution:
    is_rejecting = any(source.mapping.profile.corrections.rejected for source in batch.sources)
    if not is_rejecting and not is_any(update.store, changes.orders_to_resolve):
        return Resolution.empty()

    def revise(lines: "Table") -> "Table":
        return lines.union(changes.lines.select(*lines.columns))

    sources = [*update.current_sources, *(source.source_id for source in batch.sources)]
    return resolve_order_versions(
        update, changes.orders_to_resolve, revise, sources, incoming=batch.sources
    )


def _report(
    update: WarehouseUpdate, batch: IncomingBatch, changes: IncomingChanges, resolution: Resolution
) -> LoadReport:
    store = update.store
    entries = [
        *read_entries(store.workspace, batch.lines, batch.sources),
        *resolution.entries,
        *_other_entries(store, batch, changes),
    ]
    unchanged = changes.unchanged_orders
    [row] = store.fetch(unchanged.aggregate(orders=unchanged.count()))
    return replace(
        resolution.report(update, entries),
        sources=list(batch.sources),
        reasons=count_reasons(store, changes.quarantined),
        examples=first_examples(store, changes.quarantined, batch.sources),
        orders=replace(resolution.orders, unchanged=row["orders"]),
        duplicates=_duplicate_names(update, batch),
    )


def _other_entries(
    store: Store, batch: IncomingBatch, changes: IncomingChanges
) -> list[LedgerEntry]:
    """Return ledger entries of the rows that changed no order."""
    duplicates = batch.lines.limit(0)
    if batch.duplicates:
        duplicates = batch.lines.filter(batch.lines.source_id.isin(list(batch.duplicates)))
    known = changes.already_quarantined
    entries = [
        store.fetch(entries_of(changes.quarantined, "quarantined", "net_amount")),
        store.fetch(entries_of(changes.confirmed, "unchanged", "net_amount", "kind")),
        store.fetch(entries_of(known, "unchanged", "net_amount")),
        store.workspace.fetch(entries_of(duplicates, "unchanged", "net_amount")),
    ]
    return [entry for rows in entries for entry in to_entries(rows)]


def _source_names(update: WarehouseUpdate, sources: Sequence[StagedSource]) -> dict[int, str]:
    return update.source_names | {source.source_id: source.name for source in sources}


def _duplicate_names(update: WarehouseUpdate, batch: IncomingBatch) -> Mapping[str, str]:
    """Return each duplicate source by name, and the name and load of its original."""
    names = _source_names(update, batch.sources)
    loads = {source.source_id: f" (load {source.load_id})" for source in update.ledger.sources}
    return {
        names[source]: names[original] + loads.get(original, "")
        for source, original in batch.duplicates.items()
    }


def _save_batch(
    update: WarehouseUpdate, batch: IncomingBatch, changes: IncomingChanges, load: int
) -> None:
    """Add the sources of a batch, their quarantined rows, personal data and confirmations."""
    store = update.store
    rows = source_rows(load, batch.sources, batch.duplicates)
    store.insert_rows("load_sources", schema.LEDGER_COLUMNS["load_sources"], rows)
    store.insert("quarantine", quarantine_rows(changes.quarantined, batch.sources))
    add_people(store, batch.sources, batch.duplicates, update.request)
    add_contacts(update, batch.sources, batch.duplicates)
    store.insert("confirmed_orders", _confirmations(changes))


def _confirmations(changes: IncomingChanges) -> "Table":
    """Return which source confirmed which order, and every source of its current lines."""
    owners = changes.current.select("order_id", confirms_source_id="source_id").distinct()
    confirmed = changes.confirmed.select("order_id", "source_id").distinct()
    return confirmed.inner_join(owners, "order_id").select(
        "order_id", "source_id", "confirms_source_id"
    )
