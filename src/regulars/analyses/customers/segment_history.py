"""Segments as they were at the end of each month, and who moved from which to which."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.customers.rfm import named, rfm
from regulars.analyses.define import Star, analysis
from regulars.analyses.segments.rfm import buyers_by_month
from regulars.analyses.shared.columns import MONTH, months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

NEW = "New"
"""Where somebody came from who had not bought before."""

_FROM = ColumnCard("Came from", "text", "Segment at the end of the month before; New if none")


@analysis(
    question="In which segment was every customer, month by month?",
    columns={
        "month": MONTH,
        **rfm.columns,
        "came_from": _FROM,
    },
)
def segment_history(star: Star) -> "Table":
    """Every known customer who had bought by then, scored at the end of each complete month.

    It is made from the orders each time it is asked, so a late correction restates it.
    """
    return _history(star).select(*segment_history.columns).order_by("month", "customer_id")


@analysis(
    question="Who moved from which segment to which?",
    columns={
        "month": MONTH,
        "came_from": _FROM,
        "segment": ColumnCard("Segment", "text", "Segment at the end of the month"),
        "customers": ColumnCard("Customers", "count", "Customers who moved, or stayed", ",d"),
        "share": ColumnCard("Share", "share", "Of those who were in that segment before", ".1%"),
    },
)
def segment_moves(star: Star) -> "Table":
    """Customers by the segments they were in at the end of a month and of the month before."""
    history = _history(star)
    moves = history.group_by("month", "came_from", "segment").aggregate(customers=history.count())
    before = moves.customers.sum().over(ibis.window(group_by=[moves.month, moves.came_from]))
    shared = moves.mutate(share=ratio(moves.customers, before))
    return shared.select(*segment_moves.columns).order_by("month", "came_from", "segment")


def _history(star: Star) -> "Table":
    """Return every buyer at the end of each complete month, named, with the name before."""
    observed = months(star)
    ended = observed.filter(observed.is_complete)
    names = star.customers.select("customer_key", "customer_id")
    people = buyers_by_month(star, ended).inner_join(names, "customer_key")
    told = named(star, people, among="month")
    by_customer = ibis.window(group_by=told.customer_key, order_by=told.month)
    return told.mutate(came_from=ibis.coalesce(told.segment.lag().over(by_customer), NEW))
