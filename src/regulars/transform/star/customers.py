"""The customer dimension, with what each customer has been worth so far."""

from typing import TYPE_CHECKING

import ibis

from regulars.core.expressions import total
from regulars.core.schema import DIM_CUSTOMER, MONEY
from regulars.transform.star.contract import with_unknown
from regulars.transform.star.keys import most_frequent, or_unknown

if TYPE_CHECKING:
    from ibis.expr.types import Table


def dim_customer(
    customers: "Table",
    orders: "Table",
    sales: "Table",
    *,
    high_value_percentile: float,
) -> "Table":
    """Return `tables.DIM_CUSTOMER`: every customer, and the unknown one that stands for guests.

    `customers` gives customer_key and customer_id. High value is lifetime net sales above the
    percentile of customers who bought. The unknown customer has no orders and no value of its
    own, so that it can never stand for a person in a customer metric.
    """
    members = with_high_value(customers_so_far(customers, orders, sales), high_value_percentile)
    nothing = ibis.literal(0)
    return with_unknown(
        members,
        DIM_CUSTOMER,
        is_known=ibis.literal(False),
        is_high_value=ibis.literal(False),
        orders=nothing,
        other_locations=nothing,
        net_sales=nothing,
    )


def customers_so_far(customers: "Table", orders: "Table", sales: "Table") -> "Table":
    """Return the customers with what their orders and sales tell, but not who is of high value."""
    known = customers
    for facts in (_ordering(orders), _places(orders), _worth(sales)):
        known = known.left_join(facts, "customer_key", rname="{name}_again")
        known = known.drop("customer_key_again")
    return known.mutate(
        is_known=ibis.literal(True),
        orders=ibis.coalesce(known.orders, 0),
        other_locations=ibis.coalesce(known.locations - 1, 0),
        net_sales=ibis.coalesce(known.net_sales, ibis.literal(0).cast(MONEY)),
    )


def with_high_value(customers: "Table", percentile: float) -> "Table":
    """Return all customers with `is_high_value`: net sales above the percentile of who bought."""
    value = customers.net_sales.cast("float64")
    bar = customers.filter(customers.orders > 0).net_sales.cast("float64").quantile(percentile)
    above = (customers.orders > 0) & (value > bar.as_scalar()).fill_null(False)
    return customers.mutate(is_high_value=above)


def _ordering(orders: "Table") -> "Table":
    bought = orders.kind == "sale"
    return orders.group_by("customer_key").aggregate(
        orders=orders.count(where=bought),
        first_order_at=orders.ordered_at.min(where=bought),
        last_order_at=orders.ordered_at.max(where=bought),
        first_seen_at=orders.ordered_at.min(),
    )


def _places(orders: "Table") -> "Table":
    places = most_frequent(orders, by="customer_key", column="location")
    return places.rename(locations="seen")


def _worth(sales: "Table") -> "Table":
    goods = sales.kind.isin(("sale", "return"))
    worth = sales.group_by("customer_key").aggregate(net_sales=total(sales.net_amount, goods))
    return worth.mutate(customer_key=or_unknown(worth.customer_key))
