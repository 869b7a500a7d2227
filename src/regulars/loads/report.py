"""What a load brought and what it changed, as people are told of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from regulars.core.conventions import Repeats
from regulars.core.errors import listed
from regulars.core.formatting import counted
from regulars.loads.stage_source import StagedSource
from regulars.transform.orders.reconcile import Tally


@dataclass(frozen=True)
class OrderChanges:
    """How many orders a load brought that were not there, or otherwise; or that it took away."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True)
class LoadReport:
    """What came in, what became of it, and how it was read.

    load       number of the load in the warehouse; 0 where nothing was written
    orders     what it did to the orders
    tallies    rows and money by source, outcome and kind: what this load added and took away
    reasons    how many rows failed each rule
    examples   the first quarantined rows: source, source_row, reasons, original
    repeated   orders that came again from a later source
    differing  those of them whose lines were not the same
    policy     what was done with repeated orders
    identical  lines beyond the first that say the same within one order of one source; all kept
    shared     orders whose lines name more than one customer or place
    spread     orders with lines on more than one day
    warnings   what is not as expected of a load
    same       sources whose content the warehouse has already, and the name it had there
    """

    warehouse: str | None
    conventions: str
    tallies: list[Tally]
    policy: Repeats
    sources: list[StagedSource] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    repeated: int = 0
    differing: Sequence[str] = ()
    identical: int | None = None
    shared: Sequence[str] = ()
    spread: Sequence[str] = ()
    load: int = 0
    orders: OrderChanges = OrderChanges()
    warnings: Sequence[str] = ()
    same: Mapping[str, str] = field(default_factory=dict)

    def total(self, outcome: str, kind: str | None = None) -> tuple[int, Decimal]:
        """Return rows and money of an outcome, of one kind or of all, from this load's sources."""
        ours = {source.source_id for source in self.sources}
        found = [
            t
            for t in self.tallies
            if t.source_id in ours and t.outcome == outcome and kind in (None, t.kind)
        ]
        return sum(t.rows for t in found), sum((t.amount for t in found), Decimal(0))


@dataclass(frozen=True)
class Remark:
    """Something to know of the orders of a load, or even to worry about."""

    words: str
    is_warning: bool = True

    def __str__(self) -> str:
        return f"Warning: {self.words}" if self.is_warning else self.words


_REPEATED = {
    "replace": "replaced by the later one", "union": "joined", "keep": "kept every time",
    "error": "replaced by the later one",
}  # fmt: skip


def remarks(report: LoadReport) -> Iterator[Remark]:
    """Say what is odd about the orders of a load: those that came twice, or say two things."""
    if report.repeated:
        stand = counted(report.repeated, "order stands", "orders stand")
        done = _REPEATED[report.policy]
        yield Remark(f"{stand} in more than one source: {done}.", is_warning=False)
    if report.differing:
        differ = counted(len(report.differing), "of them differs", "of them differ")
        yield Remark(f"{differ} between sources: {listed(report.differing)}")
    if report.shared:
        name = counted(len(report.shared), "order names", "orders name")
        yield Remark(
            f"{name} several customers or places; each counts for the one that most of "
            f"its lines name: {listed(report.shared)}"
        )
    if report.spread:
        have = counted(len(report.spread), "order has", "orders have")
        yield Remark(f"{have} lines on more than one day: {listed(report.spread)}")
    if (report.identical or 0) > 0:
        say = counted(report.identical or 0, "line says", "lines say")
        kept = "it is kept" if report.identical == 1 else "all are kept"
        same = "the same as another of the same order"
        yield Remark(f"{say} {same}; {kept}.", is_warning=False)
