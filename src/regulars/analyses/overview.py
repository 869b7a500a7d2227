"""The headline figures."""

from typing import TYPE_CHECKING

from regulars.define import Star, analysis, column_of
from regulars.metrics import customers as people
from regulars.metrics import sales as sold

if TYPE_CHECKING:
    from ibis.expr.types import Table

HEADLINES = (
    sold.gross_sales, sold.discounts, sold.returns, sold.net_sales, sold.orders, people.customers,
    sold.average_order_value, sold.units_per_order, people.repeat_rate, sold.return_rate,
)  # fmt: skip


@analysis(
    question="How is the shop doing?",
    columns={metric.name: column_of(metric) for metric in HEADLINES},
)
def kpis(star: Star) -> "Table":
    """The headline figures of the period, in one row."""
    return star.sales.aggregate(**{metric.name: metric(star.sales) for metric in HEADLINES})
