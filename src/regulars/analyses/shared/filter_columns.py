"""Columns to filter by that no table of the star has: each is computed when it is needed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from regulars.analyses.customers.recent_moves import days_before, earlier_segments
from regulars.analyses.customers.second_orders import ordered_again
from regulars.analyses.define import Star
from regulars.analyses.shared.columns import goods, in_period
from regulars.analyses.shared.first_orders import cohort_months
from regulars.analyses.shared.order_values import (
    BANDS,
    band_name,
    band_number,
    hour_of_order,
    order_totals,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table


def _cohort(star: Star) -> "Table":
    """Return the month of each customer's first order, as 2010-12."""
    months = cohort_months(star)
    return months.mutate(cohort=months.cohort.cast("string").left(7))


def _customer_location(star: Star) -> "Table":
    """Return the location of most of each customer's orders, whatever that of this order."""
    return star.customers.select("customer_key", customer_location="location")


def _hour(star: Star) -> "Table":
    return star.orders.select("order_key", hour=hour_of_order(star.orders))


def _order_value(star: Star) -> "Table":
    return _band(star, "value", "order_value")


def _order_units(star: Star) -> "Table":
    return _band(star, "units", "order_units")


def _band(star: Star, size: str, name: str) -> "Table":
    """Return the band of each whole order: order_key and the name of the column.

    A return counts in the period in which it is booked, as in `order_sizes`.
    """
    totals = order_totals(goods(in_period(star.all_sales, star.period)))
    return totals.select("order_key", **{name: band_name(band_number(totals[size]))})


_COMPUTED: Mapping[str, Callable[[Star], "Table"]] = {
    "cohort": _cohort,
    "customer_location": _customer_location,
    "hour": _hour,
    "order_value": _order_value,
    "order_units": _order_units,
    "ordered_again": ordered_again,
}

FIXED: Mapping[str, Sequence[str]] = {"order_value": BANDS, "order_units": BANDS}
"""Columns with the same values in every shop: the period decides which orders have one."""


def computed(column: str) -> "Callable[[Star], Table] | None":
    """Return the function that computes a column: a key and the column; None for other columns.

    The column may have several values for a key.
    """
    if days := days_before(column):
        return partial(earlier_segments, days=days)
    return _COMPUTED.get(column)
