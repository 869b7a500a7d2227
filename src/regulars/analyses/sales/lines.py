"""The lines behind the figures."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis
from regulars.analyses.shared.buyer_types import GUESTS, NEW, RETURNING, began_in, buyer_of
from regulars.analyses.shared.first_orders import first_moments
from regulars.core.columns import ColumnCard

if TYPE_CHECKING:
    from ibis.expr.types import Table

EVERYBODY = "everybody"
_SALES = (
    "ordered_on", "order_key", "customer_key", "product_key", "kind", "quantity", "unit_price",
    "discount", "net_amount", "source_id", "source_row",
)  # fmt: skip


@analysis(
    question="Which lines is it made of?",
    columns={
        "ordered_on": ColumnCard("Day", "date", "The day of the line"),
        "ordered_at": ColumnCard("Time", "date", "When its order was placed", "%H:%M"),
        "order_id": ColumnCard("Order", "text", "The shop's number of the order"),
        "kind": ColumnCard("Kind", "text", "Figures of sales count sale and return alone"),
        "customer_id": ColumnCard("Customer", "text", "Empty for a guest"),
        "location": ColumnCard("Place", "text", "Where it was ordered from"),
        "product_id": ColumnCard("Product", "text", "Product code"),
        "product_name": ColumnCard("Name", "text", "What the product is called now"),
        "category": ColumnCard("Category", "text", "The category that the product is in now"),
        "quantity": ColumnCard("Units", "units", "Negative when they came back", ",.15g"),
        "unit_price": ColumnCard("Price", "money", "List price of one unit", ",.2f"),
        "discount": ColumnCard("Discount", "share", "Share of the list price", ".1%"),
        "net_amount": ColumnCard("Amount", "money", "Units x price, less the discount", ",.2f"),
        "source_id": ColumnCard("Source", "text", "The file or sheet (table load_sources)"),
        "source_row": ColumnCard("Row", "count", "The row there, as it counts them itself", "d"),
    },
    options={
        "buyer": Option(EVERYBODY, "who bought them", choices=(EVERYBODY, RETURNING, NEW, GUESTS))
    },
)
def lines(star: Star, buyer: str = EVERYBODY) -> "Table":
    """Every line that was accepted, the latest first, with the row of the source it came from.

    Among them are those that figures of sales leave out, such as postage and cancelled orders. A
    buyer is new in the period of their first order, and returning after it.
    """
    orders = star.orders.select("order_key", "order_id", "ordered_at", "location")
    customers = star.customers.select("customer_key", "customer_id")
    products = star.products.select("product_key", "product_id", "product_name", "category")
    sales = star.sales if buyer == EVERYBODY else _of_buyers(star, buyer)
    told = (
        sales.select(*_SALES)
        .inner_join(orders, "order_key")
        .inner_join(customers, "customer_key")
        .inner_join(products, "product_key")
    )
    return latest_first(told.select(*lines.columns))


def _of_buyers(star: Star, wanted: str) -> "Table":
    told = star.sales.left_join(first_moments(star), "customer_key")
    return told.filter(buyer_of(told, began_in(told, star.period)) == wanted)


def latest_first(lines: "Table") -> "Table":
    """Return lines in their order: the latest orders first, each as it stands in its source."""
    latest = (ibis.desc("ordered_on"), ibis.desc("ordered_at"))
    return lines.order_by(*latest, "order_id", "source_id", "source_row")
