"""Write a build or load to the ledger, together with the facts and marts of the warehouse."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from regulars.core import schema
from regulars.core.conventions import Repeats
from regulars.core.settings import Settings
from regulars.engines.protocols import Store
from regulars.loads.currency import SOURCE_CURRENCY, common_currency
from regulars.loads.marts import marts
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import StagedSource, same_person_by
from regulars.loads.update import WarehouseUpdate
from regulars.transform.orders.reconcile import LedgerEntry
from regulars.transform.orders.versions import differing_orders, repeated_orders
from regulars.warehouse.ledger import (
    CORRECTIONS_WITHIN,
    FIRST_LOAD,
    SAME_PERSON_BY,
    SCHEMA_VERSION,
    Rows,
    last_order_day,
    read_ledger,
    regulars_version,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class WarehouseSummary:
    """The orders of a warehouse as a whole, described as in LoadReport."""

    conventions: str
    policy: Repeats
    last_order_on: date | None
    repeated: int
    differing: Sequence[str]
    identical: int
    shared: Sequence[str]
    spread: Sequence[str]
    source_currency: str
    same_person_by: str = ""
    corrections_within: int = 0

    @classmethod
    def after_build(cls, report: LoadReport, last_order_on: date | None) -> Self:
        """Return the summary of a new warehouse."""
        return cls(
            report.conventions, report.policy, last_order_on, report.repeated, report.differing,
            report.identical or 0, report.shared, report.spread, common_currency(report.sources),
            same_person_by(report.sources), report.corrections_within,
        )  # fmt: skip

    def facts(self, settings: Settings, now: datetime) -> dict[str, str]:
        """Return the rows of the table warehouse_facts: value by fact."""
        return {
            "schema_version": SCHEMA_VERSION,
            "built_at": now.isoformat(timespec="seconds"),
            "conventions": self.conventions,
            "last_order_on": (self.last_order_on or now.date()).isoformat(),
            "currency": settings.currency or self.source_currency,
            SOURCE_CURRENCY: self.source_currency,
            "shop": settings.shop,
            "credit": settings.credit,
            "fiscal_year_start": str(settings.fiscal_year_start),
            "high_value_percentile": str(settings.high_value_percentile),
            "repeated_orders": str(self.repeated),
            "differing_orders": ", ".join(self.differing),
            "repeats_policy": self.policy,
            "identical_lines": str(self.identical),
            "shared_orders": ", ".join(self.shared),
            "spread_orders": ", ".join(self.spread),
            SAME_PERSON_BY: self.same_person_by,
            CORRECTIONS_WITHIN: str(self.corrections_within),
        }


def ledger_of_build(
    report: LoadReport, facts: Mapping[str, str], request: BuildRequest
) -> dict[str, Rows]:
    """Return the ledger of a new warehouse, with the build as its first load: rows by table."""
    return {
        "loads": [_load_row("build", report, request, as_of=request.as_of)],
        "load_sources": source_rows(FIRST_LOAD, report.sources),
        "ledger_entries": _entry_rows(FIRST_LOAD, report.entries),
        "load_reasons": _reason_rows(FIRST_LOAD, report.reasons),
        "warehouse_facts": list(facts.items()),
        "confirmed_orders": [],
        "synced_orders": [],
        "sync_marks": [],
    }


def record_load(
    update: WarehouseUpdate, operation: str, report: LoadReport, *, undoes: int | None = None
) -> None:
    """Add a load to the ledger, and refresh the facts and marts of the warehouse."""
    store, request = update.store, update.request
    as_of = update.as_of if operation in ("load", "sync") else None
    rows = {
        "loads": [_load_row(operation, report, request, undoes, as_of=as_of)],
        "ledger_entries": _entry_rows(report.load, report.entries),
        "load_reasons": _reason_rows(report.load, report.reasons),
    }
    for name, added in rows.items():
        store.insert_rows(name, schema.LEDGER_COLUMNS[name], added)
    identical = int(update.ledger.facts["identical_lines"]) + (report.identical or 0)
    currency = common_currency(report.sources, update.ledger.facts)
    summary = _summarise(update, identical, currency)
    facts = list(summary.facts(request.settings, request.now).items())
    store.replace("warehouse_facts", store.table("warehouse_facts").limit(0), where=None)
    store.insert_rows("warehouse_facts", schema.LEDGER_COLUMNS["warehouse_facts"], facts)
    if update.warehouse.stores_marts:
        request.progress("Computing headline figures")
        last = summary.last_order_on
        for mart, answer in marts(store.table, request.conventions, last, request.now).items():
            store.replace(mart, answer, where=None)
    request.progress(f"Publishing to {update.warehouse}")


def _load_row(
    operation: str,
    report: LoadReport,
    request: BuildRequest,
    undoes: int | None = None,
    *,
    as_of: date | None,
) -> tuple[Any, ...]:
    """Return a row of the table loads."""
    orders = report.orders
    counts = (orders.new, orders.changed, orders.unchanged, orders.removed)
    how = (report.load, request.now, operation, regulars_version(), report.conventions, undoes)
    return (*how, *counts, request.author, as_of)


def source_rows(
    load: int,
    sources: Iterable[StagedSource],
    duplicates: Mapping[int, int] = MappingProxyType({}),
) -> Rows:
    """Return the rows of a load in the table load_sources."""
    return [
        (
            source.source_id,
            load,
            source.name,
            source.rows,
            source.mapping.profile.name,
            source.mapping.profile.source,
            source.mapping.profile.version,
            source.mapping.describe(),
            source.describe_all(),
            source.source_formats.as_json(),
            source.fingerprint,
            duplicates.get(source.source_id),
            json.dumps(source.mapping.profile.corrections.rejected),
        )
        for source in sources
    ]


def _entry_rows(load: int, entries: Iterable[LedgerEntry]) -> Rows:
    """Return the rows of a load in the table ledger_entries."""
    return [
        (load, entry.source_id, entry.outcome, entry.kind, entry.rows, entry.amount)
        for entry in entries
    ]


def _reason_rows(load: int, reasons: Counter[str]) -> Rows:
    """Return the rows of a load in the table load_reasons, the most frequent reason first."""
    return [(load, reason, rows) for reason, rows in reasons.most_common()]


def split_odd_orders(rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return the shared and the spread orders in the table odd_orders, as in LoadReport."""
    odd = list(rows)
    shared = [row["order_id"] for row in odd if row["customers"] or row["locations"]]
    return shared, [row["order_id"] for row in odd if row["days"]]


def _summarise(update: WarehouseUpdate, identical: int, currency: str) -> WarehouseSummary:
    store, policy = update.store, update.ledger.repeats_policy
    # The ledger has changed since the update began: the load has added or withdrawn sources.
    ledger = read_ledger(store, update.ledger.facts)
    sources = [source.source_id for source in ledger.current_sources]
    last = last_order_day(store, store.table("dim_order"))
    repeated, differing = _repeated(store, policy, sources)
    odd = split_odd_orders(store.fetch(store.table("odd_orders").order_by("order_id")))
    conventions = update.request.conventions.name
    recognised_by = update.ledger.facts.get(SAME_PERSON_BY, "")
    return WarehouseSummary(
        conventions, policy, last, repeated, differing, identical, *odd, currency, recognised_by,
        ledger.corrections_within,
    )  # fmt: skip


def _repeated(
    store: Store, policy: Repeats, current_sources: Sequence[int]
) -> tuple[int, list[str]]:
    """Return how many orders are in several sources, and which of them differ between sources.

    A confirmation makes an order repeated if another source that has the order is current.
    """
    current, superseded = store.table("order_lines"), store.table("superseded_lines")
    confirmed = store.table("confirmed_orders")
    confirmations = confirmed.group_by("order_id", "confirms_source_id").aggregate(
        times=confirmed.count()
    )
    is_repeated = confirmations.confirms_source_id.isin(list(current_sources))
    confirmations = confirmations.filter(is_repeated | (confirmations.times > 1))
    candidates = store.materialize(
        "stg_differing_candidates", _differing_candidates(current, superseded, policy)
    )
    lines = store.materialize(
        "stg_differing_lines", current.semi_join(candidates, "order_id").union(superseded)
    )
    repeated = repeated_orders(lines)
    differing = store.fetch(differing_orders(lines, repeated))
    orders = repeated.select("order_id").union(confirmations.select("order_id")).distinct()
    [row] = store.fetch(orders.aggregate(orders=orders.count()))
    return row["orders"], [row["order_id"] for row in differing]


def _differing_candidates(current: "Table", superseded: "Table", policy: Repeats) -> "Table":
    """Return the orders that may differ: those that were only confirmed never do."""
    orders = superseded.select("order_id").distinct()
    if policy in ("union", "keep"):
        # Current lines may come from several sources.
        return orders.union(repeated_orders(current).select("order_id")).distinct()
    return orders
