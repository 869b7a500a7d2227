"""Who moved to another segment in the last 90 days."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.customers.rfm import rfm, score_customers
from regulars.analyses.customers.segment_history import NEW
from regulars.analyses.define import Star, analysis
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table

DAYS = 90
SEGMENT_BEFORE = ColumnCard(
    "Previous segment", "text", f"Segment {DAYS} days earlier; New if they had not ordered by then"
)


@analysis(
    question="How many customers moved to another segment in the last 90 days?",
    columns={
        "segment_before": SEGMENT_BEFORE,
        "segment": ColumnCard("Current segment", "text", "Segment at the snapshot"),
        "customers": ColumnCard("Customers", "count", "Customers who moved or stayed", ",d"),
        "share": ColumnCard(
            "Share", "share", "Share of the customers who were in the previous segment", ".1%"
        ),
        "net_sales": ColumnCard(
            "Net sales to date", "money", "Net sales of these customers to date", ",.2f"
        ),
    },
    chart="grid",
)
def recent_moves(star: Star) -> "Table":
    """Customers by their segment 90 days before the snapshot and at the snapshot.

    Scores are those of the whole shop; filters select customers as in `rfm`. The snapshot is the
    end of the period, or the day after the last order.
    """
    customers = _with_earlier_segment(star)
    moves = customers.group_by("segment_before", "segment").aggregate(
        customers=customers.count(), net_sales=total(customers.monetary)
    )
    before = moves.customers.sum().over(ibis.window(group_by=moves.segment_before))
    shares = moves.mutate(share=ratio(moves.customers, before))
    ordered = shares.order_by(ibis.desc("customers"), "segment_before", "segment")
    return ordered.select(*recent_moves.columns)


@analysis(
    question="Which customers moved to another segment in the last 90 days?",
    columns={
        "customer_id": rfm.columns["customer_id"],
        "segment_before": SEGMENT_BEFORE,
        **{name: rfm.columns[name] for name in ("segment", "recency", "frequency", "monetary")},
    },
)
def moved_customers(star: Star) -> "Table":
    """Every customer whose segment changed in the 90 days before the snapshot, by customer ID.

    Customers who first ordered in those 90 days come from `New`. Filters select customers as in
    `rfm`; `segment` and `segment_before` are filters too.
    """
    customers = _with_earlier_segment(star)
    moved = customers.filter(customers.segment != customers.segment_before)
    return moved.select(*moved_customers.columns).order_by("customer_id")


def earlier_segments(star: Star) -> "Table":
    """Return every buyer with their segment 90 days before: customer_key, segment_before."""
    shop = replace(star, sales=star.all_sales, orders=star.all_orders)
    return _with_earlier_segment(shop).select("customer_key", "segment_before")


def _with_earlier_segment(star: Star) -> "Table":
    """Return the buyers of a star as `score_customers` does, with `segment_before`."""
    as_of = star.as_of
    earlier = (
        as_of - timedelta(days=DAYS)
        if isinstance(as_of, datetime)
        else as_of - ibis.interval(days=DAYS)
    )
    shop = replace(star, sales=star.all_sales, orders=star.all_orders, as_of=earlier)
    before = score_customers(shop).select(was="customer_key", segment_then="segment")
    now = score_customers(star)
    joined = now.left_join(before, now.customer_key == before.was)
    # Ibis cannot join a join on a computed column, so the join is a table of its own.
    buyers = joined.select(*now.columns, "segment_then")
    return cast("Table", buyers.mutate(segment_before=ibis.coalesce(buyers.segment_then, NEW)))
