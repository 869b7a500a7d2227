"""The entries that builds and loads write to the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Self

from regulars.core.conventions import Repeats
from regulars.core.settings import Settings
from regulars.loads.report import LoadReport, OrderChanges
from regulars.loads.stage_source import StagedSource
from regulars.transform.orders.reconcile import Tally
from regulars.warehouse.ledger import FIRST_LOAD, SCHEMA_VERSION, Rows, release


@dataclass(frozen=True)
class Standing:
    """What is known of the orders of a warehouse as a whole, in the words of LoadReport."""

    conventions: str
    policy: Repeats
    last_order_on: date | None
    repeated: int
    differing: Sequence[str]
    identical: int
    shared: Sequence[str]
    spread: Sequence[str]

    @classmethod
    def after(cls, build: LoadReport, last_order_on: date | None) -> Self:
        """Return what is known after a build."""
        return cls(
            build.conventions, build.policy, last_order_on, build.repeated, build.differing,
            build.identical or 0, build.shared, build.spread,
        )  # fmt: skip

    def facts(self, settings: Settings, now: datetime) -> dict[str, str]:
        """Return it as the warehouse keeps it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "built_at": now.isoformat(timespec="seconds"),
            "conventions": self.conventions,
            "last_order_on": (self.last_order_on or now.date()).isoformat(),
            "currency": settings.currency,
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
        }


def ledger_of_build(report: LoadReport, facts: Mapping[str, str], now: datetime) -> dict[str, Rows]:
    """Return the ledger of a new warehouse, whose first load is its build: rows by table."""
    return {
        "loads": [load_row(FIRST_LOAD, now, "build", report.conventions, report.orders)],
        "load_sources": source_rows(FIRST_LOAD, report.sources),
        "ledger_entries": tally_rows(FIRST_LOAD, report.tallies),
        "load_reasons": reason_rows(FIRST_LOAD, report.reasons),
        "warehouse_facts": list(facts.items()),
        "confirmed_orders": [],
        "synced_orders": [],
        "sync_marks": [],
    }


def load_row(
    load: int,
    now: datetime,
    what: str,
    conventions: str,
    orders: OrderChanges,
    undoes: int | None = None,
) -> tuple[Any, ...]:
    """Return a load as the ledger keeps it."""
    counts = (orders.new, orders.changed, orders.unchanged, orders.removed)
    return (load, now, what, release(), conventions, undoes, *counts)


def source_rows(
    load: int,
    sources: Iterable[StagedSource],
    same: Mapping[int, int] = MappingProxyType({}),
) -> Rows:
    """Return sources as the ledger keeps them."""
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
            source.describe(),
            source.read_as.as_json(),
            source.fingerprint,
            same.get(source.source_id),
        )
        for source in sources
    ]


def tally_rows(load: int, tallies: Iterable[Tally]) -> Rows:
    """Return entries of the journal."""
    return [(load, t.source_id, t.outcome, t.kind, t.rows, t.amount) for t in tallies]


def reason_rows(load: int, reasons: Counter[str]) -> Rows:
    """Return how many rows failed each rule."""
    return [(load, reason, rows) for reason, rows in reasons.most_common()]


def odd_in(rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return which of the odd orders are shared and which are spread, as LoadReport means it."""
    odd = list(rows)
    shared = [row["order_id"] for row in odd if row["customers"] or row["locations"]]
    return shared, [row["order_id"] for row in odd if row["days"]]
