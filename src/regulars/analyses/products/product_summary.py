"""One row per product: what it sells, what is returned, and who buys it."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import goods
from regulars.core.columns import ColumnCard
from regulars.core.expressions import is_known_customer, ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

_METRICS = (
    sold.net_sales, sold.units, sold.orders, people.customers, people.repeat_rate,
    sold.net_sales_per_order, sold.returns, sold.return_rate,
)  # fmt: skip


@analysis(
    question="How does each product sell, and who buys it?",
    columns={
        "product_id": ColumnCard("Product", "text", "Product code (SKU)"),
        "product_name": ColumnCard("Name", "text", "Current name of the product"),
        "category": ColumnCard("Category", "text", "Current category of the product"),
        **{metric.name: metric_column(metric) for metric in _METRICS},
        "first_purchases": ColumnCard(
            "First purchases", "count", "Known customers whose first order contained it", ",d", "up"
        ),
        "first_purchase_share": ColumnCard(
            "Share of buyers", "share",
            "First purchases as a share of the known customers who bought it", ".1%",
        ),
        "first_sold_on": ColumnCard("First sold", "date", "Day of its first sale"),
        "last_sold_on": ColumnCard("Last sold", "date", "Day of its last sale"),
    },
)  # fmt: skip
def product_summary(star: Star) -> "Table":
    """Every product sold or returned, with its sales, buyers and returns, largest first.

    Filters and periods limit what is counted. A first purchase is one in a customer's first order
    ever.
    """
    lines = goods(star.sales)
    is_sale = lines.kind == "sale"
    figures = lines.group_by("product_key").aggregate(
        **{metric.name: metric(lines) for metric in _METRICS if metric is not people.repeat_rate},
        first_sold_on=lines.ordered_on.min(where=is_sale),
        last_sold_on=lines.ordered_on.max(where=is_sale),
    )
    products = star.products.select("product_key", "product_id", "product_name", "category")
    joined = figures.inner_join(products, "product_key")
    for details in (people.repeat_rates(lines, "product_key"), _first_purchases(star, lines)):
        joined = joined.left_join(details, "product_key").drop("product_key_right")
    counted = joined.mutate(first_purchases=joined.first_purchases.fill_null(0))
    shared = counted.mutate(first_purchase_share=ratio(counted.first_purchases, counted.customers))
    result = shared.select(*product_summary.columns)
    return result.order_by(ibis.desc("net_sales"), "product_id", "product_name")


def _first_purchases(star: Star, lines: "Table") -> "Table":
    """Return the customers whose first order contained each product, by product_key."""
    orders = star.orders.select("order_key", "ordered_at")
    customers = star.customers.select("customer_key", "first_order_at")
    known = lines.filter((lines.kind == "sale") & is_known_customer(lines.customer_key))
    bought = known.select("product_key", "customer_key", "order_key").distinct()
    timed = bought.inner_join(orders, "order_key").inner_join(customers, "customer_key")
    first = timed.filter(timed.ordered_at == timed.first_order_at)
    return first.group_by("product_key").aggregate(first_purchases=first.customer_key.nunique())
