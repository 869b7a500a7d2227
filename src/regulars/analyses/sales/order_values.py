"""Order amounts."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis
from regulars.analyses.shared.baskets import whole_orders
from regulars.analyses.shared.columns import goods
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


def _amount(label: str, description: str) -> ColumnCard:
    return ColumnCard(label, "money", description, ",.2f", "up")


@analysis(
    question="How much do customers spend per order?",
    columns={
        "scope": ColumnCard("Orders included", "text", "All orders, or those below the percentile"),
        "orders": ColumnCard("Orders", "count", "Orders with an amount above 0", ",d"),
        "min": _amount("Smallest", "Smallest order amount"),
        "mean": _amount("Mean", "Average order amount"),
        "median": _amount("Median", "Half of the orders are smaller, half are larger"),
        "mode": _amount("Most common", "Most common order amount; the smallest if there is a tie"),
        "max": _amount("Largest", "Largest order amount"),
        "max_on": ColumnCard(
            "Day of the largest", "date", "Day of the largest order; the first if there is a tie"
        ),
    },
    options={
        "percentile": Option(
            0.85,
            "Leave out orders above this percentile in the second row",
            type=float,
            between=(0, 1),
        )
    },
)
def order_amounts(star: Star, percentile: float = 0.85) -> "Table":
    """The distribution of order amounts, for all orders and without the largest.

    An order's amount is its net sales. Orders with an amount of 0 or less are left out. A filter on
    products selects orders that contain them, and whole orders count.
    """
    amounts = _amounts(star)
    limit = amounts.amount.cast("float64").quantile(percentile).as_scalar()
    below = amounts.filter(amounts.amount.cast("float64") < limit)
    every_order = _distribution(amounts, "all orders", 0)
    most_orders = _distribution(below, f"below the {percentile * 100:g}th percentile", 1)
    return every_order.union(most_orders).order_by("position").drop("position")


def _amounts(star: Star) -> "Table":
    sales = goods(whole_orders(star))
    orders = sales.group_by("order_key").aggregate(
        amount=total(sales.net_amount), ordered_on=sales.ordered_on.min()
    )
    return orders.filter(orders.amount > 0)


def _distribution(amounts: "Table", scope: str, position: int) -> "Table":
    value = amounts.amount.cast("float64")
    distribution = amounts.aggregate(
        orders=amounts.count(),
        min=amounts.amount.min(),
        mean=ratio(amounts.amount.sum(), amounts.count()),
        median=value.median(),
        max=amounts.amount.max(),
    )
    return distribution.mutate(
        scope=ibis.literal(scope),
        mode=_mode(amounts),
        max_on=_day_of_largest(amounts),
        position=ibis.literal(position),
    ).select(*order_amounts.columns, "position")


def _day_of_largest(amounts: "Table") -> "ibis.Scalar":
    largest = amounts.order_by(amounts.amount.desc(), amounts.ordered_on).limit(1)
    return largest.select("ordered_on").as_scalar()


def _mode(amounts: "Table") -> "ibis.Scalar":
    times = amounts.group_by("amount").aggregate(times=amounts.count())
    first = times.order_by(times.times.desc(), times.amount).limit(1)
    return first.select("amount").as_scalar()
