"""Columns that stand in more than one answer, and the expressions that several share."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Star
from regulars.analyses.shared.first_orders import first_months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import first_of_month, is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

MONTH = ColumnCard("Month", "date", "First day of the month", "%b %Y")
IS_COMPLETE = ColumnCard(
    "Complete", "yes/no", "Whether every day of the month is in the data and in the period"
)
SHARE = ColumnCard("Share", "share", "Share of net sales", ".1%")


def months(star: Star) -> "Table":
    """Return the months of the period, one a row: month, is_complete.

    A month is here if at least one of its days was observed; one that has not happened is not.
    """
    days = star.dates
    every = days.group_by("month").aggregate(
        days=days.count(), observed=days.count(where=days.is_observed)
    )
    return every.filter(every.observed > 0).select(
        "month", is_complete=every.observed == every.days
    )


def visits(star: Star) -> "Table":
    """Return the lines by which known customers count as active: month, ordered_on, keys, amount.

    By our own conventions those of sale; by others, lines of any kind (`Conventions.active`).
    """
    sales = star.sales
    counts: BooleanValue = is_known_customer(sales.customer_key)
    if star.conventions.active == "orders":
        counts = cast("BooleanValue", counts & (sales.kind == "sale"))
    return with_month(sales.filter(counts))


def goods(sales: "Table") -> "Table":
    """Return the lines of goods sold and taken back, without postage, fees and vouchers."""
    return sales.filter(sales.kind.isin(("sale", "return")))


def with_month(sales: "Table") -> "Table":
    """Return the lines with the first day of their month."""
    return sales.mutate(month=first_of_month(sales.ordered_on))


def active_members(star: Star) -> "Table":
    """Return each month in which each known customer was active: month, customer_key, cohort."""
    active = visits(star).select("month", "customer_key").distinct()
    return active.inner_join(first_months(star), "customer_key")


def none_is_zero(value: "ibis.Value") -> "ibis.Value":
    """Return 0 where a period that happened has nothing in it."""
    return ibis.coalesce(value, ibis.literal(0).cast(value.type()))


def over_months(star: Star, counted: "Table", *columns: str) -> "Table":
    """Return every month of the period with its figures, 0 where nothing happened in it."""
    joined = months(star).left_join(counted, "month")
    return joined.mutate(**{name: none_is_zero(joined[name]) for name in columns})
