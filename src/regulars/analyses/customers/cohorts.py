"""Cohorts: customers by the month of their first order, and who of them bought again when."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis, column_of
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import IS_COMPLETE, active_members, months, visits, with_month
from regulars.analyses.shared.first_orders import first_months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import floor_divide, month_number, ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="Who stays?",
    columns={
        "cohort": ColumnCard("Cohort", "date", "Month of the first order", "%b %Y"),
        "months_since": ColumnCard("Months since", "months", "Months after the first order", "d"),
        "customers": ColumnCard("Customers", "count", "Who bought in that very month", ",d", "up"),
        "share": ColumnCard("Share", "share", "Of the cohort's customers", ".0%", "up"),
        "net_sales": column_of(sold.net_sales),
        "is_complete": IS_COMPLETE,
    },
    chart="grid",
)
def cohorts(star: Star) -> "Table":
    """Retention by month: who of a cohort bought in each later month (not: in it or after it).

    A month that has not happened is blank; one in which nobody bought is 0.
    """
    observed, bought = months(star), _bought(star)
    grid = _grid(observed)
    facts = grid.left_join(bought, ["cohort", "month"])
    sizes = _sizes(star)
    sized = facts.inner_join(sizes, facts.cohort == sizes.its_cohort)

    def once_observed(name: str) -> ibis.Value:
        zero = ibis.literal(0).cast(sized[name].type())
        return ibis.ifelse(sized.is_complete.notnull(), ibis.coalesce(sized[name], zero), None)

    seen = sized.mutate(customers=once_observed("customers"), net_sales=once_observed("net_sales"))
    shared = seen.mutate(share=ratio(seen.customers, seen["size"]))
    return shared.select(*cohorts.columns).order_by("cohort", "months_since")


def _sizes(star: Star) -> "Table":
    """Return how many customers of each cohort bought at all: its_cohort, size.

    Under a filter these are the ones who bought what it lets through, so no share exceeds 1.
    """
    customers = visits(star).select("customer_key").distinct()
    members = customers.inner_join(first_months(star), "customer_key")
    return members.group_by(its_cohort=members.cohort).aggregate(size=members.count())


def _bought(star: Star) -> "Table":
    """Return what each cohort did in each month: cohort, month, customers, net_sales."""
    members = active_members(star)
    customers = members.group_by("cohort", "month").aggregate(customers=members.count())
    return customers.left_join(_worth(star), ["cohort", "month"]).drop(
        "cohort_right", "month_right"
    )


def _worth(star: Star) -> "Table":
    goods = with_month(star.sales.filter(star.sales.kind.isin(("sale", "return"))))
    # Added up by customer before any is joined: there are far fewer of these than lines.
    spent = goods.group_by("customer_key", "month").aggregate(net_sales=total(goods.net_amount))
    members = spent.inner_join(first_months(star), "customer_key")
    return members.group_by("cohort", "month").aggregate(net_sales=total(members.net_sales))


def _grid(observed: "Table") -> "Table":
    """Return each cohort with as many months as the oldest has: is_complete is empty if to come."""
    months_ = observed.select("month")
    span = months_.aggregate(first=months_.month.min(), last=months_.month.max())
    length = month_number(span["last"]) - month_number(span["first"])
    steps = ibis.range(0, (length + 1).cast("int64").as_scalar()).unnest().name("months_since")
    cells = months_.rename(cohort="month").cross_join(steps.as_table())
    number = month_number(cells.cohort) - 1 + cells.months_since
    year = floor_divide(number, ibis.literal(12))
    moment = ibis.date(year, number - year * 12 + 1, 1)
    placed = cells.mutate(month=moment)
    return placed.left_join(observed, "month").drop("month_right")
