"""Sales by day, the weekdays that the shop trades on, and days that are unlike their weekday."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import exp, log
from statistics import median

from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import goods
from regulars.insights.findings.sales import FEW_ORDERS
from regulars.insights.periods import Span
from regulars.insights.scope import Scope

WEEKS_BEFORE = 12
"""With how many days of the same weekday a day is compared."""

FEWEST_WEEKS = 8
LEAST_DEVIATION = 3.5
"""The modified z-score from which a value counts as unusual (Iglewicz and Hoaglin)."""

LEAST_FACTOR = 1.25
"""Sales that differ from the usual by less than this factor are usual, however even the weeks."""

_TO_SIGMA = 1.4826
"""The standard deviation of a normal distribution, in median absolute deviations."""

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Day:
    """The sales of one day."""

    net_sales: Decimal = Decimal(0)
    orders: int = 0


Days = Mapping[date, Day]


@dataclass(frozen=True)
class UnusualDay:
    """A day whose net sales are unlike those of the same weekday before.

    usual    the median of the weekday
    at_most  the most that is usual
    weeks    how many of them it is compared with
    """

    day: date
    net_sales: Decimal
    usual: float
    at_most: float
    weeks: int


def daily_sales(scope: Scope, span: Span) -> Days:
    """Return the sales of each day with sales or returns of goods."""
    lines = scope.warehouse.table("fact_sales")
    lines = goods(lines.filter(lines.ordered_on.between(span.first, span.last)))
    days = lines.group_by("ordered_on").aggregate(
        net_sales=sold.net_sales(lines), orders=sold.orders(lines)
    )
    return {row["ordered_on"]: Day(row["net_sales"], row["orders"]) for row in scope.fetch(days)}


def trading_weekdays(days: Days, before: date) -> set[int]:
    """Return the weekdays (0 is Monday) with orders in most of the eight weeks before a date."""
    weeks = range(1, FEWEST_WEEKS + 1)
    return {
        weekday
        for weekday in range(7)
        if sum(_orders(days, before, weekday, week) > 0 for week in weeks) > FEWEST_WEEKS / 2
    }


def unusual_days(days: Days, span: Span, first: date) -> list[UnusualDay]:
    """Return the days of a period that are unlike their weekday in the weeks before.

    first  the first day of the data
    """
    return [found for day in days_of(span) if (found := _unusual(days, day, first))]


def days_of(span: Span) -> Sequence[date]:
    """Return every day of a period."""
    return [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]


def _unusual(days: Days, day: date, first: date) -> UnusualDay | None:
    """Return a day if it is unusual; None also if there is too little to compare it with.

    Amounts are compared by their logarithms: half as much is as unusual as twice as much.
    """
    before = [day - n * _WEEK for n in range(1, WEEKS_BEFORE + 1)]
    earlier = [days[one] for one in before if one >= first and one in days]
    earlier = [one for one in earlier if one.net_sales > 0]
    if len(earlier) < FEWEST_WEEKS or sum(one.orders for one in earlier) < FEW_ORDERS:
        return None
    sizes = [log(one.net_sales) for one in earlier]
    middle = median(sizes)
    spread = _TO_SIGMA * median(abs(size - middle) for size in sizes)
    factor = max(exp(LEAST_DEVIATION * spread), LEAST_FACTOR)
    sold, usual = days.get(day, Day()).net_sales, exp(middle)
    if usual / factor <= sold <= usual * factor:
        return None
    return UnusualDay(day, sold, usual, usual * factor, len(earlier))


def _orders(days: Days, before: date, weekday: int, week: int) -> int:
    """Return the orders on a weekday, so many weeks before the week of a date."""
    monday = before - timedelta(days=before.weekday())
    return days.get(monday + timedelta(days=weekday) - week * _WEEK, Day()).orders
