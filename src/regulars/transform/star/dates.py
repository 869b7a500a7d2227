"""The date dimension: every day from the first month of the data to the last."""

from datetime import date
from typing import TYPE_CHECKING

import ibis

from regulars.core.cached import cached_expression
from regulars.core.calendar import WEEKDAYS, month_start
from regulars.core.expressions import first_of_month

if TYPE_CHECKING:
    from ibis.expr.types import Table


@cached_expression
def dim_date(first: date, last: date, *, fiscal_year_start: int = 1) -> "Table":
    """Return `core.schema.DIM_DATE` for orders from `first` to `last`, both included.

    `fiscal_year_start` is the first month of the fiscal year, 1 to 12.
    """
    days = _days(first.replace(day=1), month_start(last, 1))
    day = days.date
    weekday = day.day_of_week.index() + 1
    fiscal_month = (day.month() - fiscal_year_start + 12) % 12 + 1
    ends_next_year = ibis.literal(fiscal_year_start > 1) & (day.month() >= fiscal_year_start)
    return days.select(
        date=day,
        month=first_of_month(day),
        quarter=day.quarter().cast("int8"),
        year=day.year().cast("int16"),
        iso_week=day.week_of_year().cast("int8"),
        iso_year=_iso_year(day).cast("int16"),
        weekday=weekday.cast("int8"),
        weekday_name=ibis.cases(*((weekday == n, name) for n, name in enumerate(WEEKDAYS, 1))),
        fiscal_year=(day.year() + ibis.ifelse(ends_next_year, 1, 0)).cast("int16"),
        fiscal_quarter=_quarter(fiscal_month),
        fiscal_month=fiscal_month.cast("int8"),
        is_observed=day.between(first, last),
    )


def _days(start: date, stop: date) -> "Table":
    moments = ibis.range(
        ibis.timestamp(start.isoformat()), ibis.timestamp(stop.isoformat()), ibis.interval(days=1)
    )
    return moments.unnest().name("moment").as_table().select(date=ibis._.moment.date())


def _iso_year(day: "ibis.expr.types.DateValue") -> "ibis.expr.types.Value":
    """Return the year of the ISO week, for which Ibis has no function on Spark."""
    year, month, week = day.year(), day.month(), day.week_of_year()
    return ibis.cases(
        ((month == 1) & (week > 50), year - 1), ((month == 12) & (week == 1), year + 1), else_=year
    )


def _quarter(month: "ibis.expr.types.IntegerValue") -> "ibis.expr.types.Value":
    quarter = ibis.cases((month <= 3, 1), (month <= 6, 2), (month <= 9, 3), else_=4)
    return quarter.cast("int8")
