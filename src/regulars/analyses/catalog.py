"""The catalog: every analysis and metric by name."""

from collections.abc import Mapping

from regulars.analyses.customers.cohorts import cohorts
from regulars.analyses.customers.high_value import high_value
from regulars.analyses.customers.rfm import rfm, rfm_map, segments
from regulars.analyses.customers.segment_history import segment_history, segment_moves
from regulars.analyses.define import Analysis, Metric, metric_column
from regulars.analyses.metrics.sales import average_discount, net_sales_per_order, units
from regulars.analyses.sales.breakdown import sales_by
from regulars.analyses.sales.change import sales_change
from regulars.analyses.sales.corrections import corrections
from regulars.analyses.sales.days import daily_sales
from regulars.analyses.sales.discounts import discount_bands
from regulars.analyses.sales.kpis import HEADLINES, kpis, monthly_kpis
from regulars.analyses.sales.lines import lines
from regulars.analyses.sales.monthly import (
    monthly_customers,
    monthly_orders,
    monthly_sales,
    monthly_sales_by_customer,
)
from regulars.analyses.sales.order_values import order_amounts
from regulars.analyses.sales.unusual_days import unusual_days
from regulars.analyses.sales.weekdays import weekday_sales
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError, did_you_mean

ANALYSES: Mapping[str, Analysis] = {
    analysis.name: analysis
    for analysis in (
        kpis, monthly_kpis, monthly_sales, monthly_sales_by_customer, monthly_orders,
        monthly_customers, cohorts, order_amounts, sales_by, sales_change, weekday_sales,
        discount_bands, high_value, rfm, rfm_map, segments, segment_history, segment_moves, lines,
        corrections, daily_sales, unusual_days,
    )
}  # fmt: skip

METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (*HEADLINES, net_sales_per_order, units, average_discount)
}


def find(name: str) -> Analysis:
    """Return an analysis by name. Raises InputError if it does not exist."""
    if name not in ANALYSES:
        raise InputError(f'There is no analysis "{name}".{did_you_mean(name, ANALYSES)}')
    return ANALYSES[name]


def is_metric(column: str, card: ColumnCard) -> bool:
    """Return whether a column of a result is the metric of the same name and definition."""
    return column in METRICS and card == metric_column(METRICS[column])


def find_metric(name: str) -> Metric:
    """Return a metric by name. Raises InputError if it does not exist."""
    if name not in METRICS:
        raise InputError(f'There is no metric "{name}".{did_you_mean(name, METRICS)}')
    return METRICS[name]
