"""What changed in sales between two periods, and what made the change."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Option, Period, Star, analysis, column_of
from regulars.analyses.metrics import sales as sold
from regulars.analyses.sales.breakdown import labelled
from regulars.analyses.shared.buyer_types import BUYER, began_in, buyer_of
from regulars.analyses.shared.columns import goods
from regulars.analyses.shared.filters import within
from regulars.analyses.shared.first_orders import first_moments
from regulars.core.calendar import previous_period, year_earlier
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import BooleanScalar, BooleanValue, Table

BY = ("category", "subcategory", "product", "location", BUYER)
A_YEAR = 365
YEAR = "year"
_EARLIER = {YEAR: year_earlier, "before": previous_period}


def _days_compared(told: str, now: Period) -> Period | None:
    """Return the days to compare a period with; None for a period without a first or last day.

    Raises InputError for days that are none.
    """
    if told not in _EARLIER:
        return _days(told)
    if not (isinstance(now.since, date) and isinstance(now.until, date)):
        return None
    try:
        return Period(*_EARLIER[told](now.since, now.until))
    except (ValueError, OverflowError):  # beyond the years there are
        return None


def _days(told: str) -> Period:
    first, _, last = told.partition("/")
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise _refused(told) from None
    if since > until:
        raise _refused(told)
    return Period(since, until)


def _refused(told: str) -> InputError:
    return InputError(
        f'sales_change cannot compare with "{told}": say year, before, or the first and the last '
        "day such as 2010-11-01/2010-11-30."
    )


@analysis(
    question="What changed in sales, and what made the change?",
    columns={
        "by": ColumnCard("By", "text", "The member of the chosen dimension"),
        "net_sales": column_of(sold.net_sales),
        "net_sales_before": ColumnCard(
            "Before", "money", "Net sales of the days compared with", ",.2f", "up"
        ),
        "change": ColumnCard("Change", "money", "Net sales less those before", "+,.2f", "up"),
        "growth": ColumnCard(
            "Growth", "share", "Change as a share of what it was; blank where that was nothing",
            "+.1%", "up",
        ),
        "contribution": ColumnCard(
            "Contribution", "share", "Change as a share of all net sales before: these add up to "
            "the growth of the whole", "+.1%", "up",
        ),
    },
    options={
        "by": Option("category", "what to break the change down by", choices=BY),
        "against": Option(
            YEAR, "the days to compare with: year, before, or such as 2010-11-01/2010-11-30",
            of_period=_days_compared,
        ),
    },
    chart="bar",
)  # fmt: skip
def sales_change(star: Star, by: str = "category", against: Period | None = None) -> "Table":
    """Net sales of a period beside those of another, by one dimension, the largest change first.

    It needs the first and the last day of a period. Without them, or where the days of either are
    not wholly in the data, all that compares is blank. The first column bears the
    dimension's name; by product it is product_id and product_name. A buyer is new in the period
    of their first order, and returning after it; that is blank, too, if the days to compare with
    come within the first year of the data, to which too many are new who were not.
    """
    lines, keys = _labelled(star, against, by)
    apart = lines.group_by(*keys, "is_now").aggregate(amount=sold.net_sales(lines))
    both = apart.group_by(keys).aggregate(
        net_sales=total(apart.amount, apart.is_now),
        net_sales_before=total(apart.amount, ~apart.is_now),
    )
    is_told = _are_in_the_data(star, star.period) & _are_in_the_data(
        star, against or Period(), A_YEAR if by == BUYER else 0
    )
    told = _blank_unless(both, is_told)
    whole = told.net_sales_before.sum().over()
    compared = told.mutate(change=told.net_sales - told.net_sales_before, whole=whole)
    shared = compared.mutate(
        growth=_grown(compared, "net_sales_before"), contribution=_grown(compared, "whole")
    )
    moved = ibis.coalesce(shared.change, shared.net_sales).abs()
    names = [name for name in sales_change.columns if name != "by"]
    return shared.order_by(ibis.desc(moved), *keys).select(*keys, *names)


def _labelled(star: Star, before: Period | None, by: str) -> "tuple[Table, list[str]]":
    """Return the goods of both periods, marked, with the columns to group by."""
    lines = star.sales.mutate(is_now=ibis.literal(True))
    if before:
        then = within(star.sales_ever, before).mutate(is_now=ibis.literal(False))
        lines = lines.union(then)
    if by != BUYER:
        return labelled(replace(star, sales=lines, orders=star.every_order), by)
    told = goods(lines).left_join(first_moments(star), "customer_key")
    return told.mutate(**{BUYER: buyer_of(told, _was_new(told, star.period, before))}), [BUYER]


def _was_new(lines: "Table", now: Period, before: Period | None) -> "BooleanValue":
    """Return whether somebody was new in the period of a line."""
    if before is None:
        return began_in(lines, now)
    is_new = ibis.ifelse(lines.is_now, began_in(lines, now), began_in(lines, before))
    return cast("BooleanValue", is_new)


def _are_in_the_data(star: Star, days: Period, after: int = 0) -> "BooleanScalar":
    """Return whether these days are wholly in the data, and begin so many days after them."""
    if days.since is None or days.until is None:
        return ibis.literal(False)
    seen = star.every_day.filter(star.every_day.is_observed).date
    begins = (seen.min() + ibis.interval(days=after)).cast("date") <= days.since
    held = begins & (seen.max() >= days.until)
    return cast("BooleanScalar", held.as_scalar())


def _blank_unless(both: "Table", is_told: "BooleanScalar") -> "Table":
    before = both.net_sales_before
    return both.mutate(net_sales_before=ibis.ifelse(is_told, before, ibis.null(before.type())))


def _grown(compared: "Table", of: str) -> "ibis.Value":
    """Return the change as a share; blank where there is nothing it could be a share of."""
    base = compared[of]
    return ibis.ifelse(base > 0, ratio(compared.change, base), None)
