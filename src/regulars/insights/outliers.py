"""Single orders that explain most of a change in sales."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from regulars.analyses.shared.filters import keeping_parts_of_orders
from regulars.core.formatting import day
from regulars.insights.findings.shared import Formatter
from regulars.insights.periods import Span
from regulars.insights.scope import Scope

_LEAST_SHARE = Decimal("0.02")
_MOST = Decimal("0.5")


@dataclass(frozen=True)
class Outlier:
    """One order, of this period or the earlier one, without which the change would be another.

    change  the change in net sales, with the order
    """

    amount: Decimal
    day: date
    change: Decimal

    @property
    def rest(self) -> Decimal:
        """The change without the order."""
        return self.change - self.amount if self.change > 0 else self.change + self.amount

    def named(self, finding: str, money: Formatter) -> str:
        """Return a finding on the change with the order named before it."""
        order = f"One order of {money(self.amount)} on {day(self.day)} explains most of the change"
        return f"{order}: {finding[0].lower()}{finding[1:]}"

    def without(self, money: Formatter) -> str:
        """Return what the change would be without the order."""
        way = "up" if self.rest > 0 else "down"
        return f"Without that order, net sales would be {way} {money(abs(self.rest))}."


def find_outlier(scope: Scope, now: Span, before: Span) -> Outlier | None:
    """Return the order that makes up most of a change in net sales; None if there is none.

    It is the largest order of the period with more sales, at least half of the change and 2% of
    the earlier sales. Nothing is found where a filter keeps only parts of orders.
    """
    where = [column for column in scope.where if column != "segment"]
    if keeping_parts_of_orders(where):
        return None
    earlier = scope.measure("net_sales", before)
    change = scope.measure("net_sales", now) - earlier
    span = now if change > 0 else before
    [largest, _] = scope.rows("order_amounts", since=span.first, until=span.last)
    amount = largest["max"]
    if not change or amount is None or amount < max(abs(change) * _MOST, earlier * _LEAST_SHARE):
        return None
    return Outlier(amount, largest["max_on"], change)
