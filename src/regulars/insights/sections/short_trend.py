"""Net sales by day or by week, for periods that are too short for months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from regulars.core import formatting
from regulars.insights.charts.charts import ACCENT, Bar, VerticalBars
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings.sales import OF_SEGMENT, qualified
from regulars.insights.parts import Cell, Figure, Section, Table
from regulars.insights.periods import Span
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import cells, header, headers

MOST_DAYS = 60
MOST_WEEKS = 26
_SOFT = "var(--accent-soft)"
_COLUMNS = ("net_sales", "orders")


@dataclass(frozen=True)
class _Step:
    """A day or a week of the period with its figures; the period may cut a week."""

    span: Span
    figures: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.span.first.day} {self.span.first:%b}"


def short_trend(scope: Scope, name: str, topic: str) -> Section | None:
    """Return net sales by day for up to 60 days and by week for up to 26 weeks; else None.

    The members of its bars are their days, as `parse_days` reads them.
    """
    if scope.span is None or not (step := _step_of(scope.span)):
        return None
    rows = scope.rows("daily_sales")
    steps = _days(rows) if step == "day" else _weeks(rows, scope.span)
    best = max(steps, key=lambda one: one.figures["net_sales"])
    money = scope.formatter("daily_sales", "net_sales")
    bars = [
        Bar(
            one.name,
            float(one.figures["net_sales"]),
            ACCENT if one is best else _SOFT,
            member=f"{one.span.first}/{one.span.last}",
            text=money(one.figures["net_sales"]),
        )
        for one in steps
    ]
    finding, is_trend = _finding(scope, steps, best, step), not scope.has_segment_filter
    names_best = is_trend and best.figures["net_sales"] > 0
    alt = f"{finding}. Net sales by {step}, {scope.span}."
    chart = VerticalBars(bars, scope.currency, alt, name)
    remarks = {
        "Weeks start on Monday; the period may cut the first and the last one.": step == "week",
        OF_SEGMENT: not is_trend,
    }
    detail = " ".join(remark for remark, applies in remarks.items() if applies)
    return Section(
        name, f"{topic} by {step}", finding, detail,
        [Figure(chart), _table(scope, steps, step)], has_finding=is_trend, period=str(scope.span),
        about=best.span if names_best else None,
    )  # fmt: skip


def is_by_month(scope: Scope) -> bool:
    """Return whether the period is too long for `short_trend`."""
    return scope.span is None or not _step_of(scope.span)


def _step_of(span: Span) -> str:
    days = (span.last - span.first).days + 1
    if days <= MOST_DAYS:
        return "day"
    return "week" if days <= MOST_WEEKS * 7 else ""


def _days(rows: Rows) -> list[_Step]:
    return [
        _Step(Span(row["day"], row["day"]), {name: row[name] for name in _COLUMNS}) for row in rows
    ]


def _weeks(rows: Rows, span: Span) -> list[_Step]:
    """Return the weeks of a period, each cut to its days."""
    weeks = groupby(rows, key=lambda row: row["day"] - timedelta(days=row["day"].weekday()))
    return [_week([*days], span) for _, days in weeks]


def _week(days: Rows, span: Span) -> _Step:
    covered = Span(days[0]["day"], min(days[-1]["day"], span.last))
    return _Step(covered, {name: sum(day[name] for day in days) for name in _COLUMNS})


def _finding(scope: Scope, steps: Sequence[_Step], best: _Step, step: str) -> str:
    money, amount = scope.formatter("daily_sales", "net_sales"), best.figures["net_sales"]
    if scope.has_segment_filter:
        return f"Net sales of {money(sum(one.figures['net_sales'] for one in steps))}"
    if amount <= 0:
        return "Returns offset all sales" if amount else "No sales in this view"
    when = formatting.day(best.span.first)
    if step == "week":
        finding = f"The best week started on {when}: net sales of {money(amount)}"
    else:
        finding = f"{best.span.first:%A} {when} was the best day: net sales of {money(amount)}"
    return qualified(finding, scope.orders)


def _table(scope: Scope, steps: Sequence[_Step], step: str) -> Table:
    cards = scope.cards("daily_sales")
    lines = []
    for one in steps:
        refs = dict.fromkeys(_COLUMNS, FigureRef("daily_sales", span=one.span))
        figures = cells(one.figures, cards, _COLUMNS, scope.currency, refs)
        lines.append([Cell(f"{one.name} {one.span.first.year}"), *figures])
    headed = [header(cards["day"]), *headers(cards, _COLUMNS)]
    download = TableRef.of("daily_sales").encode()
    return Table(f"Figures by {step}", headed, lines, is_folded=True, download=download)
