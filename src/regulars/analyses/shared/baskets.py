"""Baskets: whole orders, where a filter keeps only some of their lines."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star
from regulars.analyses.metrics.sales import average_order_value
from regulars.core.columns import ColumnCard

if TYPE_CHECKING:
    from ibis.expr.types import Scalar, Table

AVERAGE_BASKET = ColumnCard(
    "Average basket with it",
    "money",
    "Average value of the whole orders that contain what the filter selects, with everything else "
    "in them",
    ",.2f",
    "up",
)


def whole_orders(star: Star) -> "Table":
    """Return every line of the orders that have a sale in the star."""
    if star.has_whole_orders:
        return star.sales
    bought = star.sales.filter(star.sales.kind == "sale").select("order_key").distinct()
    return star.all_sales.semi_join(bought, "order_key")


def average_basket(star: Star) -> "Scalar":
    """Return the average value of the orders that have a sale in the star."""
    lines = whole_orders(star)
    return lines.aggregate(value=average_order_value(lines)).value.as_scalar()
