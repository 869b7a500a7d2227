"""The favourite category of each customer."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star
from regulars.analyses.segments.scores import before_snapshot
from regulars.analyses.shared.columns import goods
from regulars.core.expressions import total

if TYPE_CHECKING:
    from ibis.expr.types import Table


def favourite_categories(star: Star) -> "Table":
    """Return the favourite category of each known customer: customer_key, favourite_category.

    It is the category with the highest net sales of goods before the snapshot, the first by name
    if there is a tie. Customers who bought from no category are left out.
    """
    categorised = star.products.filter(star.products.category.notnull())
    products = categorised.select("product_key", favourite_category=categorised.category)
    lines = goods(before_snapshot(star)).inner_join(products, "product_key")
    spent = lines.group_by("customer_key", "favourite_category").aggregate(
        net_sales=total(lines.net_amount)
    )
    order = [spent.net_sales.desc(), spent.favourite_category]
    ranked = spent.mutate(rank=ibis.row_number().over(group_by=spent.customer_key, order_by=order))
    return ranked.filter(ranked["rank"] == 0).select("customer_key", "favourite_category")
