"""Sales by month with what users entered: notes on the axis, targets as lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from regulars.core import formatting
from regulars.insights.charts.charts import INK, VerticalBars
from regulars.insights.charts.marks import Level
from regulars.insights.findings import targets as findings
from regulars.insights.findings.notes import mentioned, with_notes
from regulars.insights.parts import Cell, Figure, Header, Part, Section, Table
from regulars.insights.periods import Span, month_of
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections import sales
from regulars.insights.sections.short_trend import is_by_month
from regulars.insights.target_progress import share_of
from regulars.insights.time_notes import Bin, notes_on_axis
from regulars.insights.view import parse_month
from regulars.warehouse.notes import Note, parse_days
from regulars.warehouse.targets import NET_SALES, Target

OF_THE_SHOP = "Targets are for the whole shop, so they are not shown under filters."


@dataclass(frozen=True)
class TrendOf:
    """Net sales by month with notes and targets, as a section of a page."""

    notes: tuple[Note, ...] = ()
    targets: tuple[Target, ...] = ()
    name: ClassVar[str] = "trend"

    def __call__(self, scope: Scope) -> Section:
        """Return the section."""
        section, months = sales.trend(scope), scope.recent(scope.months)
        if is_by_month(scope):
            section = with_month_notes(section, self.notes, [row["month"] for row in months])
            targets = self._by_month(months)
        else:
            section, targets = _with_notes_of(section, self.notes), {}
        if scope.where and targets:
            section = replace(section, detail=f"{section.detail} {OF_THE_SHOP}".strip())
            targets = {}
        parts = [new for part in section.parts for new in self._parts(part, scope, months, targets)]
        return replace(section, parts=parts)

    def _by_month(self, months: Rows) -> Mapping[date, Target]:
        """Return the targets for net sales in one of the months."""
        shown = {row["month"] for row in months}
        monthly = (one for one in self.targets if one.period.grain == "month")
        return {
            one.period.first_day: one
            for one in monthly
            if one.metric == NET_SALES and one.period.first_day in shown
        }

    def _parts(
        self, part: Part, scope: Scope, months: Rows, targets: Mapping[date, Target]
    ) -> Sequence[Part]:
        """Return a part of the section with the notes and the targets of its months."""
        if isinstance(part, Table):
            return [_with_targets(part, scope, months, targets) if targets else part]
        if not (isinstance(part, Figure) and isinstance(part.chart, VerticalBars)):
            return [part]
        days_of = parse_month if part.chart.column == "month" else _span_of
        bars = [(bar.category, days_of(bar.member)) for bar in part.chart.bars]
        marks, listed = notes_on_axis(self.notes, [Bin(*bar) for bar in bars])
        levels = [
            Level(category, float(targets[days.first].amount))
            for category, days in bars
            if days.first in targets
        ]
        alt = f"{part.chart.alt} Lines show the targets." if levels else part.chart.alt
        chart = replace(part.chart, marks=marks, levels=levels, alt=alt)
        legend = [*part.legend, *([(INK, "Target")] if levels else [])]
        return [replace(part, chart=chart, legend=legend), *([listed] if listed else [])]


def _span_of(days: str) -> Span:
    return Span(*parse_days(days))


def _with_notes_of(section: Section, notes: Sequence[Note]) -> Section:
    """Return a section that says what happened on the day or in the week that its heading names."""
    if section.about is None:
        return section
    return replace(section, finding=with_notes(section.finding, notes, section.about))


def with_month_notes(section: Section, notes: Sequence[Note], months: Sequence[date]) -> Section:
    """Return a section with the notes on each month that its heading or detail names."""
    finding, detail = section.finding, section.detail
    for month in months:
        name, span = formatting.month(month), month_of(month)
        if name in section.finding:
            finding = with_notes(finding, notes, span)
        elif name in section.detail and (happened := mentioned(notes, span)):
            detail = f"{detail} In {name}, {happened}."
    return replace(section, finding=finding, detail=detail)


def _with_targets(
    table: Table, scope: Scope, months: Rows, targets: Mapping[date, Target]
) -> Table:
    """Return the table of months with their targets, and the share reached."""
    rows = []
    for cells, row in zip(table.rows, months, strict=True):
        target = targets.get(row["month"])
        added = ("", "")
        if target:
            write = findings.writer(target, scope.currency)
            share = share_of(row["net_sales"], target.amount)
            added = (write(target.amount), findings.share_in_words(share))
        rows.append([*cells, *map(Cell, added)])
    headers = [
        *table.headers, Header("Target", "Target for net sales in the month"),
        Header("Reached", "Net sales as a share of the target"),
    ]  # fmt: skip
    return replace(table, headers=headers, rows=rows)
