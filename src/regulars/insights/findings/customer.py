"""Findings on one customer: pure functions from the rows of an analysis to a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from regulars.analyses.customers.customer_summary import FEWEST_GAPS
from regulars.core.formatting import counted, day, month
from regulars.insights.findings.shared import Formatter, Row

MARKS: Mapping[str, str] = {
    "sale": "", "return": "Return", "cancelled": "Cancelled", "reversal": "Credit of a cancelled "
    "order", "fee": "Fee", "adjustment": "Adjustment", "voucher": "Voucher", "test": "Test",
}  # fmt: skip
"""The label of each kind of order; orders that count have none."""


def worth(summary: Row, money: Formatter) -> str:
    """Return what a customer has spent so far, and in how many orders."""
    if not summary["orders"]:
        return "No orders that count"
    orders = counted(summary["orders"], "order", "orders")
    return f"Spent {money(summary['net_sales'])} in {orders}"


def rhythm(summary: Row, last_day: date) -> str:
    """Return how often a customer orders and when the next order is due, if that can be known.

    `last_day` is the last day of the data.
    """
    if not summary["orders"]:
        return ""
    if summary["median_gap"] is None:
        return (
            f"Orders on {counted(summary['order_days'], 'day', 'days')} so far; it takes "
            f"{FEWEST_GAPS + 1} days to say when the next order is due."
        )
    gap, due = _days(summary["median_gap"]), summary["next_order_on"]
    usual = f"The median gap between orders is {gap}"
    if due > last_day:
        return f"{usual}, so the next order is due on {day(due)}."
    if due == last_day:
        return f"{usual}, so the next order is due on the last day of the data."
    late = counted((last_day - due).days, "day", "days")
    return f"{usual}, so an order was due on {day(due)}, {late} before the data ends."


def orders(history: Sequence[Row]) -> str:
    """Return how many orders, returns and cancelled orders a customer has."""
    kinds = [row["kind"] for row in history]
    found = [counted(kinds.count("sale"), "order", "orders")]
    if returns := kinds.count("return"):
        found.append(counted(returns, "return", "returns"))
    if cancelled := kinds.count("cancelled"):
        found.append(counted(cancelled, "cancelled order", "cancelled orders"))
    *others, last = found
    return f"{', '.join(others)} and {last}" if others else last


@dataclass(frozen=True)
class Spell:
    """Months in a row in which a customer was in the same segment."""

    segment: str
    first: date
    last: date
    months: int


def spells(history: Sequence[Row]) -> list[Spell]:
    """Return the segments of a customer over time, the latest first."""
    found: list[Spell] = []
    for row in sorted(history, key=lambda row: row["month"]):
        if found and found[-1].segment == row["segment"]:
            before = found.pop()
            spell = Spell(before.segment, before.first, row["month"], before.months + 1)
        else:
            spell = Spell(row["segment"], row["month"], row["month"], 1)
        found.append(spell)
    return found[::-1]


def segment(now: str | None, history: Sequence[Spell]) -> str:
    """Return the segment of a customer, and the one before."""
    if now is None:
        return "In no segment: no orders that count"
    if not history:
        return f"In {now}"
    latest, *earlier = history
    if latest.segment != now:
        return f"In {now}; in {latest.segment} until the end of {month(latest.last)}"
    since = f"In {now} since the end of {month(latest.first)}"
    return f"{since}; before that, in {earlier[0].segment}" if earlier else since


def favourites(products: Sequence[Row], summary: Row, money: Formatter) -> str:
    """Return the product that a customer has spent most on."""
    if not products or products[0]["net_sales"] <= 0:
        return "No products with net sales"
    first = products[0]
    of_orders = f"{first['orders']:,} of {counted(summary['orders'], 'order', 'orders')}"
    return f"Spent most on {first['product']}: {money(first['net_sales'])}, in {of_orders}"


def _days(gap: float) -> str:
    return "1 day" if gap == 1 else f"{gap:,.15g} days"
