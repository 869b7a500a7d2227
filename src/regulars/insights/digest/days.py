"""Sales by day, and the weekdays that the shop trades on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from regulars.analyses.sales.unusual_days import FEWEST_WEEKS
from regulars.insights.periods import Span
from regulars.insights.scope import Scope

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Day:
    """The sales of one day."""

    net_sales: Decimal = Decimal(0)
    orders: int = 0


Days = Mapping[date, Day]


def daily_sales(scope: Scope, span: Span) -> Days:
    """Return the sales of each day of a period with sales or returns of goods."""
    rows = scope.rows("daily_sales", since=span.first, until=span.last)
    return {
        row["day"]: Day(row["net_sales"], row["orders"])
        for row in rows
        if row["orders"] or row["net_sales"]
    }


def trading_weekdays(days: Days, before: date) -> set[int]:
    """Return the weekdays (0 is Monday) with orders in most of the eight weeks before a date."""
    weeks = range(1, FEWEST_WEEKS + 1)
    return {
        weekday
        for weekday in range(7)
        if sum(_orders(days, before, weekday, week) > 0 for week in weeks) > FEWEST_WEEKS / 2
    }


def days_of(span: Span) -> Sequence[date]:
    """Return every day of a period."""
    return [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]


def _orders(days: Days, before: date, weekday: int, week: int) -> int:
    """Return the orders on a weekday, so many weeks before the week of a date."""
    monday = before - timedelta(days=before.weekday())
    return days.get(monday + timedelta(days=weekday) - week * _WEEK, Day()).orders
