"""The weekday section: which days of the week sell most, month by month."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from regulars.core.calendar import MONTHS_IN_YEAR, WEEKDAYS
from regulars.core.columns import ColumnCard
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import sales
from regulars.insights.parts import Cell, Header, Section, Table
from regulars.insights.periods import Span, covered_days, incomplete_months, month_of, span_of
from regulars.insights.scope import Rows, Scope
from regulars.insights.tables import cells

TOPIC = "Days of the week"
_AVERAGE, _SHARE = "net_sales_per_day", "share"
_NO_PENCE_FROM = 1000


def weekdays(scope: Scope) -> Section:
    """Net sales per trading day by weekday and month."""
    if "weekday" in scope.where:
        why, what_to_do = (
            "Not shown for one weekday",
            "Remove the weekday filter to compare weekdays.",
        )
        return Section("weekdays", TOPIC, why, what_to_do, has_finding=False)
    months = _recent_year(scope)
    complete = [row["month"] for row in months if row["is_complete"]]
    if not complete:
        finding = "No month is complete yet, so weekdays cannot be compared"
        return Section("weekdays", TOPIC, finding)
    span = span_of(complete)
    by_weekday = scope.rows("sales_by", by="weekday", since=span.first, until=span.last)
    detail = (
        "Average net sales per trading day, so that months with four and with five Mondays are "
        f"comparable. Headline and shares cover complete months only: {span}. Blank: no trading "
        f"on that weekday. {incomplete_months(months, scope.whole)}"
    )
    orders = sum(row["orders"] for row in by_weekday)
    finding = sales.qualified(sales.weekdays(by_weekday, WEEKDAYS), orders)
    table = _table(scope, months, by_weekday, span)
    shown = scope.months_shown(months)
    return Section("weekdays", TOPIC, finding, detail.strip(), [table], period=shown)


def _recent_year(scope: Scope) -> Rows:
    """Return the last 12 complete months of the view, and any incomplete one after them."""
    months = scope.recent(scope.months)
    complete = [row["month"] for row in months if row["is_complete"]]
    since = complete[-MONTHS_IN_YEAR] if len(complete) >= MONTHS_IN_YEAR else date.min
    return [row for row in months if row["month"] >= since]


def _table(scope: Scope, months: Rows, by_weekday: Rows, span: Span) -> Table:
    """Return the averages with a row for each month, and below them each weekday's share."""
    cards = scope.cards("weekday_sales")
    averages = {
        (row["month"], row["weekday"]): row
        for row in scope.rows("weekday_sales", since=months[0]["month"], until=None)
    }
    by_month = [[averages.get((row["month"], day)) for day in WEEKDAYS] for row in months]
    complete = [line for row, line in zip(months, by_month, strict=True) if row["is_complete"]]
    highest = max(((one and one[_AVERAGE]) or 0 for line in complete for one in line), default=0)
    card = cards[_AVERAGE]
    if highest >= _NO_PENCE_FROM:  # seven columns have no room for pence
        card = replace(card, fmt=",.0f")
    lines = [
        [_month(scope, row), *(_cell(one, card, highest) for one in line)]
        for row, line in zip(months, by_month, strict=True)
    ]
    headed = [
        Header(cards["month"].label, is_number=False),
        *(Header(day[:3], day, column="weekday", member=day) for day in WEEKDAYS),
    ]
    title = f"{card.label}, in {scope.currency}" if scope.currency else card.label
    return Table(
        title, headed, [*lines, _shares(scope, by_weekday, span)], style="heat week", column="month"
    )


def _month(scope: Scope, row: Mapping[str, Any]) -> Cell:
    """Return the name of a month; a click shows that month."""
    text, member = f"{row['month']:%b %Y}", f"{row['month']:%Y-%m}"
    if row["is_complete"]:
        return Cell(text, member=member)
    return Cell(text, covered_days(row, scope.whole), style="incomplete", member=member)


def _cell(row: Mapping[str, Any] | None, card: ColumnCard, highest: float) -> Cell:
    """Return the average of a weekday in a month, shaded in complete months."""
    if row is None or row[_AVERAGE] is None:
        return Cell("", style="blank")
    ref = FigureRef("weekday_sales", span=month_of(row["month"])).of(weekday=row["weekday"])
    [cell] = cells(row, {_AVERAGE: card}, [_AVERAGE], "", {_AVERAGE: ref})
    if not row["is_complete"]:
        return replace(cell, style="incomplete")
    return replace(cell, heat=round(max(row[_AVERAGE], 0) / highest, 2) if highest > 0 else 0)


def _shares(scope: Scope, by_weekday: Rows, span: Span) -> list[Cell]:
    """Return each weekday's share of net sales; blank if there is none."""
    cards, rows = scope.cards("sales_by"), {row["weekday"]: row for row in by_weekday}
    line = [Cell(cards[_SHARE].label)]
    for day in WEEKDAYS:
        row = rows.get(day)
        if row is None or row[_SHARE] is None:
            line.append(Cell("", style="blank"))
        else:
            refs = {_SHARE: FigureRef("sales_by", span=span).of(weekday=day)}
            line += cells(row, cards, [_SHARE], scope.currency, refs)
    return line
