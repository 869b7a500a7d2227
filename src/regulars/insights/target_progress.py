"""Actual figures against targets, with how much of the period is over: no forecast.

How much is over is the share of last year's figure by this day, where the data has last year and
it is large enough to tell; otherwise the share of the days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from regulars.core.calendar import year_back
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.warehouse.targets import Target, TargetPeriod
from regulars.warehouse.warehouse import Warehouse

_BELOW_ONE = 1 - 1e-9

State = Literal["over", "running", "not started", "not covered"]


@dataclass(frozen=True)
class TargetProgress:
    """A target with the actual figure.

    state      whether the data covers the period, or the first part of it ("running"), or starts
               too late ("not covered") to compare it
    actual     the figure of the days so far; None if they are not compared
    last_day   the last day that counts; None if there is none
    days_over  the share of the period's days that the data has
    last_year  the share of last year's figure that was reached by this day; None unless it is known
    """

    target: Target
    state: State
    actual: Decimal | int | None = None
    last_day: date | None = None
    days_over: float = 0.0
    last_year: float | None = None

    @property
    def reached(self) -> float | None:
        """The share of the target that is reached."""
        return None if self.actual is None else share_of(self.actual, self.target.amount)

    @property
    def difference(self) -> Decimal | None:
        """The actual figure minus the target."""
        return None if self.actual is None else self.actual - self.target.amount

    @property
    def period_over(self) -> float:
        """The share of the period that is over: of last year's figure if known, or of its days."""
        return self.days_over if self.last_year is None else self.last_year

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.actual is not None and self.actual >= self.target.amount


def share_of(actual: Decimal | int, target: Decimal) -> float:
    """Return the share of a target that is reached, below 1 as long as it is not met."""
    share = float(actual / target)
    return share if actual >= target else min(share, _BELOW_ONE)


def target_progress(
    warehouse: Warehouse, targets: Iterable[Target] | None = None
) -> list[TargetProgress]:
    """Return each target, by default all of the warehouse, with the actual figure of the shop."""
    targets = warehouse.targets() if targets is None else targets
    return [_progress(warehouse, target) for target in targets]


def _progress(warehouse: Warehouse, target: Target) -> TargetProgress:
    period, (first, last) = target.period, warehouse.observed_days
    if period.first_day > last:
        return TargetProgress(target, "not started")
    if period.first_day < first:
        return TargetProgress(target, "not covered")
    end = min(period.last_day, last)
    days_over = ((end - period.first_day).days + 1) / period.days
    actual = _figure(warehouse, target.metric, period.first_day, end)
    if end == period.last_day:
        return TargetProgress(target, "over", actual, end, days_over)
    last_year = _share_last_year(warehouse, target, end)
    return TargetProgress(target, "running", actual, end, days_over, last_year)


def _share_last_year(warehouse: Warehouse, target: Target, day: date) -> float | None:
    """Return the share of last year's figure that was reached by the same day of the year.

    None unless the data has all of last year's period, with enough orders in it.
    """
    before: TargetPeriod = target.period.year_earlier
    if before.first_day < warehouse.observed_days[0]:
        return None
    orders = _figure(warehouse, "orders", before.first_day, before.last_day)
    whole = _figure(warehouse, target.metric, before.first_day, before.last_day)
    if orders < FEW_ORDERS or whole <= 0:
        return None
    part = _figure(warehouse, target.metric, before.first_day, year_back(day))
    return float(part / whole) if 0 <= part <= whole else None


def _figure(warehouse: Warehouse, metric: str, first: date, last: date) -> Any:
    """Return a metric of some days, which start with a month."""
    if metric == "new_customers":
        # Each customer is new once: in the month of the first order.
        months = warehouse.answers("monthly_customers", since=first, until=last)
        return sum(row["new"] for row in months)
    [row] = warehouse.answers((metric,), since=first, until=last)
    return row[metric]
