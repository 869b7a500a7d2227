"""The customers who matter most, by place."""

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
        "location": ColumnCard("Location", "text", "Where the customer mostly orders from"),
        "customers": ColumnCard("Customers", "count", "Known customers who bought", ",d", "up"),
        "high_value_customers": ColumnCard(
            "High-value customers", "count", "Lifetime net sales above the shop's percentile", ",d"
        ),
        "share": ColumnCard("Share", "share", "Of customers who are high value", ".1%", "up"),
        "high_value_average_order_value": ColumnCard(
            "AOV high value", "money", "Net sales per order of high-value customers", ",.2f", "up"
        ),
        "other_average_order_value": ColumnCard(
            "AOV others", "money", "Net sales per order of all other customers", ",.2f", "up"
        ),
        "high_value_average_discount": ColumnCard(
            "Discount high value", "share", "Discounts as a share of gross sales", ".1%"
        ),
        "other_average_discount": ColumnCard(
            "Discount others", "share", "Discounts as a share of gross sales", ".1%"
        ),
    },
    chart="bar",
)
def high_value(star: Star) -> "Table":
    """High-value customers over all (first row) and by location, with how both groups buy."""
    per_customer = _per_customer(star)
    overall = _summed(per_customer.mutate(location=ibis.literal(EVERYWHERE)), 0)
    return (
        overall.union(_summed(per_customer, 1))
        .order_by("place", ibis.desc("high_value_customers"), ibis.desc("customers"), "location")
        .drop("place")
    )


def _per_customer(star: Star) -> "Table":
    """Return each customer who bought: location, is_high_value, net, gross, taken, orders."""
    sales = star.sales.filter(is_known_customer(star.sales.customer_key))
    bought = sales.kind == "sale"
    sums = sales.group_by("customer_key").aggregate(
        net=total(sales.net_amount, sales.kind.isin(("sale", "return"))),
        gross=total(sales.gross_amount, bought),
        taken=total(sales.discount_amount, bought),
        orders=sales.order_key.nunique(where=bought),
    )
    who = star.customers.select("customer_key", "location", "is_high_value")
    return sums.filter(sums.orders > 0).inner_join(who, "customer_key")


def _summed(customers: "Table", place: int) -> "Table":
    high: BooleanValue = customers.is_high_value

    def of(part: str, whole: str, group: "BooleanValue") -> ibis.Value:
        return ratio(customers[part].sum(where=group), customers[whole].sum(where=group))

    grouped = customers.group_by("location").aggregate(
        customers=customers.count(),
        high_value_customers=customers.count(where=high),
        high_value_average_order_value=of("net", "orders", high),
        other_average_order_value=of("net", "orders", ~high),
        high_value_average_discount=of("taken", "gross", high),
        other_average_discount=of("taken", "gross", ~high),
    )
    shared = grouped.mutate(share=ratio(grouped.high_value_customers, grouped.customers))
    return shared.mutate(place=ibis.literal(place)).select(*high_value.columns, "place")
