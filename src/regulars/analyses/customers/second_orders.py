"""How soon new customers order again."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Star, analysis
from regulars.core.columns import ColumnCard
from regulars.core.expressions import first_of_month, is_known_customer, ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

WITHIN = (30, 60, 90, 180, 365)


@analysis(
    question="How soon do new customers order again?",
    columns={
        "within_days": ColumnCard("Within", "days", "Days after the first order", "d"),
        "customers": ColumnCard(
            "New customers", "count", "New customers whose first order was at least this many "
            "days before the end of the data", ",d",
        ),
        "ordered_again": ColumnCard(
            "Ordered again", "count", "How many of them ordered again within this many days", ",d",
            "up",
        ),
        "share": ColumnCard("Share", "share", "Share who ordered again", ".1%", "up"),
        "median_days": ColumnCard(
            "Median", "days", "Half of those who ordered again did so within this many days",
            ",.0f", "down",
        ),
    },
    chart="bar",
)  # fmt: skip
def second_orders(star: Star) -> "Table":
    """How many new customers ordered again within 30, 60, 90, 180 and 365 days.

    Only customers whose first order is that long ago count. Another order on the same day is not a
    second order. Customers who first ordered in the first month of the data are left out, because
    they may have ordered before. A period or a filter selects customers by their first order; their
    second order can be any order in the shop.
    """
    customers, steps = _first_and_second(star), _steps()
    cells = customers.cross_join(steps)
    is_observed = cells.observed >= cells.within_days
    is_again = is_observed & (cells.waited <= cells.within_days)
    # Spark has no median with a condition, but none counts NULL.
    timed = cells.mutate(
        is_observed=is_observed, days=ibis.ifelse(is_again, cells.waited.cast("float64"), None)
    )
    counted = timed.group_by("within_days").aggregate(
        customers=timed.count(where=timed.is_observed),
        ordered_again=timed.days.count(),
        median_days=timed.days.median(),
    )
    shares = counted.mutate(share=ratio(counted.ordered_again, counted.customers))
    return shares.select(*second_orders.columns).order_by("within_days")


def ordered_again(star: Star) -> "Table":
    """Return how soon customers ordered again: customer_key, ordered_again (within 30 days, ...).

    A customer who did within 30 days has a row for 60 days, too. The customers are those of
    `second_orders`.
    """
    shop = replace(star, sales=star.all_sales)
    cells = _first_and_second(shop).cross_join(_steps())
    again = cells.filter(cells.observed >= cells.within_days, cells.waited <= cells.within_days)
    name = ibis.literal("within ") + again.within_days.cast("string") + " days"
    return cast("Table", again.select("customer_key", ordered_again=name))


def _first_and_second(star: Star) -> "Table":
    """Return new customers: customer_key, observed (days since), waited (days to the second)."""
    orders = _order_days(star.all_sales)
    firsts = orders.group_by("customer_key").aggregate(first=orders.ordered_on.min())
    days = orders.inner_join(firsts, "customer_key")
    later = days.ordered_on > days["first"]
    bought = days.group_by("customer_key", "first").aggregate(
        second=days.ordered_on.min(where=later)
    )
    days_seen = star.all_dates.filter(star.all_dates.is_observed)
    ends = days_seen.aggregate(start=days_seen.date.min(), end=days_seen.date.max())
    timed = bought.cross_join(ends)
    customers = timed.filter(first_of_month(timed["first"]) > first_of_month(timed.start)).select(
        "customer_key", "first",
        observed=timed.end.delta(timed["first"], unit="day").cast("int64"),
        waited=timed.second.delta(timed["first"], unit="day").cast("int64"),
    )  # fmt: skip
    if star.sales.equals(star.all_sales):
        return customers
    matching = _order_days(star.sales).rename(first="ordered_on")
    return cast("Table", customers.semi_join(matching, ["customer_key", "first"]))


def _order_days(sales: "Table") -> "Table":
    bought = sales.filter(sales.kind == "sale", is_known_customer(sales.customer_key))
    return bought.select("customer_key", "ordered_on").distinct()


def _steps() -> "Table":
    days = ibis.literal(list(WITHIN), type="array<int64>").unnest().name("within_days")
    return cast("Table", days.as_table())
