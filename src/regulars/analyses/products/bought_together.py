"""Products that are bought together."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="What do customers buy together with a product?",
    columns={
        "product_id": ColumnCard("Product", "text", "Product code (SKU)"),
        "product_name": ColumnCard("Name", "text", "Current name of the product"),
        "orders": ColumnCard(
            "Orders with both", "count", "Orders with this product and what the filter selects",
            ",d", "up",
        ),
        "share": ColumnCard(
            "Share of its orders", "share",
            "Share of the orders with what the filter selects that also contain this product",
            ".1%", "up",
        ),
        "share_of_all": ColumnCard(
            "Share of all orders", "share",
            "Share of all orders of the period, under the other filters, that contain this product",
            ".1%",
        ),
        "lift": ColumnCard(
            "Times as often", "score",
            "Share of its orders divided by the share of all orders: above 1, the two are bought "
            "together more often than by chance", ",.1f", "up",
        ),
    },
)  # fmt: skip
def bought_together(star: Star) -> "Table":
    """Other products in the orders that contain a product, most frequent first.

    Needs a filter on a product or a category: the result lists the products that the filter does
    not select. Without such a filter it is empty. All orders are those that the other filters
    select, such as a location.
    """
    matching = star.sales.filter(star.sales.kind == "sale")
    sold = star.whole_orders.filter(star.whole_orders.kind == "sale")
    every = sold.select("order_key", "product_key").distinct()
    selected = matching.select("order_key").distinct()
    in_both = every.semi_join(selected, "order_key").anti_join(matching, "product_key")
    together = in_both.group_by("product_key").aggregate(orders=in_both.count())
    overall = every.group_by("product_key").aggregate(of_all=every.count())
    counted = together.inner_join(overall, "product_key")
    shares = counted.mutate(
        share=ratio(counted.orders, selected.count().as_scalar()),
        share_of_all=ratio(counted.of_all, every.order_key.nunique().as_scalar()),
    )
    named = shares.mutate(lift=ratio(shares.share, shares.share_of_all)).inner_join(
        star.products.select("product_key", "product_id", "product_name"), "product_key"
    )
    result = named.select(*bought_together.columns)
    return result.order_by(ibis.desc("orders"), "product_id", "product_name")
