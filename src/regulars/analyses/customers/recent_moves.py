"""Who moved to another segment in the last 90 days, or another number of days."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.customers.rfm import rfm, score_customers
from regulars.analyses.customers.segment_history import NEW
from regulars.analyses.define import Option, Star, analysis
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table

DAYS = 90
LOOK_BACKS = (30, DAYS, 180, 365)
"""The numbers of days to choose from on pages; the analyses accept any."""

SEGMENT_BEFORE = ColumnCard(
    "Previous segment", "text",
    "Segment that many days earlier (default 90); New if they had not ordered by then",
)  # fmt: skip
_OPTIONS = {
    "days": Option(DAYS, "how many days before the snapshot to compare with", type=int,
                   between=(0, 3661)),
}  # fmt: skip
_OTHER_DAYS = re.compile(r"segment_([1-9]\d{0,3})_days_before")


def column_before(days: int) -> str:
    """Return the column to filter by the segment so many days before: segment_180_days_before."""
    return "segment_before" if days == DAYS else f"segment_{days}_days_before"


def days_before(column: str) -> int | None:
    """Return how many days before the snapshot the segments in a column are; None for others."""
    if column == column_before(DAYS):
        return DAYS
    found = _OTHER_DAYS.fullmatch(column)
    return int(found[1]) if found else None


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
    options=_OPTIONS,
    chart="grid",
)
def recent_moves(star: Star, days: int = DAYS) -> "Table":
    """Customers by their segment 90 days before the snapshot and at the snapshot.

    `days` is another number of days to look back. Scores are those of the whole shop; filters
    select customers as in `rfm`. The snapshot is the end of the period, or the day after the last
    order.
    """
    customers = _with_earlier_segment(star, days)
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
    options=_OPTIONS,
)
def moved_customers(star: Star, days: int = DAYS) -> "Table":
    """Every customer whose segment changed in the 90 days before the snapshot, by customer ID.

    `days` is another number of days. Customers who first ordered in those days come from `New`.
    Filters select customers as in `rfm`; `segment` and `segment_before` are filters too, as is
    `segment_180_days_before`, with any number of days.
    """
    customers = _with_earlier_segment(star, days)
    moved = customers.filter(customers.segment != customers.segment_before)
    return moved.select(*moved_customers.columns).order_by("customer_id")


def earlier_segments(star: Star, days: int) -> "Table":
    """Return every buyer with their segment so many days before: customer_key, `column_before`."""
    shop = replace(star, sales=star.all_sales, orders=star.all_orders)
    customers = _with_earlier_segment(shop, days)
    return customers.select("customer_key", **{column_before(days): customers.segment_before})


def _with_earlier_segment(star: Star, days: int) -> "Table":
    """Return the buyers of a star as `score_customers` does, with `segment_before`."""
    as_of = star.as_of
    earlier = (
        as_of - timedelta(days=days)
        if isinstance(as_of, datetime)
        else as_of - ibis.interval(days=days)
    )
    shop = replace(star, sales=star.all_sales, orders=star.all_orders, as_of=earlier)
    before = score_customers(shop).select(was="customer_key", segment_then="segment")
    now = score_customers(star)
    joined = now.left_join(before, now.customer_key == before.was)
    # Ibis cannot join a join on a computed column, so the join is a table of its own.
    buyers = joined.select(*now.columns, "segment_then")
    return cast("Table", buyers.mutate(segment_before=ibis.coalesce(buyers.segment_then, NEW)))
