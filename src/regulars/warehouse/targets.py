"""Targets for net sales, orders or new customers in a month or a calendar quarter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from regulars.core import formatting
from regulars.core.calendar import month_start
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from regulars.engines.protocols import WarehouseTables

TABLE = "period_targets"
NET_SALES = "net_sales"
METRICS: Mapping[str, ColumnCard] = {
    NET_SALES: ColumnCard("Net sales", "money", "Sales minus returns", ",.2f", "up"),
    "orders": ColumnCard("Orders", "count", "Orders with at least one sale", ",d", "up"),
    "new_customers": ColumnCard(
        "New customers", "count", "Known customers whose first order is in the period", ",d", "up"
    ),
}
"""What can have a target: the metrics with their cards."""

GRAINS: Mapping[str, int] = {"month": 1, "quarter": 3}
"""The number of months in a period."""

_PERIOD = re.compile(r"(?P<year>\d{4})-(?:(?P<month>0[1-9]|1[0-2])|[Qq](?P<quarter>[1-4]))")
_AMOUNT = re.compile(r"\d{1,14}(\.\d{1,2})?")
"""At most two decimals: 1.200 could mean 1,200."""


@dataclass(frozen=True, order=True)
class TargetPeriod:
    """A month, or a calendar quarter. `str()` writes it as 2011-11 or 2011-Q4."""

    first_day: date
    grain: str = "month"

    @property
    def last_day(self) -> date:
        """The last day."""
        return month_start(self.first_day, GRAINS[self.grain]) - timedelta(days=1)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last_day - self.first_day).days + 1

    @property
    def year_earlier(self) -> "TargetPeriod":
        """The same period of the previous year."""
        return TargetPeriod(month_start(self.first_day, -12), self.grain)

    @property
    def words(self) -> str:
        """The period for a sentence: November 2011, or Q4 2011."""
        if self.grain == "month":
            return formatting.month(self.first_day)
        return f"Q{self._quarter} {self.first_day.year}"

    @property
    def short_words(self) -> str:
        """The period for a table: Nov 2011, or Q4 2011."""
        return f"{self.first_day:%b %Y}" if self.grain == "month" else self.words

    @property
    def _quarter(self) -> int:
        return (self.first_day.month + 2) // 3

    def __str__(self) -> str:
        year = f"{self.first_day:%Y}"
        return f"{self.first_day:%Y-%m}" if self.grain == "month" else f"{year}-Q{self._quarter}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period written as 2011-11 or 2011-Q4. Raises InputError for anything else."""
        found = _PERIOD.fullmatch(text.strip())
        if not found or found["year"] == "0000":
            raise InputError(
                f'"{text}" is not a month or a quarter. Write it as 2011-11 or 2011-Q4.'
            )
        if found["month"]:
            return cls(date(int(found["year"]), int(found["month"]), 1))
        return cls(date(int(found["year"]), int(found["quarter"]) * 3 - 2, 1), "quarter")


@dataclass(frozen=True)
class Target:
    """What a metric should reach in a period.

    metric  one of `METRICS`
    """

    period: TargetPeriod
    amount: Decimal
    metric: str = NET_SALES
    author: str = ""
    set_at: datetime | None = None

    @property
    def card(self) -> ColumnCard:
        """The card of the metric."""
        return METRICS[self.metric]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the target in a row of the table."""
        period = TargetPeriod(row["first_day"], row["grain"])
        return cls(period, row["amount"], row["metric"], row["author"], row["set_at"])


def read_targets(tables: "WarehouseTables") -> tuple[Target, ...]:
    """Return all targets by period; none if the warehouse never had one."""
    if TABLE not in tables.tables():
        return ()
    targets = map(Target.of, tables.fetch(tables.table(TABLE)))
    order = list(METRICS)
    return tuple(sorted(targets, key=lambda one: (one.period, order.index(one.metric))))


def parse_amount(text: str, metric: str = NET_SALES) -> Decimal:
    """Return the amount of a target. Raises InputError unless it is unambiguous."""
    text = text.strip()
    if not _AMOUNT.fullmatch(text):
        raise InputError(
            f'"{text}" is not an amount. Write it as 1200000 or 1200000.50, without a currency '
            "sign or separators."
        )
    return checked_amount(Decimal(text), metric)


def checked_amount(amount: Decimal, metric: str) -> Decimal:
    """Return the amount. Raises InputError unless it is above 0, and whole if it is a count."""
    if amount <= 0:
        raise InputError("A target must be above 0. To remove one:  regulars targets remove PERIOD")
    if amount != round(amount, 2):
        raise InputError(f"{amount} has more than two decimals.")
    if METRICS[metric].unit == "count" and amount % 1:
        raise InputError(f"A target for {METRICS[metric].label.lower()} is a whole number.")
    return amount


def checked_metric(metric: str) -> str:
    """Return the metric. Raises InputError, naming the closest, if it can have no target."""
    if metric not in METRICS:
        names = ", ".join(METRICS)
        hint = did_you_mean(metric, METRICS)
        raise InputError(f'There are no targets for "{metric}", only for {names}.{hint}')
    return metric
