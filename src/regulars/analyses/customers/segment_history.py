"""Segments at the end of each month, and moves between them."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.customers.rfm import assign_segments, rfm
from regulars.analyses.define import Star, analysis
from regulars.analyses.segments.scores import month_end_buyers
from regulars.analyses.shared.columns import MONTH, months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

NEW = "New"
"""The previous segment of customers who had not bought before."""

_FROM = ColumnCard(
    "Came from", "text", "Segment at the end of the previous month; New if they had none"
)


@analysis(
    question="Which segment was each customer in at the end of each month?",
    columns={
        "month": MONTH,
        **rfm.columns,
        "came_from": _FROM,
    },
)
def segment_history(star: Star) -> "Table":
    """Every known customer's segment at the end of each complete month, once they have ordered.

    It is computed from the orders each time, so late corrections are included.
    """
    return _history(star).select(*segment_history.columns).order_by("month", "customer_id")


@analysis(
    question="How do customers move between segments?",
    columns={
        "month": MONTH,
        "came_from": _FROM,
        "segment": ColumnCard("Segment", "text", "Segment at the end of the month"),
        "customers": ColumnCard("Customers", "count", "Customers who moved or stayed", ",d"),
        "share": ColumnCard(
            "Share", "share", "Share of the customers who came from that segment", ".1%"
        ),
    },
)
def segment_moves(star: Star) -> "Table":
    """Customers by their segment at the end of a month and at the end of the previous month."""
    history = _history(star)
    moves = history.group_by("month", "came_from", "segment").aggregate(customers=history.count())
    before = moves.customers.sum().over(ibis.window(group_by=[moves.month, moves.came_from]))
    shares = moves.mutate(share=ratio(moves.customers, before))
    return shares.select(*segment_moves.columns).order_by("month", "came_from", "segment")


def _history(star: Star) -> "Table":
    """Return every buyer at the end of each complete month, with segment and previous segment."""
    observed = months(star)
    ended = observed.filter(observed.is_complete)
    ids = star.customers.select("customer_key", "customer_id")
    customers = month_end_buyers(star, ended).inner_join(ids, "customer_key")
    scored = assign_segments(star, customers, among="month")
    by_customer = ibis.window(group_by=scored.customer_key, order_by=scored.month)
    return scored.mutate(came_from=ibis.coalesce(scored.segment.lag().over(by_customer), NEW))
