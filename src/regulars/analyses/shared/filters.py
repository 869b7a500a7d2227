"""Filters: limit a star to a period, a location, a store, a product and so on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from regulars.analyses.customers.recent_moves import days_before
from regulars.analyses.define import Period, Star
from regulars.analyses.shared.columns import in_period
from regulars.analyses.shared.discount_bands import band_name, band_number
from regulars.analyses.shared.filter_columns import FIXED, computed
from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from ibis.expr.types import StringScalar, Table

    Values = Sequence[str] | Sequence[StringScalar]

_TABLES: Mapping[str, tuple[str, str | None]] = {
    "location": ("orders", "order_key"),
    "store": ("orders", "order_key"),
    "order_id": ("orders", "order_key"),
    "order_value": ("orders", "order_key"),
    "order_units": ("orders", "order_key"),
    "hour": ("orders", "order_key"),
    "weekday": ("orders", "order_key"),
    "category": ("products", "product_key"),
    "subcategory": ("products", "product_key"),
    "product_id": ("products", "product_key"),
    "product_name": ("products", "product_key"),
    "customer_id": ("customers", "customer_key"),
    "customer_location": ("customers", "customer_key"),
    "is_high_value": ("customers", "customer_key"),
    "segment_before": ("customers", "customer_key"),
    "ordered_again": ("customers", "customer_key"),
    "is_known": ("customers", "customer_key"),
    "cohort": ("customers", "customer_key"),
    "discount_band": ("sales", None),
    "kind": ("sales", None),
    "source_id": ("sales", None),
}
"""The table of the star that has each column, and its key; None for columns of the sales fact."""

_VALUE = "filter_value"
_CASE_SENSITIVE = ("order_id", "customer_id")

FILTERS = tuple(_TABLES)
"""The columns to filter by, besides the segments of another number of days before."""


def filter_star(star: Star, period: Period, where: "Mapping[str, Values]") -> Star:
    """Return the star with the sales of a period that match every condition.

    `where` maps a column to its accepted values, as spelled in the data. Days outside the period
    count as not observed. Customers keep their first order, so a filter makes no customer new.

    Raises InputError for an unknown column.
    """
    all_time = whole_orders = star.sales
    for column, values in where.items():
        all_time = _matching(replace(star, sales=all_time, period=period), column, values)
        if not keeping_parts_of_orders([column]):
            of_orders = replace(star, sales=whole_orders, period=period)
            whole_orders = _matching(of_orders, column, values)
    sales = in_period(all_time, period)
    observed = star.dates.is_observed
    if period.since is not None:
        observed &= star.dates.date >= period.since
    if period.until is not None:
        observed &= star.dates.date <= period.until
    is_whole = not where and period.is_open
    return replace(
        star,
        sales=sales,
        sales_all_time=all_time,
        whole_orders=in_period(whole_orders, period),
        orders=star.orders if is_whole else star.orders.semi_join(sales, "order_key"),
        dates=star.dates if is_whole else star.dates.mutate(is_observed=observed),
        period=period,
        has_whole_orders=not keeping_parts_of_orders(where),
        has_segment_filter=star.has_segment_filter or any(map(days_before, where)),
    )


def keeping_parts_of_orders(columns: Iterable[str]) -> list[str]:
    """Return which of the columns to filter by select lines instead of whole orders."""
    return [column for column in columns if _table_of(column)[0] in ("products", "sales")]


def filter_segments(star: Star, customers: "Table") -> Star:
    """Return the star with the sales of the customers in some segments, given by customer_key."""
    sales, all_time, whole_orders = (
        table.semi_join(customers, "customer_key")
        for table in (star.sales, star.sales_all_time, star.whole_orders)
    )
    orders = star.orders.semi_join(sales, "order_key")
    return replace(
        star, sales=sales, sales_all_time=all_time, whole_orders=whole_orders, orders=orders,
        has_segment_filter=True,
    )  # fmt: skip


def find_spellings(star: Star, column: str, value: str) -> "Table":
    """Return the spellings of a value in the data, ignoring case except for ids: one column.

    Raises InputError for an unknown column.
    """
    table = _values(star, column)
    matches = table[_VALUE] == value
    if column not in _CASE_SENSITIVE:
        # The exact match stays: engines and Python lower-case letters beyond ASCII differently.
        matches |= table[_VALUE].lower() == value.lower()
    return table.filter(matches).select(**{column: table[_VALUE]}).distinct()


def column_values(star: Star, column: str) -> "Table":
    """Return the distinct values of a column as text, sorted: one column.

    Raises InputError for an unknown column.
    """
    table = _values(star, column)
    values = table.filter(table[_VALUE].notnull()).select(**{column: table[_VALUE]})
    return values.distinct().order_by(column)


def _matching(star: Star, column: str, values: "Values") -> "Table":
    """Return the sales that have one of the values, in their own column or in a dimension."""
    table, key = _with_value(star, column), _table_of(column)[1]
    matches = table.filter(table[_VALUE].isin(values))
    return star.sales.semi_join(matches, key) if key else matches.drop(_VALUE)


def _values(star: Star, column: str) -> "Table":
    """Return a table with the values of a column as text, of all days."""
    if column in FIXED:
        fixed = ibis.literal(list(FIXED[column]), type="array<string>")
        return star.orders.limit(1).select(fixed.unnest().name(_VALUE))
    return _with_value(star, column)


def _with_value(star: Star, column: str) -> "Table":
    """Return the table that has a column, with the values of the column as text."""
    name, _ = _table_of(column)
    table: Table = getattr(star, name)
    if compute := computed(column):
        values = compute(star)
        return values.mutate(**{_VALUE: values[column].cast("string")})
    if column == "discount_band":
        return table.mutate(**{_VALUE: band_name(band_number(table))})
    return table.mutate(**{_VALUE: table[column].cast("string")})


def _table_of(column: str) -> tuple[str, str | None]:
    if days_before(column):
        return "customers", "customer_key"
    if column not in _TABLES:
        raise InputError(f'You cannot filter by "{column}".{did_you_mean(column, _TABLES)}')
    return _TABLES[column]
