"""Column cards and expressions that several analyses share."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Period, Star
from regulars.analyses.shared.first_orders import cohort_months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import first_of_month, is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

MONTH = ColumnCard("Month", "date", "First day of the month", "%b %Y")
IS_COMPLETE = ColumnCard(
    "Complete", "yes/no", "Whether the data and the period cover every day of the month"
)
SHARE = ColumnCard(
    "Share", "share", "Share of total net sales; blank unless they are positive", ".1%"
)


def months(star: Star) -> "Table":
    """Return the months with at least one observed day, one row each: month, is_complete."""
    dates = star.dates
    by_month = dates.group_by("month").aggregate(
        days=dates.count(), observed=dates.count(where=dates.is_observed)
    )
    return by_month.filter(by_month.observed > 0).select(
        "month", is_complete=by_month.observed == by_month.days
    )


def activity(star: Star) -> "Table":
    """Return the lines that make a known customer active, with their month.

    These are sales, or lines of any kind if the conventions say so (`Conventions.active`).
    """
    sales = star.sales
    counts: BooleanValue = is_known_customer(sales.customer_key)
    if star.conventions.active == "orders":
        counts = cast("BooleanValue", counts & (sales.kind == "sale"))
    return with_month(sales.filter(counts))


def goods(sales: "Table") -> "Table":
    """Return the sales and returns of goods, without postage, fees and vouchers."""
    return sales.filter(sales.kind.isin(("sale", "return")))


def in_period(sales: "Table", period: Period) -> "Table":
    """Return the sales of a period."""
    if period.since is not None:
        sales = sales.filter(sales.ordered_on >= period.since)
    if period.until is not None:
        sales = sales.filter(sales.ordered_on <= period.until)
    return sales


def with_month(sales: "Table") -> "Table":
    """Return lines with the first day of their month."""
    return sales.mutate(month=first_of_month(sales.ordered_on))


def active_customers(star: Star) -> "Table":
    """Return the active customers of each month: month, customer_key, cohort."""
    active = activity(star).select("month", "customer_key").distinct()
    return active.inner_join(cohort_months(star), "customer_key")


def zero_if_null(value: "ibis.Value") -> "ibis.Value":
    """Return a value, with 0 for NULL."""
    return ibis.coalesce(value, ibis.literal(0).cast(value.type()))


def fill_months(star: Star, figures: "Table", *columns: str) -> "Table":
    """Return figures for every month of the period, with 0 in months that have none."""
    joined = months(star).left_join(figures, "month")
    return joined.mutate(**{name: zero_if_null(joined[name]) for name in columns})
