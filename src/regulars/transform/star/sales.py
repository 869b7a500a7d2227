"""The sales fact: one row for every accepted line."""

from typing import TYPE_CHECKING

from regulars.core.cached import cached_expression
from regulars.core.schema import FACT_SALES
from regulars.transform.star.keys import key_or_unknown

if TYPE_CHECKING:
    from ibis.expr.types import Table


@cached_expression
def fact_sales(lines: "Table", orders: "Table", products: "Table") -> "Table":
    """Return `core.schema.FACT_SALES`: accepted lines with the keys of their dimensions.

    The customer of a line is that of its order. Lines of every kind are included; metrics choose.
    """
    order_keys = orders.select("order_key", "customer_key", known_order="order_id")
    product_keys = products.select("product_key", known_product="product_id")
    keyed = lines.inner_join(order_keys, lines.order_id == order_keys.known_order)
    joined = keyed.left_join(product_keys, keyed.product_id == product_keys.known_product)
    return joined.mutate(
        product_key=key_or_unknown(joined.product_key), ordered_on=joined.ordered_at.date()
    ).select(*FACT_SALES.columns)
