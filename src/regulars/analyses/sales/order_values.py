"""How much is spent in one order."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


def _amount(label: str, description: str) -> ColumnCard:
    return ColumnCard(label, "money", description, ",.2f", "up")


@analysis(
    question="How much is spent in one order?",
    columns={
        "scope": ColumnCard("Orders counted", "text", "All, or those below the percentile"),
        "orders": ColumnCard("Orders", "count", "Orders with an amount above 0", ",d"),
        "min": _amount("Smallest", "The smallest amount"),
        "mean": _amount("Mean", "The arithmetic mean"),
        "median": _amount("Median", "Half of the orders are smaller"),
        "mode": _amount("Most frequent", "The most frequent amount, the smallest of several"),
        "max": _amount("Largest", "The largest amount"),
    },
    options={
        "percentile": Option(
            0.85,
            "also without the largest orders, above this percentile",
            type=float,
            between=(0, 1),
        )
    },
)
def order_amounts(star: Star, percentile: float = 0.85) -> "Table":
    """The spread of order amounts, over all orders and without the largest.

    An order's amount is the net value of its goods; orders of nothing or less are left out.
    """
    amounts = _amounts(star)
    limit = amounts.amount.cast("float64").quantile(percentile).as_scalar()
    below = amounts.filter(amounts.amount.cast("float64") < limit)
    everything = _spread(amounts, "all orders", 0)
    most = _spread(below, f"below the {percentile * 100:g}th percentile", 1)
    return everything.union(most).order_by("place").drop("place")


def _amounts(star: Star) -> "Table":
    sales = star.sales.filter(star.sales.kind.isin(("sale", "return")))
    orders = sales.group_by("order_key").aggregate(amount=total(sales.net_amount))
    return orders.filter(orders.amount > 0)


def _spread(amounts: "Table", scope: str, place: int) -> "Table":
    value = amounts.amount.cast("float64")
    spread = amounts.aggregate(
        orders=amounts.count(),
        min=amounts.amount.min(),
        mean=ratio(amounts.amount.sum(), amounts.count()),
        median=value.median(),
        max=amounts.amount.max(),
    )
    return spread.mutate(
        scope=ibis.literal(scope), mode=_mode(amounts), place=ibis.literal(place)
    ).select(*order_amounts.columns, "place")


def _mode(amounts: "Table") -> "ibis.Scalar":
    times = amounts.group_by("amount").aggregate(times=amounts.count())
    first = times.order_by(times.times.desc(), times.amount).limit(1)
    return first.select("amount").as_scalar()
