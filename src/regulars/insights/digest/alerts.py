"""Alerts: figures beyond a threshold, unusual days, and missing data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from regulars.core import formatting
from regulars.core.errors import ProfileError
from regulars.insights.digest.days import Day, Days, days_of, trading_weekdays
from regulars.insights.digest.figures import DigestFigure
from regulars.insights.digest.period import DigestPeriod
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.shared import Row
from regulars.insights.periods import Span
from regulars.insights.scope import Rows, Scope


@dataclass(frozen=True)
class Thresholds:
    """When a digest has an alert; None turns a threshold off.

    net_sales_below      net sales of the week or month
    net_sales_above      the same
    day_net_sales_below  net sales of a day on which the shop usually trades
    day_net_sales_above  net sales of any day
    return_rate_above    returns of the week or month as a share of its sales, from 0 to 1
    no_data_days         days since the last order; 0 turns it off
    unusual_days         whether to report days with unusual sales for their weekday
    """

    net_sales_below: float | None = None
    net_sales_above: float | None = None
    day_net_sales_below: float | None = None
    day_net_sales_above: float | None = None
    return_rate_above: float | None = None
    no_data_days: int = 7
    unusual_days: bool = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value < 0:
                raise ProfileError(f"{field.name} = {value} must not be negative.")
        if self.return_rate_above is not None and self.return_rate_above > 1:
            raise ProfileError(
                f"return_rate_above = {self.return_rate_above} must be a share between 0 and 1: "
                "0.1 is 10%."
            )


@dataclass(frozen=True)
class Alert:
    """A sentence on what needs attention. `key` stays the same, so that it is sent only once."""

    key: str
    words: str


def alerts_of(
    scope: Scope, period: DigestPeriod, figures: Sequence[DigestFigure], days: Days,
    limits: Thresholds,
) -> list[Alert]:  # fmt: skip
    """Return the alerts on a period and on its days."""
    return [
        *_on_period(scope, period, figures, limits),
        *alerts_on_days(scope, period.span, days, limits),
    ]


def alerts_on_days(scope: Scope, span: Span, days: Days, limits: Thresholds) -> list[Alert]:
    """Return the alerts on the days of a period, in the order of the days."""
    unusual = _unusual_days(scope, span) if limits.unusual_days else []
    alerts = [(row["day"], _unusual(scope, row)) for row in unusual]
    known = {row["day"] for row in unusual}
    for day in days_of(span):
        if day not in known and (alert := _beyond_limit(scope, day, days, limits)):
            alerts.append((day, alert))
    return [alert for _, alert in sorted(alerts, key=lambda pair: pair[0])]


def no_data(last: date, today: date, limits: Thresholds) -> list[Alert]:
    """Return the alert that the data is old; none if it is not."""
    age = (today - last).days
    if not limits.no_data_days or age <= limits.no_data_days:
        return []
    days = formatting.counted(age, "day", "days")
    return [Alert(f"no_data {last}", f"No orders since {formatting.day(last)}, {days} ago.")]


def _on_period(
    scope: Scope, period: DigestPeriod, figures: Sequence[DigestFigure], limits: Thresholds
) -> list[Alert]:
    by_name = {figure.name: figure for figure in figures}
    sales, returns = by_name["net_sales"], by_name["return_rate"]
    orders = by_name["orders"].value
    alerts = []
    name, money = period.name, _money(scope)
    if way := _beyond(sales.value, limits.net_sales_below, limits.net_sales_above):
        words = f"Net sales in {name} were {sales.text}, {_limit(money, *way)}."
        alerts.append(Alert(f"net_sales {period.span.first}", words))
    if orders >= FEW_ORDERS and (way := _beyond(returns.value, None, limits.return_rate_above)):
        words = f"The return rate in {name} was {returns.text}, {_limit(formatting.percent, *way)}."
        alerts.append(Alert(f"return_rate {period.span.first}", words))
    return alerts


def _beyond_limit(scope: Scope, day: date, days: Days, limits: Thresholds) -> Alert | None:
    """Return the alert on a day with net sales beyond a threshold; None without one."""
    amount, money = days.get(day, Day()).net_sales, _money(scope)
    trades = day in days or day.weekday() in trading_weekdays(days, day)
    below = limits.day_net_sales_below if trades else None
    if way := _beyond(amount, below, limits.day_net_sales_above):
        return Alert(f"day {day}", f"{_sold(day, amount, money)}, {_limit(money, *way)}.")
    return None


def _unusual_days(scope: Scope, span: Span) -> Rows:
    return scope.rows("unusual_days", since=span.first, until=span.last)


def _unusual(scope: Scope, found: Row) -> Alert:
    """Return the alert on an unusual day, with the one order that makes it unusual."""
    day, money = found["day"], _money(scope)
    compared = (
        f"{_sold(day, found['net_sales'], money)}; the usual {day:%A} is {money(found['usual'])} "
        f"(median of the {found['weeks']} before)."
    )
    if amount := found["one_order"]:
        one = "order" if amount > 0 else "return"
        compared += f" Without one {one} of {money(abs(amount))}, the day would not be unusual."
    return Alert(f"day {day}", compared)


def _beyond(
    value: Decimal | float | None, below: float | None, above: float | None
) -> tuple[str, float] | None:
    """Return the threshold that a value is beyond, with the direction; None if it is not."""
    if value is None:
        return None
    if below is not None and value < below:
        return "below", below
    if above is not None and value > above:
        return "above", above
    return None


def _limit(write: Callable[[float], str], way: str, limit: float) -> str:
    return f"{way} your threshold of {write(limit)}"


def _sold(day: date, amount: Decimal, money: Callable[[Decimal | float], str]) -> str:
    return f"Net sales on {day:%A}, {formatting.day(day)}, were {money(amount)}"


def _money(scope: Scope) -> Callable[[Decimal | float], str]:
    return scope.formatter("kpis", "net_sales")
