"""The one fact: a row for every accepted line of every order."""

from typing import TYPE_CHECKING

from regulars.core.schema import FACT_SALES
from regulars.transform.star.keys import or_unknown

if TYPE_CHECKING:
    from ibis.expr.types import Table


def fact_sales(lines: "Table", orders: "Table", products: "Table") -> "Table":
    """Return `tables.FACT_SALES`: accepted lines with the keys of their dimensions.

    The customer of a line is that of its order. Lines of every kind are here; which of them are
    goods is for the metrics to say.
    """
    order = orders.select("order_key", "customer_key", its_order="order_id")
    product = products.select("product_key", its_product="product_id")
    placed = lines.inner_join(order, lines.order_id == order.its_order)
    found = placed.left_join(product, placed.product_id == product.its_product)
    return found.mutate(
        product_key=or_unknown(found.product_key), ordered_on=found.ordered_at.date()
    ).select(*FACT_SALES.columns)
