"""Headline figures, for a period and by month."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import IS_COMPLETE, MONTH, fill_months, with_month

if TYPE_CHECKING:
    from ibis.expr.types import Table

HEADLINES = (
    sold.gross_sales, sold.discounts, sold.returns, sold.net_sales, sold.adjustments, sold.orders,
    people.customers, sold.average_order_value, sold.units_per_order, people.repeat_rate,
    sold.return_rate,
)  # fmt: skip


@analysis(
    question="How is the shop doing?",
    columns={metric.name: metric_column(metric) for metric in HEADLINES},
)
def kpis(star: Star) -> "Table":
    """Sales, orders, customers and rates of the period, in one row."""
    return star.sales.aggregate(**{metric.name: metric(star.sales) for metric in HEADLINES})


@analysis(
    question="How do the headline figures change from month to month?",
    columns={
        "month": MONTH,
        **{metric.name: metric_column(metric) for metric in HEADLINES},
        "is_complete": IS_COMPLETE,
    },
    chart="line",
)
def monthly_kpis(star: Star) -> "Table":
    """Sales, orders, customers and rates of each month, counting only orders of that month."""
    sales = with_month(star.sales)
    grouped = sales.group_by("month").aggregate(
        **{metric.name: metric(sales) for metric in HEADLINES if metric is not people.repeat_rate}
    )
    rates = people.repeat_rates(sales, "month")
    figures = grouped.left_join(rates, "month").drop("month_right")
    amounts = [metric.name for metric in HEADLINES if not metric.is_ratio]
    filled = fill_months(star, figures, *amounts)
    return filled.select(*monthly_kpis.columns).order_by("month")
