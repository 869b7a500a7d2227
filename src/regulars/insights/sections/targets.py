"""Actual figures against targets: the current month and quarter first, then earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from regulars.core import formatting
from regulars.insights.findings import targets as findings
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.parts import Cell, Header, Section, Table
from regulars.insights.scope import Scope
from regulars.insights.sections.trend import OF_THE_SHOP
from regulars.insights.target_progress import TargetProgress, target_progress
from regulars.warehouse.targets import Target

TOPIC = "Targets"
MOST_SHOWN = 12
_HEADERS = (
    Header("Period", is_number=False),
    Header("Actual", "The figure of the whole shop in the period, so far"),
    Header("Target"),
    Header("Reached", "Actual as a share of the target"),
    Header(
        "Pace", "Share of last year's figure that was reached by the same day, if the data has "
        f"that period with at least {FEW_ORDERS} orders; otherwise the share of days that are over",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class TargetsOf:
    """Targets with how much is reached, as a section of a page."""

    targets: tuple[Target, ...]
    name: ClassVar[str] = "targets"

    def __call__(self, scope: Scope) -> Section | None:
        """Return the section; None without a target whose period has begun."""
        last = scope.whole.last
        begun = [one for one in self.targets if one.period.first_day <= last]
        if not begun:
            return None
        if scope.where:
            finding = "Remove the filters to compare with targets"
            return Section(self.name, TOPIC, finding, OF_THE_SHOP, has_finding=False)
        newest = sorted(begun, key=lambda one: _latest_first(one, last))[:MOST_SHOWN]
        progress = target_progress(scope.warehouse, newest)
        leading = findings.latest(progress)
        if leading is None:
            finding = "The data starts too late to compare with targets"
            return Section(self.name, TOPIC, finding, has_finding=False)
        as_of = f"Whole shop, to {formatting.day(last)}"
        as_of += ", regardless of the selected period." if scope.span else "."
        return Section(
            self.name, TOPIC, findings.finding(leading, scope.currency),
            " ".join(filter(None, (findings.detail(leading), as_of, _how_to_read(progress)))),
            _tables(progress, scope.currency),
        )  # fmt: skip


def _latest_first(target: Target, last: date) -> tuple[int, int]:
    """Return the order of a target: current periods first, then the latest, months first."""
    return -min(target.period.last_day, last).toordinal(), target.period.days


def _how_to_read(progress: Sequence[TargetProgress]) -> str:
    is_running = any(one.state == "running" for one in progress)
    return "The mark on a bar is the pace." if is_running else ""


def _tables(progress: Sequence[TargetProgress], currency: str) -> list[Table]:
    """Return the current periods, and the earlier ones, which are folded below them."""
    current = [_row(one, currency) for one in progress if one.state == "running"]
    earlier = [_row(one, currency) for one in progress if one.state == "over"]
    tables = [Table("Current periods", _HEADERS, current, style="top")] if current else []
    if earlier:
        title = "Earlier periods" if current else "Periods"
        tables.append(Table(title, _HEADERS, earlier, style="top", is_folded=bool(current)))
    return tables


def _row(one: TargetProgress, currency: str) -> list[Cell]:
    write = findings.writer(one.target, currency)
    share, of_what = findings.over(one)
    name = Cell(
        one.target.period.words, note=one.target.card.label, style="name",
    )  # fmt: skip
    actual = Cell(
        write(one.actual), bar=min(max(one.reached or 0, 0), 1),
        tick=one.period_over if one.state == "running" else None,
    )  # fmt: skip
    over = Cell("complete") if one.state == "over" else Cell(share, of_what, style="pace")
    return [
        name, actual, Cell(write(one.target.amount)),
        Cell(findings.share_reached(one)), over,
    ]  # fmt: skip
