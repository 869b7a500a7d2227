"""The change in sales between two periods, by dimension."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Option, Period, Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.sales.breakdown import with_dimension
from regulars.analyses.shared.buyer_types import BUYER, buyer_type, is_new_in
from regulars.analyses.shared.columns import goods, in_period
from regulars.analyses.shared.first_orders import first_order_times
from regulars.analyses.shared.largest_customer import with_largest
from regulars.core.calendar import previous_period, year_earlier
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError
from regulars.core.expressions import share, total

if TYPE_CHECKING:
    from ibis.expr.types import BooleanScalar, BooleanValue, NumericValue, Table

BY = ("category", "subcategory", "product", "location", "store", "customer", BUYER)
_DAYS_IN_YEAR = 365
_EARLIER = {"year": year_earlier, "before": previous_period}


def _earlier_period(against: str, period: Period) -> Period | None:
    """Return the period to compare with; None if the current one has no first or last day.

    Raises InputError for invalid dates.
    """
    if against not in _EARLIER:
        return _parse_period(against)
    if not (isinstance(period.since, date) and isinstance(period.until, date)):
        return None
    try:
        return Period(*_EARLIER[against](period.since, period.until))
    except (ValueError, OverflowError):  # before the year 1
        return None


def _parse_period(against: str) -> Period:
    first, _, last = against.partition("/")
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise _invalid(against) from None
    if since > until:
        raise _invalid(against)
    return Period(since, until)


def _invalid(against: str) -> InputError:
    return InputError(
        f'sales_change cannot compare with "{against}". Use year, before, or a first and last day '
        "such as 2010-11-01/2010-11-30."
    )


@analysis(
    question="How did sales change, and what drove the change?",
    columns={
        "by": ColumnCard("By", "text", "Value of the chosen dimension"),
        "net_sales": metric_column(sold.net_sales),
        "net_sales_before": ColumnCard(
            "Before", "money", "Net sales in the comparison period", ",.2f", "up"
        ),
        "change": ColumnCard(
            "Change", "money", "Net sales minus those in the comparison period", "+,.2f", "up"
        ),
        "growth": ColumnCard(
            "Growth", "share", "Change as a share of net sales in the comparison period; blank if "
            "there were none", "+.1%", "up",
        ),
        "contribution": ColumnCard(
            "Contribution", "share", "Percentage points of the total growth that come from this "
            "row; all rows add up to the total growth", "+.1p", "up",
        ),
        "largest_customer_change": ColumnCard(
            "Largest customer", "money", "Change of the one known customer who moved most in the "
            "direction of the row; blank if none did", "+,.2f", "up",
        ),
    },
    options={
        "by": Option("category", "Break the change down by", choices=BY),
        "against": Option(
            "year", "Compare with: year, before, or dates such as 2010-11-01/2010-11-30",
            from_period=_earlier_period,
        ),
    },
    chart="bar",
)  # fmt: skip
def sales_change(star: Star, by: str = "category", against: Period | None = None) -> "Table":
    """Net sales of a period and a comparison period, by one dimension, largest change first.

    Set the first and last day of the period. Without both, or if the data does not fully cover
    both periods, the comparison is blank. So it is for the customers of a segment, who are in it
    because of their recent orders. The first column is named after the dimension: customer_id for
    customer, and for product there are two, product_id and product_name. Buyers are new in the
    period of their first order, and returning afterwards. They can be compared only if the data
    starts at least a year before the comparison period; otherwise nearly all of them would count
    as new.
    """
    lines, keys = _both_periods(star, against, by)
    sums = lines.group_by(*keys, "is_now").aggregate(amount=sold.net_sales(lines))
    totals = sums.group_by(keys).aggregate(
        net_sales=total(sums.amount, sums.is_now),
        net_sales_before=total(sums.amount, ~sums.is_now),
    )
    before = totals.net_sales_before
    is_comparable = _is_comparable(star, against or Period(), by)
    both = totals.mutate(
        net_sales_before=ibis.ifelse(is_comparable, before, ibis.null(before.type()))
    )
    whole = both.net_sales_before.sum().over()
    compared = both.mutate(change=both.net_sales - both.net_sales_before, whole=whole)
    moved = with_largest(compared, lines, keys, _moved(lines))
    is_rise = moved.change > 0
    shares = moved.mutate(
        growth=_change_per(moved, "net_sales_before"),
        contribution=_change_per(moved, "whole"),
        largest_customer_change=ibis.cases(
            (is_rise & (moved.highest > 0), moved.highest),
            ((moved.change < 0) & (moved.lowest < 0), moved.lowest),
        ),
    )
    size = ibis.coalesce(shares.change, shares.net_sales).abs()
    hidden = {"by", *(["largest_customer_change"] if by == "customer" else [])}
    names = [name for name in sales_change.columns if name not in hidden]
    return shares.order_by(ibis.desc(size), *keys).select(*keys, *names)


def _moved(lines: "Table") -> "NumericValue":
    """Return the net sales of the period minus those of the earlier one."""
    is_goods = lines.kind.isin(("sale", "return"))
    now, before = is_goods & lines.is_now, is_goods & ~lines.is_now
    return total(lines.net_amount, now) - total(lines.net_amount, before)


def _both_periods(star: Star, before: Period | None, by: str) -> "tuple[Table, list[str]]":
    """Return the goods of both periods, marked by `is_now`, and the columns to group them by."""
    lines = star.sales.mutate(is_now=ibis.literal(True))
    if before:
        earlier = in_period(star.sales_all_time, before).mutate(is_now=ibis.literal(False))
        lines = lines.union(earlier)
    if by != BUYER:
        return with_dimension(replace(star, sales=lines, orders=star.all_orders), by)
    bought = goods(lines).left_join(first_order_times(star), "customer_key")
    buyer = buyer_type(bought, _is_new(bought, star.period, before))
    return bought.mutate(**{BUYER: buyer}), [BUYER]


def _is_new(lines: "Table", now: Period, before: Period | None) -> "BooleanValue":
    """Return whether the customer of each line was new in the period of the line."""
    if before is None:
        return is_new_in(lines, now)
    is_new = ibis.ifelse(lines.is_now, is_new_in(lines, now), is_new_in(lines, before))
    return cast("BooleanValue", is_new)


def _is_comparable(star: Star, before: Period, by: str) -> "BooleanScalar":
    """Return whether the data covers both periods, and the customers were not chosen by segment."""
    if star.has_segment_filter:
        return ibis.literal(False)
    is_covered = _is_in_data(star, before, _DAYS_IN_YEAR if by == BUYER else 0)
    return cast("BooleanScalar", _is_in_data(star, star.period) & is_covered)


def _is_in_data(star: Star, period: Period, days: int = 0) -> "BooleanScalar":
    """Return whether the data cover a period and start at least so many days before it."""
    if period.since is None or period.until is None:
        return ibis.literal(False)
    observed = star.all_dates.filter(star.all_dates.is_observed).date
    starts_before = (observed.min() + ibis.interval(days=days)).cast("date") <= period.since
    is_covered = starts_before & (observed.max() >= period.until)
    return cast("BooleanScalar", is_covered.as_scalar())


def _change_per(compared: "Table", base: str) -> "ibis.Value":
    """Return the change as a share of a column; NULL unless that is positive."""
    return share(compared.change, compared[base])
