"""Narrowing a star to what a question is about: a period, a place, a product."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from regulars.analyses.define import Period, Star
from regulars.analyses.shared.discount_bands import name_of_band, place_of_band
from regulars.analyses.shared.first_orders import first_months
from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from ibis.expr.types import StringScalar, Table

    Values = Sequence[str] | Sequence[StringScalar]

_HOMES: Mapping[str, tuple[str, str | None]] = {
    "location": ("orders", "order_key"),
    "order_id": ("orders", "order_key"),
    "weekday": ("orders", "order_key"),
    "category": ("products", "product_key"),
    "subcategory": ("products", "product_key"),
    "product_id": ("products", "product_key"),
    "product_name": ("products", "product_key"),
    "customer_id": ("customers", "customer_key"),
    "is_high_value": ("customers", "customer_key"),
    "is_known": ("customers", "customer_key"),
    "cohort": ("customers", "customer_key"),
    "discount_band": ("sales", None),
    "kind": ("sales", None),
    "source_id": ("sales", None),
}
"""The table of the star that each stands in, and its key; none where lines themselves have it."""

_VALUE = "told_value"
_EXACT = ("order_id", "customer_id")
"""Where A1 and a1 are two."""

FILTERS = tuple(_HOMES)
"""The columns that a question can be narrowed by."""


def narrowed(star: Star, period: Period, where: "Mapping[str, Values]") -> Star:
    """Return the star with the sales of a period that match every condition.

    `where` gives, for a column, the values any of which will do, as the data spell them. Days
    outside the period count as not observed. Customers stay whole: what one did before still makes
    them no newcomer.

    Raises InputError for a column that cannot be narrowed by.
    """
    ever = star.sales
    for column, values in where.items():
        ever = _having(replace(star, sales=ever), column, values)
    sales = within(ever, period)
    seen = star.dates.is_observed
    if period.since is not None:
        seen &= star.dates.date >= period.since
    if period.until is not None:
        seen &= star.dates.date <= period.until
    is_whole = not where and period.is_open
    orders = star.orders if is_whole else star.orders.semi_join(sales, "order_key")
    dates = star.dates if is_whole else star.dates.mutate(is_observed=seen)
    return replace(star, sales=sales, sales_ever=ever, orders=orders, dates=dates, period=period)


def narrowed_to(star: Star, customers: "Table") -> Star:
    """Return the star with the sales of some customers alone, given by customer_key."""
    sales, ever = (
        every.semi_join(customers, "customer_key") for every in (star.sales, star.sales_ever)
    )
    orders = star.orders.semi_join(sales, "order_key")
    return replace(star, sales=sales, sales_ever=ever, orders=orders)


def within(sales: "Table", period: Period) -> "Table":
    """Return the sales of a period."""
    if period.since is not None:
        sales = sales.filter(sales.ordered_on >= period.since)
    if period.until is not None:
        sales = sales.filter(sales.ordered_on <= period.until)
    return sales


def _having(star: Star, column: str, values: "Values") -> "Table":
    """Return the sales that have one of these values themselves, or whose order or such has."""
    home, key = _with_value(star, column), _home(column)[1]
    found = home.filter(home[_VALUE].isin(values))
    return star.sales.semi_join(found, key) if key else found.drop(_VALUE)


def spellings_of(star: Star, column: str, value: str) -> "Table":
    """Return how the data spell a value: as it is told, or but for capitals; a column of its name.

    Raises InputError for a column that cannot be narrowed by.
    """
    home = _with_value(star, column)
    found = home[_VALUE] == value
    if column not in _EXACT:
        # As it stands, too: engines differ in the capitals they know beyond ASCII, and the small
        # letters of what is looked for are Python's.
        found |= home[_VALUE].lower() == value.lower()
    return home.filter(found).select(**{column: home[_VALUE]}).distinct()


def values_of(star: Star, column: str) -> "Table":
    """Return the values that a column to narrow by has, as text, once each, in order.

    Raises InputError for a column that cannot be narrowed by.
    """
    home = _with_value(star, column)
    told = home.filter(home[_VALUE].notnull()).select(**{column: home[_VALUE]})
    return told.distinct().order_by(column)


def _with_value(star: Star, column: str) -> "Table":
    """Return the table that a column stands in, with its values as text beside it."""
    table, _ = _home(column)
    home: Table = getattr(star, table)
    if column == "cohort":  # as a month is told: 2010-12
        months = first_months(star)
        return months.mutate(**{_VALUE: months.cohort.cast("string").left(7)})
    if column == "discount_band":
        return home.mutate(**{_VALUE: name_of_band(place_of_band(home))})
    return home.mutate(**{_VALUE: home[column].cast("string")})


def _home(column: str) -> tuple[str, str | None]:
    """Return the table that a column stands in, and its key. Raises InputError for none."""
    if column not in _HOMES:
        raise InputError(f'Nothing can be filtered by "{column}".{did_you_mean(column, _HOMES)}')
    return _HOMES[column]
