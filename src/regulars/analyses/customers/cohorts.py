"""Cohorts: customers by the month of their first order, and how many ordered again."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import (
    IS_COMPLETE,
    active_customers,
    activity,
    goods,
    months,
    with_month,
    zero_if_null,
)
from regulars.analyses.shared.first_orders import cohort_months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import floor_divide, month_number, ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="How many customers come back after their first order?",
    columns={
        "cohort": ColumnCard("Cohort", "date", "Month of the first order", "%b %Y"),
        "months_since": ColumnCard("Months since", "months", "Months since the first order", "d"),
        "customers": ColumnCard(
            "Customers", "count", "Customers who ordered in that month", ",d", "up"
        ),
        "share": ColumnCard(
            "Share", "share", "Share of the cohort that ordered in that month", ".0%", "up"
        ),
        "net_sales": metric_column(sold.net_sales),
        "is_complete": IS_COMPLETE,
    },
    chart="grid",
)
def cohorts(star: Star) -> "Table":
    """Retention by month: how many customers of a cohort ordered in exactly that month.

    A month without orders is 0; a month in the future is blank.
    """
    grid = _grid(months(star)).left_join(_activity(star), ["cohort", "month"])
    sizes = _sizes(star)
    cells = grid.inner_join(sizes, grid.cohort == sizes.sized_cohort)

    def blank_if_future(name: str) -> ibis.Value:
        return ibis.ifelse(cells.is_complete.notnull(), zero_if_null(cells[name]), None)

    figures = cells.mutate(
        customers=blank_if_future("customers"), net_sales=blank_if_future("net_sales")
    )
    shares = figures.mutate(share=ratio(figures.customers, figures["size"]))
    return shares.select(*cohorts.columns).order_by("cohort", "months_since")


def _sizes(star: Star) -> "Table":
    """Return the number of customers in each cohort: sized_cohort, size.

    With a filter, only customers who match it count, so that no share exceeds 1.
    """
    customers = activity(star).select("customer_key").distinct()
    members = customers.inner_join(cohort_months(star), "customer_key")
    return members.group_by(sized_cohort=members.cohort).aggregate(size=members.count())


def _activity(star: Star) -> "Table":
    """Return the active months of each cohort: cohort, month, customers, net_sales."""
    members = active_customers(star)
    customers = members.group_by("cohort", "month").aggregate(customers=members.count())
    return customers.left_join(_net_sales(star), ["cohort", "month"]).drop(
        "cohort_right", "month_right"
    )


def _net_sales(star: Star) -> "Table":
    lines = with_month(goods(star.sales))
    # Summed by customer before the join: there are far fewer customers than lines.
    spent = lines.group_by("customer_key", "month").aggregate(net_sales=total(lines.net_amount))
    members = spent.inner_join(cohort_months(star), "customer_key")
    return members.group_by("cohort", "month").aggregate(net_sales=total(members.net_sales))


def _grid(observed: "Table") -> "Table":
    """Return every cohort with as many months as the oldest; is_complete is NULL in the future."""
    cohort = observed.select("month")
    span = cohort.aggregate(first=cohort.month.min(), last=cohort.month.max())
    length = month_number(span["last"]) - month_number(span["first"])
    steps = ibis.range(0, (length + 1).cast("int64").as_scalar()).unnest().name("months_since")
    cells = cohort.rename(cohort="month").cross_join(steps.as_table())
    number = month_number(cells.cohort) - 1 + cells.months_since
    year = floor_divide(number, ibis.literal(12))
    dated = cells.mutate(month=ibis.date(year, number - year * 12 + 1, 1))
    return dated.left_join(observed, "month").drop("month_right")
