"""The sections on days: this week and last week, the latest days, and unusual days.

They look back from the day that segments are as of: the last day of the data, or the end of a
custom period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from regulars.analyses.sales.days import WEEK, YEAR
from regulars.analyses.sales.unusual_days import FEWEST_WEEKS, HIGHER, LOWER, WEEKS
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.charts.charts import ACCENT, INCOMPLETE, SECOND, Bar, VerticalBars
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import days as findings
from regulars.insights.findings.sales import OF_SEGMENT
from regulars.insights.parts import Cell, Figure, Note, Section, Table
from regulars.insights.periods import Span
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import cells, headers

CHARTED, SEARCHED = 35, 91
"""How many days the chart shows, and in how many days to look for unusual ones."""

_FIGURES = ("net_sales", "orders", "customers")
_EARLIER = {"net_sales_week_before": WEEK, "net_sales_year_before": YEAR}
_NO_PENCE_FROM = 1000
_UNUSUAL = ("net_sales", "usual", "usual_from", "usual_to", "one_order", "orders")
_ALIGNED = (
    "Weeks run from Monday to Sunday. The year before is 52 weeks before, so every day is compared "
    "with the same weekday."
)
_RULE = (
    f"A day is compared with the same weekday in the {WEEKS} weeks before. It is unusual if it is "
    "more than 3.5 robust standard deviations (1.4826 × median absolute deviation) from their "
    "median, on a log scale, and differs from it by at least a quarter. At least "
    f"{FEWEST_WEEKS} weeks with sales are needed, so weekdays on which the shop never opens are "
    "left out. Regulars does not know public holidays."
)


def last_day(scope: Scope) -> date:
    """Return the day that the sections on days look back from."""
    return min(scope.segment_date or scope.whole.last, scope.whole.last)


def week(scope: Scope) -> Section | None:
    """The latest two weeks by day; None for a filter on weekdays, which leaves no week."""
    if "weekday" in scope.where:
        return None
    last = last_day(scope)
    monday = last - timedelta(days=last.weekday())
    this = Span(monday, monday + timedelta(days=WEEK - 1))
    before = _earlier(this, WEEK)
    rows = scope.rows("daily_sales", since=before.first, until=last)
    complete = [row["day"] for row in rows if row["is_complete"] and row["day"] >= this.first]
    detail = OF_SEGMENT if scope.has_segment_filter else f"{_ALIGNED} {_cut_short(rows)}"
    tables = [
        _week_table(scope, rows, span, f"{name} week, {span}")
        for name, span in (("This", this), ("Last", before))
        if span.last >= scope.whole.first
    ]
    return Section(
        "week", "This week and last week", _week_finding(scope, complete), detail.strip(), tables,
        has_finding=bool(complete),
    )  # fmt: skip


def daily(scope: Scope) -> Section | None:
    """Net sales of the latest days as a chart; None for a filter on weekdays."""
    if "weekday" in scope.where:
        return None
    last = last_day(scope)
    span = Span(max(last - timedelta(days=CHARTED - 1), scope.whole.first), last)
    days = {"since": span.first, "until": span.last}
    rows = scope.rows("daily_sales", **days)
    verdicts = {row["day"]: row["verdict"] for row in scope.rows("unusual_days", **days)}
    money = scope.formatter("daily_sales", "net_sales")
    finding = findings.best_day(rows, money)
    bars = [_bar(row, verdicts.get(row["day"], "")) for row in rows]
    values = "; ".join(f"{_short(row['day'])}: {money(row['net_sales'])}" for row in rows)
    chart = VerticalBars(bars, scope.currency, f"{finding}. {values}.", "daily")
    legend = [(SECOND, "Unusual for the weekday")] if verdicts else []
    return Section(
        "daily", "Day by day", finding, f"{span}. {_cut_short(rows)}".strip(),
        [Figure(chart, legend), _daily_table(scope, rows)],
    )  # fmt: skip


def unusual(scope: Scope) -> Section:
    """The days of the last 13 weeks with unusual sales for their weekday."""
    last, topic = last_day(scope), "Unusual days"
    if scope.has_segment_filter:
        finding = "Not available for a segment"
        return Section("unusual", topic, finding, OF_SEGMENT, has_finding=False)
    since = last - timedelta(days=SEARCHED - 1)
    rows = scope.rows("unusual_days", by="all", since=since, until=last)
    found = [row for row in rows if row["verdict"] in (HIGHER, LOWER)]
    weeks = f"the {SEARCHED // WEEK} weeks to {formatting.day(last)}"
    finding = findings.unusual(rows, weeks, scope.formatter("unusual_days", "net_sales"))
    if not found:
        return Section("unusual", topic, finding, _RULE, has_finding=False)
    table = _unusual_table(scope, found[::-1], since, last)
    return Section("unusual", topic, finding, parts=[table, Note(_RULE)])


def _week_finding(scope: Scope, complete: Sequence[date]) -> str:
    """Return net sales of the complete days of a week, against a week and a year before."""
    if not complete:
        return "No day of this week is complete yet"
    span, money = Span(complete[0], complete[-1]), scope.formatter("daily_sales", "net_sales")
    against = []
    if not scope.has_segment_filter:
        names = {WEEK: "last week", YEAR: "the same week last year"}
        earlier = {name: _earlier(span, back) for back, name in names.items()}
        against = [
            (_totals(scope, days), name)
            for name, days in earlier.items()
            if days.first >= scope.whole.first
        ]
    return findings.week(_totals(scope, span), against, findings.weekdays_of(complete), money)


def _totals(scope: Scope, span: Span) -> Mapping[str, Any]:
    [row] = scope.rows("kpis", since=span.first, until=span.last)
    return row


def _earlier(span: Span, days: int) -> Span:
    return Span(span.first - timedelta(days=days), span.last - timedelta(days=days))


def _week_table(scope: Scope, rows: Rows, week: Span, title: str) -> Table:
    """Return the days of a week that the data covers, next to a week and a year before."""
    shown = [row for row in rows if week.first <= row["day"] <= week.last]
    all_rows = TableRef.of(
        "daily_sales", since=week.first.isoformat(), until=week.last.isoformat()
    ).encode()
    return replace(_day_table(scope, shown, title), download=all_rows)


def _day_table(scope: Scope, rows: Rows, title: str) -> Table:
    """Return days with their figures, and those of earlier days unless of a segment."""
    cards = _cards(scope, "daily_sales", rows)
    columns = [*_FIGURES, *([] if scope.has_segment_filter else _EARLIER)]
    lines = []
    for row in rows:
        then = {name: row["day"] - timedelta(days=_EARLIER.get(name, 0)) for name in columns}
        refs = {name: FigureRef("daily_sales", span=Span(day, day)) for name, day in then.items()}
        figures = cells(row, cards, columns, scope.currency, refs)
        changes = [_change(row, name) if name in _EARLIER else "" for name in columns]
        noted = map(_noted, figures, changes)
        lines.append([_day(row), *noted])
    return Table(title, headers(cards, ["day", *columns]), lines, style="cards days")


def _noted(cell: Cell, note: str) -> Cell:
    return replace(cell, note=note)


def _cards(scope: Scope, analysis: str, rows: Rows) -> Mapping[str, ColumnCard]:
    """Return the cards of an analysis; large amounts have no pence, so that columns fit."""
    has_pence = max((abs(row["net_sales"]) for row in rows), default=0) < _NO_PENCE_FROM
    return {
        name: card if has_pence or card.unit != "money" else replace(card, fmt=",.0f")
        for name, card in scope.cards(analysis).items()
    }


def _change(row: Mapping[str, Any], name: str) -> str:
    """Return the change from an earlier day; empty if the two cannot be compared."""
    before = row[name]
    if not row["is_complete"] or not before or before <= 0:
        return ""
    return f"{float(row['net_sales'] / before) - 1:+.1%}".replace("-", "−")


def _day(row: Mapping[str, Any]) -> Cell:
    name = f"{row['weekday'][:3]} {_short(row['day'])}"
    if row["is_complete"]:
        return Cell(name, style="name")
    return Cell(name, "ends early", style="name incomplete")


def _daily_table(scope: Scope, rows: Rows) -> Table:
    """Return the figures of a chart by day, the latest first, folded."""
    all_rows = TableRef.of("daily_sales", since=None, until=None).encode()
    table = _day_table(scope, rows[::-1], "Figures")
    return replace(table, is_folded=True, download=all_rows)


def _unusual_table(scope: Scope, rows: Rows, since: date, until: date) -> Table:
    cards, lines = _cards(scope, "unusual_days", rows), []
    for row in rows:
        ref = FigureRef("unusual_days", span=Span(row["day"], row["day"]))
        refs = {"net_sales": ref, "orders": ref}
        day = Cell(findings.named(row), row["verdict"] + " than usual", style="name")
        lines.append([day, *cells(row, cards, _UNUSUAL, scope.currency, refs)])
    days = {"since": since.isoformat(), "until": until.isoformat()}
    return Table(
        "Unusual days, latest first", headers(cards, ["day", *_UNUSUAL]), lines, style="cards days",
        download=TableRef.of("unusual_days", **days).encode(),
    )  # fmt: skip


def _bar(row: Mapping[str, Any], verdict: str) -> Bar:
    fill = ACCENT if row["is_complete"] else INCOMPLETE[ACCENT]
    if verdict:
        fill = SECOND
    label = "" if row["is_complete"] else "ends early"
    return Bar(_short(row["day"]), float(row["net_sales"]), fill, label)


def _cut_short(rows: Rows) -> str:
    """Return a sentence on the last day if the data covers only part of it."""
    cut = [row["day"] for row in rows if not row["is_complete"]]
    if not cut:
        return ""
    return (
        f"{formatting.day(cut[0])} is not compared: its last order came more than an hour earlier "
        f"than on any {cut[0]:%A} of the last 8 weeks, so the day may be incomplete."
    )


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
