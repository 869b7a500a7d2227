"""What a customer buys most of all."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star
from regulars.analyses.segments.rfm import before_snapshot
from regulars.core.expressions import total

if TYPE_CHECKING:
    from ibis.expr.types import Table


def favourite_categories(star: Star) -> "Table":
    """Return each known customer's favourite category: customer_key, favourite_category.

    It is the one of most net sales of goods before the snapshot; of equals the first by name. Who
    bought nothing of any category is not here.
    """
    lines = before_snapshot(star)
    named = star.products.filter(star.products.category.notnull())
    products = named.select("product_key", favourite_category=named.category)
    goods = lines.filter(lines.kind.isin(("sale", "return"))).inner_join(products, "product_key")
    worth = goods.group_by("customer_key", "favourite_category").aggregate(
        worth=total(goods.net_amount)
    )
    order = [worth.worth.desc(), worth.favourite_category]
    placed = worth.mutate(place=ibis.row_number().over(group_by=worth.customer_key, order_by=order))
    return placed.filter(placed.place == 0).select("customer_key", "favourite_category")
