"""High-value customers by location."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis
from regulars.core.columns import ColumnCard
from regulars.core.expressions import is_known_customer, ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

EVERYWHERE = "All locations"


@analysis(
    question="Where are our best customers, and do they buy at a discount?",
    columns={
        "location": ColumnCard("Location", "text", "Location of most of the customer's orders"),
        "customers": ColumnCard("Customers", "count", "Known customers who ordered", ",d", "up"),
        "high_value_customers": ColumnCard(
            "High-value customers",
            "count",
            "Customers whose lifetime net sales reach the high-value percentile (80th by default)",
            ",d",
        ),
        "share": ColumnCard("Share", "share", "Share of customers who are high value", ".1%", "up"),
        "high_value_average_order_value": ColumnCard(
            "AOV, high value", "money", "Average order value of high-value customers", ",.2f", "up"
        ),
        "other_average_order_value": ColumnCard(
            "AOV, others", "money", "Average order value of all other customers", ",.2f", "up"
        ),
        "high_value_net_sales_per_order": ColumnCard(
            "Net sales per order with it, high value", "money",
            "Net sales of what the filter selects, per order with it, of high-value customers",
            ",.2f", "up",
        ),
        "other_net_sales_per_order": ColumnCard(
            "Net sales per order with it, others", "money",
            "Net sales of what the filter selects, per order with it, of all other customers",
            ",.2f", "up",
        ),
        "high_value_average_discount": ColumnCard(
            "Discount, high value", "share", "Average discount of high-value customers", ".1%"
        ),
        "other_average_discount": ColumnCard(
            "Discount, others", "share", "Average discount of all other customers", ".1%"
        ),
    },
    chart="bar",
    for_parts={
        f"{group}_average_order_value": (f"{group}_net_sales_per_order",)
        for group in ("high_value", "other")
    },
)  # fmt: skip
def high_value(star: Star) -> "Table":
    """High-value customers in total (first row) and by location, compared with other customers.

    Under a filter that keeps only parts of orders, the value of these parts per order replaces the
    average order value.
    """
    customers = _per_customer(star)
    overall = _by_location(customers.mutate(location=ibis.literal(EVERYWHERE)), 0)
    return (
        overall.union(_by_location(customers, 1))
        .order_by("position", ibis.desc("high_value_customers"), ibis.desc("customers"), "location")
        .select(*high_value.names(has_whole_orders=star.has_whole_orders))
    )


def _per_customer(star: Star) -> "Table":
    """Return the customers who ordered: location, is_high_value, net, gross, discounts, orders."""
    sales = star.sales.filter(is_known_customer(star.sales.customer_key))
    bought = sales.kind == "sale"
    sums = sales.group_by("customer_key").aggregate(
        net=total(sales.net_amount, sales.kind.isin(("sale", "return"))),
        gross=total(sales.gross_amount, bought),
        discounts=total(sales.discount_amount, bought),
        orders=sales.order_key.nunique(where=bought),
    )
    traits = star.customers.select("customer_key", "location", "is_high_value")
    return sums.filter(sums.orders > 0).inner_join(traits, "customer_key")


def _by_location(customers: "Table", position: int) -> "Table":
    high: BooleanValue = customers.is_high_value

    def average(part: str, whole: str, group: "BooleanValue") -> ibis.Value:
        return ratio(customers[part].sum(where=group), customers[whole].sum(where=group))

    grouped = customers.group_by("location").aggregate(
        customers=customers.count(),
        high_value_customers=customers.count(where=high),
        **{
            f"{group}_{name}": average("net", "orders", members)
            for name in ("average_order_value", "net_sales_per_order")
            for group, members in (("high_value", high), ("other", ~high))
        },
        high_value_average_discount=average("discounts", "gross", high),
        other_average_discount=average("discounts", "gross", ~high),
    )
    return grouped.mutate(
        share=ratio(grouped.high_value_customers, grouped.customers),
        position=ibis.literal(position),
    ).select(*high_value.columns, "position")
