"""The figures of each day of the data, and whether the data covers the whole day."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Star
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import zero_if_null
from regulars.core.expressions import seconds_of_day

if TYPE_CHECKING:
    from ibis.expr.types import DateValue, IntegerValue, Table

_FIGURES = (sold.net_sales, sold.orders, people.customers)
_CLOSINGS, _FEWEST_CLOSINGS = 8, 4
_TOLERANCE = 3600
"""The last order of a complete day can be this many seconds earlier than ever before."""


def day_figures(star: Star) -> "Table":
    """Return every day of the data, whatever the period, with what was sold on it.

    Columns: date, number (days since 1970), weekday, weekday_name, net_sales, orders, customers,
    is_complete. The last day is incomplete if its last order came more than an hour earlier than on
    any of the last eight such weekdays with orders. It counts as complete if the source has no
    times of day, or if there were fewer than four such weekdays.
    """
    sales = star.sales_all_time
    sold_on = sales.group_by("ordered_on").aggregate(**{one.name: one(sales) for one in _FIGURES})
    dates = star.all_dates.filter(star.all_dates.is_observed)
    days = dates.left_join(sold_on, dates.date == sold_on.ordered_on).drop("ordered_on")
    cut_short = _cut_short(star)
    joined = days.left_join(cut_short, days.date == cut_short.cut_short_on)
    # Ibis cannot join a join on a computed column, so the join is a table of its own.
    judged = joined.select(*days.columns, "cut_short_on")
    return judged.select(
        "date", "weekday", "weekday_name",
        number=day_number(judged.date),
        **{one.name: zero_if_null(judged[one.name]) for one in _FIGURES},
        is_complete=judged.cut_short_on.isnull(),
    )  # fmt: skip


def day_number(day: "DateValue") -> "IntegerValue":
    """Return the number of days since 1970: the difference of two is a number of days."""
    return cast("IntegerValue", day.delta(ibis.date(1970, 1, 1), unit="day").cast("int64"))


def only_period(star: Star, days: "Table") -> "Table":
    """Return the days that are in the period of the star; `days` has a column date."""
    if star.period.is_open:
        return days
    in_period = star.dates.filter(star.dates.is_observed).select("date")
    return cast("Table", days.semi_join(in_period, "date").select(*days.columns))


def _cut_short(star: Star) -> "Table":
    """Return the last day of the data if its last order came too early: cut_short_on."""
    orders = star.all_orders
    closings = orders.group_by("ordered_on", "weekday").aggregate(
        closed_at=seconds_of_day(orders.ordered_at).cast("int64").max()
    )
    before = ibis.window(
        group_by=closings.weekday, order_by=closings.ordered_on, preceding=(_CLOSINGS, 1)
    )
    compared = closings.mutate(
        earliest=closings.closed_at.min().over(before),
        closings=closings.closed_at.count().over(before),
        last=closings.ordered_on.max().over(ibis.window()),
    )
    return compared.filter(
        compared.ordered_on == compared["last"],
        compared.closings >= _FEWEST_CLOSINGS,
        compared.closed_at + _TOLERANCE < compared.earliest,
    ).select(cut_short_on="ordered_on")
