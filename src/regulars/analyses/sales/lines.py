"""The order lines behind the figures."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis
from regulars.analyses.shared.buyer_types import GUESTS, NEW, RETURNING, buyer_type, is_new_in
from regulars.analyses.shared.first_orders import first_order_times
from regulars.core.columns import ColumnCard

if TYPE_CHECKING:
    from ibis.expr.types import Table

EVERYBODY = "everybody"
_SALES = (
    "ordered_on", "order_key", "customer_key", "product_key", "kind", "quantity", "unit_price",
    "discount", "net_amount", "source_id", "source_row",
)  # fmt: skip


@analysis(
    question="Which order lines are behind the figures?",
    columns={
        "ordered_on": ColumnCard("Day", "date", "Date of the line"),
        "ordered_at": ColumnCard("Time", "date", "Time of the order", "%H:%M"),
        "order_id": ColumnCard("Order", "text", "Order number in the shop's system"),
        "kind": ColumnCard(
            "Kind", "text", "Kind of line; sales figures include only sale and return"
        ),
        "customer_id": ColumnCard("Customer", "text", "Customer ID; empty for guests"),
        "location": ColumnCard("Location", "text", "Location of the order"),
        "store": ColumnCard("Store", "text", "Store of the order"),
        "product_id": ColumnCard("Product", "text", "Product code (SKU)"),
        "product_name": ColumnCard("Name", "text", "Current name of the product"),
        "category": ColumnCard("Category", "text", "Current category of the product"),
        "quantity": ColumnCard("Units", "units", "Negative for returned goods", ",.15g"),
        "unit_price": ColumnCard("Price", "money", "List price per unit", ",.2f"),
        "discount": ColumnCard("Discount", "share", "Discount as a share of the list price", ".1%"),
        "net_amount": ColumnCard("Amount", "money", "Units × price, minus discounts", ",.2f"),
        "source_id": ColumnCard("Source", "text", "File, sheet or sync (table load_sources)"),
        "source_row": ColumnCard("Row", "count", "Row number in the source", "d"),
    },
    options={
        "buyer": Option(EVERYBODY, "Customer type", choices=(EVERYBODY, RETURNING, NEW, GUESTS))
    },
)
def lines(star: Star, buyer: str = EVERYBODY) -> "Table":
    """Every accepted order line, latest first, with its row in the source.

    This includes lines that sales figures leave out, such as postage and cancelled orders.
    Buyers are new in the period of their first order, and returning afterwards.
    """
    orders = star.orders.select("order_key", "order_id", "ordered_at", "location", "store")
    customers = star.customers.select("customer_key", "customer_id")
    products = star.products.select("product_key", "product_id", "product_name", "category")
    sales = star.sales if buyer == EVERYBODY else _bought_by(star, buyer)
    joined = (
        sales.select(*_SALES)
        .inner_join(orders, "order_key")
        .inner_join(customers, "customer_key")
        .inner_join(products, "product_key")
    )
    return latest_first(joined.select(*lines.columns))


def _bought_by(star: Star, buyer: str) -> "Table":
    sales = star.sales.left_join(first_order_times(star), "customer_key")
    return sales.filter(buyer_type(sales, is_new_in(sales, star.period)) == buyer)


def latest_first(lines: "Table") -> "Table":
    """Return lines with the latest order first, in the order of the source within an order."""
    latest = (ibis.desc("ordered_on"), ibis.desc("ordered_at"))
    return lines.order_by(*latest, "order_id", "source_id", "source_row")
