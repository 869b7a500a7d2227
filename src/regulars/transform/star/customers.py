"""The customer dimension, with the lifetime value of each customer."""

from typing import TYPE_CHECKING

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import total
from regulars.core.schema import DIM_CUSTOMER, MONEY
from regulars.transform.star.contract import with_unknown
from regulars.transform.star.keys import key_or_unknown, most_frequent

if TYPE_CHECKING:
    from ibis.expr.types import Table


@cached_expression
def dim_customer(
    customers: "Table",
    orders: "Table",
    sales: "Table",
    *,
    high_value_percentile: float,
) -> "Table":
    """Return `core.schema.DIM_CUSTOMER`: every customer, and the unknown one for guests.

    `customers` has customer_key and customer_id. High-value customers have lifetime net sales at or
    above the percentile among customers who ordered. The unknown customer has no orders and no net
    sales, so that it never counts as a person in customer metrics.
    """
    members = flag_high_value(summarize_customers(customers, orders, sales), high_value_percentile)
    zero = ibis.literal(0)
    return with_unknown(
        members,
        DIM_CUSTOMER,
        is_known=ibis.literal(False),
        is_high_value=ibis.literal(False),
        orders=zero,
        other_locations=zero,
        net_sales=zero,
    )


@cached_expression
def summarize_customers(customers: "Table", orders: "Table", sales: "Table") -> "Table":
    """Return customers with the figures of their orders and sales, without `is_high_value`."""
    joined = customers
    for figures in (_orders(orders), _locations(orders), _net_sales(sales)):
        joined = joined.left_join(figures, "customer_key", rname="{name}_right")
        joined = joined.drop("customer_key_right")
    return joined.mutate(
        is_known=ibis.literal(True),
        orders=ibis.coalesce(joined.orders, 0),
        other_locations=ibis.coalesce(joined.locations - 1, 0),
        net_sales=ibis.coalesce(joined.net_sales, ibis.literal(0).cast(MONEY)),
    )


@cached_expression
def flag_high_value(customers: "Table", percentile: float) -> "Table":
    """Return customers with `is_high_value`: net sales over 0 that reach the percentile of buyers.

    So tied customers are treated alike, also at the top.
    """
    net_sales = customers.net_sales.cast("float64")
    buyers = customers.filter(customers.orders > 0)
    limit = buyers.net_sales.cast("float64").quantile(percentile)
    is_high = (net_sales >= limit.as_scalar()).fill_null(False) & (net_sales > 0)
    is_above = (customers.orders > 0) & is_high
    return customers.mutate(is_high_value=is_above)


def _orders(orders: "Table") -> "Table":
    bought = orders.kind == "sale"
    return orders.group_by("customer_key").aggregate(
        orders=orders.count(where=bought),
        first_order_at=orders.ordered_at.min(where=bought),
        last_order_at=orders.ordered_at.max(where=bought),
        first_seen_at=orders.ordered_at.min(),
    )


def _locations(orders: "Table") -> "Table":
    locations = most_frequent(orders, by="customer_key", column="location")
    return locations.rename(locations="seen")


def _net_sales(sales: "Table") -> "Table":
    goods = sales.kind.isin(("sale", "return"))
    sums = sales.group_by("customer_key").aggregate(net_sales=total(sales.net_amount, goods))
    return sums.mutate(customer_key=key_or_unknown(sums.customer_key))
