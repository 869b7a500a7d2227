"""Orders that a credit undoes."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis
from regulars.core.columns import ColumnCard

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="Which orders does a later credit undo?",
    columns={
        "ordered_on": ColumnCard("Ordered", "date", "Day of the order"),
        "order_id": ColumnCard("Order", "text", "Order number in the shop's system"),
        "credited_on": ColumnCard("Credited", "date", "Day of the credit"),
        "credit_id": ColumnCard("Credit", "text", "Number of the credit that undoes it"),
        "customer_id": ColumnCard("Customer", "text", "Customer ID"),
        "location": ColumnCard("Location", "text", "Location of the order"),
        "amount": ColumnCard("Amount", "money", "Amount of the order and of its credit", ",.2f"),
        "matched_by": ColumnCard(
            "Matched by", "text", "lines: the same lines. amount: an adjustment of the same amount."
        ),
    },
)
def corrections(star: Star) -> "Table":
    """Orders that a credit undoes within days, and that credit, largest first.

    Such an order counts as cancelled: neither the order nor its credit is in any sales figure.
    """
    orders = star.orders.select("order_id", "customer_key", "location")
    customers = star.customers.select("customer_key", "customer_id")
    named = star.corrections.inner_join(orders, "order_id").inner_join(customers, "customer_key")
    days = named.mutate(ordered_on=named.ordered_at.date(), credited_on=named.credited_at.date())
    return days.select(*corrections.columns).order_by(ibis.desc("amount"), "order_id")
