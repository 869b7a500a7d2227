"""Segments at the end of each month, and moves between them."""

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from regulars.analyses.customers.rfm import assign_segments, rfm
from regulars.analyses.define import Star, analysis
from regulars.analyses.segments.scores import month_end_buyers
from regulars.analyses.shared.columns import MONTH, months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import first_of_month, ratio

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

    It is computed from the orders each time, so late corrections are included. Scores are those of
    the whole shop: a period limits the months, and a filter the customers, from the month in which
    they first bought something that matches.
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
    shop = replace(star, sales=star.all_sales, orders=star.all_orders, dates=star.all_dates)
    ids = star.customers.select("customer_key", "customer_id")
    customers = month_end_buyers(shop, _ended_months(shop)).inner_join(ids, "customer_key")
    scored = assign_segments(star, customers, among="month")
    by_customer = ibis.window(group_by=scored.customer_key, order_by=scored.month)
    history = scored.mutate(came_from=ibis.coalesce(scored.segment.lag().over(by_customer), NEW))
    if not star.period.is_open:
        history = history.semi_join(_ended_months(star), "month")
    return history if star.sales_all_time.equals(star.all_sales) else _matching(star, history)


def _ended_months(star: Star) -> "Table":
    observed = months(star)
    return observed.filter(observed.is_complete)


def _matching(star: Star, history: "Table") -> "Table":
    """Return the history of each customer from the month of their first sale that matches."""
    bought = star.sales_all_time.filter(star.sales_all_time.kind == "sale")
    first = bought.group_by("customer_key").aggregate(since=bought.ordered_on.min())
    joined = history.inner_join(first, "customer_key")
    return joined.filter(joined.month >= first_of_month(joined.since))
