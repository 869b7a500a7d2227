"""The headline figures."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star, analysis, column_of
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import IS_COMPLETE, MONTH, over_months, with_month

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


_AMOUNTS = [metric.name for metric in HEADLINES if metric.unit in ("money", "count")
            and metric is not sold.average_order_value]  # fmt: skip
"""Those that are 0 where nothing happened; a ratio of nothing is blank."""


@analysis(
    question="How do the headline figures develop?",
    columns={
        "month": MONTH,
        **{metric.name: column_of(metric) for metric in HEADLINES},
        "is_complete": IS_COMPLETE,
    },
    chart="line",
)
def monthly_kpis(star: Star) -> "Table":
    """The headline figures of each month: customers, orders and repeat rate are of it alone."""
    sales = with_month(star.sales)
    grouped = sales.group_by("month").aggregate(
        **{metric.name: metric(sales) for metric in HEADLINES if metric is not people.repeat_rate}
    )
    told = grouped.left_join(people.repeat_rates(sales, "month"), "month").drop("month_right")
    every = over_months(star, told, *_AMOUNTS)
    return every.select(*monthly_kpis.columns).order_by("month")
