"""Findings on distributions: sizes of orders, time to the second order, moves, high value."""

from collections.abc import Sequence
from typing import Any

from regulars.core.formatting import counted, percent
from regulars.insights.findings.guards import FEW_CUSTOMERS, FEW_ORDERS
from regulars.insights.findings.shared import Formatter, Row, shortened, total

_LARGEST_PART = 0.1
_YEAR = 365


def order_sizes(bands: Sequence[Row], median: Any, money: Formatter) -> str:
    """Return the median order, and the share of net sales from the largest tenth of orders."""
    orders = total(bands, "orders")
    if orders < FEW_ORDERS:
        return f"Too few orders to describe their size ({counted(orders, 'order', 'orders')})"
    finding = f"Half of the orders are below {money(median)}"
    largest = _largest(bands)
    if not largest:
        return finding
    of_orders, of_sales = (
        sum(row[name] for row in largest) for name in ("share", "share_of_net_sales")
    )
    above = largest[0]["band"].removeprefix("over ").partition(" ")[0].replace(",", "")
    limit = money(int(above)).removesuffix(".00")
    return (
        f"{finding}; the {percent(of_orders)} above {limit} make up "
        f"{percent(of_sales)} of their total value"
    )


def _largest(bands: Sequence[Row]) -> Sequence[Row]:
    """Return the bands of the largest orders, together at most a tenth of all orders."""
    for first in range(1, len(bands)):
        if sum(row["share"] for row in bands[first:]) <= _LARGEST_PART:
            return bands[first:]
    return ()


def second_orders(rows: Sequence[Row]) -> str:
    """Return the share of new customers who ordered again within 30, 60 and 90 days."""
    shares = [row for row in rows if row["within_days"] <= 90 and row["customers"] >= FEW_CUSTOMERS]
    if not shares:
        seen = counted(max(row["customers"] for row in rows), "new customer", "new customers")
        return f"Too few new customers to say how soon they order again ({seen} so far)"
    first, *later = shares
    days = f"{first['within_days']} days"
    parts = [
        f"{percent(first['share'])} of new customers order again within {days}",
        *(f"{percent(row['share'])} within {row['within_days']}" for row in later),
    ]
    return parts[0] if not later else f"{', '.join(parts[:-1])} and {parts[-1]}"


def median_wait(rows: Sequence[Row]) -> str:
    """Return the median wait of those who ordered again within a year; empty for too few."""
    year = next((row for row in rows if row["within_days"] == _YEAR), None)
    if year is None or year["ordered_again"] < FEW_CUSTOMERS:
        return ""
    days = counted(round(year["median_days"]), "day", "days")
    return f"Half of those who ordered again within a year did so within {days}."


def moves(rows: Sequence[Row], lost: Sequence[str], days: int) -> str:
    """Return how many customers moved to the segments to win back, and from where most came.

    `lost` are these segments; a move from one to another does not count.
    """
    slipped = [row for row in rows if row["segment"] in lost and row["segment_before"] not in lost]
    where = " or ".join(lost)
    if not slipped:
        return f"No customers moved to {where} in the last {days} days"
    number, most = total(slipped, "customers"), max(slipped, key=lambda row: row["customers"])
    came = "" if len(slipped) == 1 else f", {most['customers']:,} of them"
    return (
        f"{counted(number, 'customer', 'customers')} moved to {where} in the last {days} days"
        f"{came} from {most['segment_before']}"
    )


def moves_of(rows: Sequence[Row], days: int) -> str:
    """Return how many customers of the current segments were in another one before."""
    everyone = total(rows, "customers")
    moved = total([row for row in rows if row["segment_before"] != row["segment"]], "customers")
    verb = "was" if moved == 1 else "were"
    customers = counted(everyone, "customer", "customers")
    return f"{moved:,} of {customers} {verb} not in this segment {days} days earlier"


def high_value(everywhere: Row, places: Sequence[Row]) -> str:
    """Return the share of high-value customers, and the place with the highest share."""
    finding = f"{percent(everywhere['share'])} of customers are high value"
    large = [row for row in places if row["customers"] >= FEW_CUSTOMERS]
    if len(large) < 2:
        return finding
    best = max(large, key=lambda row: row["share"])
    return (
        f"{finding}; the highest share is in {shortened(best['location'])}: "
        f"{percent(best['share'])} of {best['customers']:,}"
    )
