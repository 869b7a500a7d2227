"""The section on days of the week: which sell most, and whether that holds from month to month."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from regulars.core.calendar import WEEKDAYS, YEAR
from regulars.core.columns import ColumnCard
from regulars.insights.figure_ref import Origin
from regulars.insights.findings import sales
from regulars.insights.parts import Cell, Head, Section, Table, cells
from regulars.insights.periods import Span, month_of, span_of, unfinished
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.sales import hatched_note, up_to_its_end

TOPIC = "Days of the week"
_AVERAGE, _SHARE = "net_sales_per_day", "share"
_WITHOUT_PENNIES = 1000


def weekdays(scope: Scope) -> Section | None:
    """Net sales per trading day of each weekday, month by month; None where it is of some alone."""
    if "weekday" in scope.where:
        return None
    months = _lately(scope)
    complete = [row["month"] for row in months if row["is_complete"]]
    if not complete:
        early = "No month is complete yet: it is too early to compare days of the week"
        return Section("weekdays", TOPIC, early)
    span = span_of(complete)
    brought = scope.rows("sales_by", by="weekday", since=span.first, until=span.last)
    detail = (
        "What a day of trading brought on average, so that a month with five Mondays compares with "
        f"one with four. Finding and shares are of complete months alone, {span}. Blank: the shop "
        f"did not trade on that day of the week. {hatched_note(scope, months)}"
    )
    finding = sales.weekdays(brought, WEEKDAYS)
    return Section(
        "weekdays", TOPIC, finding, detail.strip(), [_table(scope, months, brought, span)]
    )


def _lately(scope: Scope) -> Rows:
    """Return the last 12 complete months of the view, and what is unfinished after them."""
    months = up_to_its_end(scope, scope.months)
    complete = [row["month"] for row in months if row["is_complete"]]
    since = complete[-YEAR] if len(complete) >= YEAR else date.min
    return [row for row in months if row["month"] >= since]


def _table(scope: Scope, months: Rows, brought: Rows, span: Span) -> Table:
    """Return the averages, a row for each month, and below them the share of each weekday."""
    cards = scope.cards("weekday_sales")
    found = {
        (row["month"], row["weekday"]): row
        for row in scope.rows("weekday_sales", since=months[0]["month"], until=None)
    }
    every = [[found.get((row["month"], day)) for day in WEEKDAYS] for row in months]
    whole = [line for row, line in zip(months, every, strict=True) if row["is_complete"]]
    highest = max(((one and one[_AVERAGE]) or 0 for line in whole for one in line), default=0)
    card = _without_pennies(cards[_AVERAGE], highest)
    lines = [
        [_name(scope, row), *(_cell(one, card, highest) for one in line)]
        for row, line in zip(months, every, strict=True)
    ]
    headed = [
        Head(cards["month"].label, is_number=False),
        *(Head(day[:3], day, column="weekday", member=day) for day in WEEKDAYS),
    ]
    title = f"{card.label}{f', in {scope.currency}' if scope.currency else ''}"
    return Table(
        title, headed, [*lines, _shares(scope, brought, span)], style="heat week", column="month"
    )


def _without_pennies(card: ColumnCard, highest: float) -> ColumnCard:
    return replace(card, fmt=",.0f") if highest >= _WITHOUT_PENNIES else card


def _name(scope: Scope, row: Mapping[str, Any]) -> Cell:
    """Return the name of a month, from which one can go on to it."""
    text, member = f"{row['month']:%b %Y}", f"{row['month']:%Y-%m}"
    if row["is_complete"]:
        return Cell(text, member=member)
    return Cell(text, unfinished(row, scope.whole), style="part", member=member)


def _cell(row: Mapping[str, Any] | None, card: ColumnCard, highest: float) -> Cell:
    """Return what a weekday of a month brought on average, and where that comes from."""
    if row is None or row[_AVERAGE] is None:
        return Cell("", style="blank")
    origin = Origin("weekday_sales", span=month_of(row["month"])).of(weekday=row["weekday"])
    [cell] = cells(row, {_AVERAGE: card}, [_AVERAGE], "", {_AVERAGE: origin})
    if not row["is_complete"]:
        return replace(cell, style="part")
    return replace(cell, heat=round(max(row[_AVERAGE], 0) / highest, 2) if highest > 0 else 0)


def _shares(scope: Scope, brought: Rows, span: Span) -> list[Cell]:
    """Return the share of each weekday in net sales; blank where there is none."""
    cards, found = scope.cards("sales_by"), {row["weekday"]: row for row in brought}
    told = [Cell(cards[_SHARE].label)]
    for day in WEEKDAYS:
        row = found.get(day)
        if row is None or row[_SHARE] is None:
            told.append(Cell("", style="blank"))
        else:
            origins = {_SHARE: Origin("sales_by", span=span).of(weekday=day)}
            told += cells(row, cards, [_SHARE], scope.currency, origins)
    return told
