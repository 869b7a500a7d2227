"""Headline figures, for a period and by month."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Metric, Star, analysis, metric_column
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.baskets import AVERAGE_BASKET, average_basket, whole_orders
from regulars.analyses.shared.columns import IS_COMPLETE, MONTH, fill_months, with_month
from regulars.core.columns import ColumnCard

if TYPE_CHECKING:
    from ibis.expr.types import Table

_BASKET = "average_basket"
HEADLINES = (
    sold.gross_sales, sold.discounts, sold.returns, sold.net_sales, sold.adjustments, sold.orders,
    people.customers, sold.average_order_value, sold.units_per_order, people.repeat_rate,
    sold.return_rate,
)  # fmt: skip


_FOR_PARTS = {sold.average_order_value.name: (sold.net_sales_per_order.name, _BASKET)}


def _columns(*metrics: Metric) -> dict[str, ColumnCard]:
    """Return the cards of metrics, with those in place of the average order value."""
    columns = {}
    for metric in metrics:
        columns[metric.name] = metric_column(metric)
        if metric is sold.average_order_value:
            columns[sold.net_sales_per_order.name] = metric_column(sold.net_sales_per_order)
            columns[_BASKET] = AVERAGE_BASKET
    return columns


@analysis(
    question="How is the shop doing?",
    columns=_columns(*HEADLINES),
    for_parts=_FOR_PARTS,
)
def kpis(star: Star) -> "Table":
    """Sales, orders, customers and rates of the period, in one row.

    A filter on products, or on lines such as their discount, keeps only parts of orders. There is
    then no average order value, but net sales per order with it, and the average basket with it.
    """
    metrics = _headlines(star)
    figures = {metric.name: metric(star.sales) for metric in metrics}
    if not star.has_whole_orders:
        figures[_BASKET] = average_basket(star)
    return star.sales.aggregate(**figures).select(
        *kpis.names(has_whole_orders=star.has_whole_orders)
    )


@analysis(
    question="How do the headline figures change from month to month?",
    columns={"month": MONTH, **_columns(*HEADLINES), "is_complete": IS_COMPLETE},
    chart="line",
    for_parts=_FOR_PARTS,
)
def monthly_kpis(star: Star) -> "Table":
    """Sales, orders, customers and rates of each month, counting only orders of that month.

    Filters on products change the columns as in `kpis`.
    """
    sales = with_month(star.sales)
    grouped = sales.group_by("month").aggregate(
        **{one.name: one(sales) for one in _headlines(star) if one is not people.repeat_rate}
    )
    rates = people.repeat_rates(sales, "month")
    figures = grouped.left_join(rates, "month").drop("month_right")
    if not star.has_whole_orders:
        figures = figures.left_join(_baskets_by_month(star), "month").drop("month_right")
    amounts = [metric.name for metric in HEADLINES if not metric.is_ratio]
    filled = fill_months(star, figures, *amounts)
    names = monthly_kpis.names(has_whole_orders=star.has_whole_orders)
    return filled.select(*names).order_by("month")


def _headlines(star: Star) -> list[Metric]:
    """Return the headline figures that a star has."""
    if star.has_whole_orders:
        return list(HEADLINES)
    per_order = sold.net_sales_per_order
    return [per_order if one is sold.average_order_value else one for one in HEADLINES]


def _baskets_by_month(star: Star) -> "Table":
    lines = with_month(whole_orders(star))
    return lines.group_by("month").aggregate(**{_BASKET: sold.average_order_value(lines)})
