"""The ledger: how a warehouse came to be, written into the warehouse itself."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from regulars import tables
from regulars.config import Settings
from regulars.conventions import Repeats
from regulars.engines.base import Workshop
from regulars.landing import Landed
from regulars.staging.reconcile import Tally

if TYPE_CHECKING:
    from ibis.expr.types import Table

SCHEMA_VERSION = "1"
Rows = Sequence[tuple[Any, ...]]

_SOURCES = {
    "source_id": "int32", "name": "string", "rows": "int64", "profile": "string",
    "columns": "string", "formats": "string",
}  # fmt: skip
_TALLIES = {
    "source": "string", "outcome": "string", "kind": "string", "rows": "int64",
    "amount": tables.MONEY,
}  # fmt: skip
_REASONS = {"reason": "string", "rows": "int64"}
_FACTS = {"fact": "string", "value": "string"}


@dataclass(frozen=True)
class LoadReport:
    """What came in, what became of it, and how it was read.

    tallies    rows and money by source, outcome (read, accepted, quarantined, replaced) and kind
    reasons    how many rows failed each rule
    examples   the first quarantined rows: source, source_row, reasons, original
    repeated   orders that came again from a later source
    differing  those of them whose lines were not the same
    policy     what was done with repeated orders
    identical  lines beyond the first that say the same within one order of one source; all kept
    shared     orders whose lines name more than one customer or place
    spread     orders with lines on more than one day
    """

    warehouse: str | None
    conventions: str
    sources: list[Landed]
    tallies: list[Tally]
    reasons: Counter[str]
    examples: list[dict[str, Any]]
    repeated: int
    differing: list[str]
    policy: Repeats
    identical: int | None = None
    shared: list[str] = field(default_factory=list)
    spread: list[str] = field(default_factory=list)

    def total(self, outcome: str, kind: str | None = None) -> tuple[int, Decimal]:
        """Return rows and money of an outcome, of one kind or of all."""
        found = [t for t in self.tallies if t.outcome == outcome and kind in (None, t.kind)]
        return sum(t.rows for t in found), sum((t.amount for t in found), Decimal(0))


def last_order(shop: Workshop, orders: "Table") -> date | None:
    """Return the day of the last order, None if nothing was ever sold."""
    [row] = shop.fetch(orders.aggregate(last=orders.last_sale_at.max().date()))
    day: date | None = row["last"]
    return day


def write_ledger(
    shop: Workshop, report: LoadReport, settings: Settings, now: datetime, last: date | None
) -> None:
    """Write load_sources, load_tallies, load_reasons and load_facts to the warehouse."""
    shop.record("load_sources", _SOURCES, _sources(report))
    shop.record("load_tallies", _TALLIES, _tallies(report))
    shop.record("load_reasons", _REASONS, _reasons(report))
    shop.record("load_facts", _FACTS, _facts(report, settings, now, last))


def _sources(report: LoadReport) -> Rows:
    return [
        (
            source.source_id,
            source.name,
            source.rows,
            source.mapping.profile.name,
            source.mapping.describe(),
            source.describe(),
        )
        for source in report.sources
    ]


def _tallies(report: LoadReport) -> Rows:
    names = {source.source_id: source.name for source in report.sources}
    return [(names[t.source_id], t.outcome, t.kind, t.rows, t.amount) for t in report.tallies]


def _reasons(report: LoadReport) -> Rows:
    return list(report.reasons.most_common())


def _facts(report: LoadReport, settings: Settings, now: datetime, last: date | None) -> Rows:
    facts = {
        "schema_version": SCHEMA_VERSION,
        "built_at": now.isoformat(timespec="seconds"),
        "conventions": report.conventions,
        "last_order_on": (last or now.date()).isoformat(),
        "currency": settings.currency,
        "shop": settings.shop,
        "credit": settings.credit,
        "repeated_orders": str(report.repeated),
        "differing_orders": ", ".join(report.differing),
        "repeats_policy": report.policy,
        "identical_lines": str(report.identical),
        "shared_orders": ", ".join(report.shared),
        "spread_orders": ", ".join(report.spread),
    }
    return list(facts.items())
