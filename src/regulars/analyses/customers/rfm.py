"""RFM: customers by recency, frequency and monetary value, and their segments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis
from regulars.analyses.segments.scores import before_snapshot, buyers, rfm_scores
from regulars.analyses.segments.segment_map import (
    NOT_RANKED,
    NOT_RANKED_REASON,
    UNMAPPED,
    segment_map,
    segment_of,
)
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError, did_you_mean
from regulars.core.expressions import ratio, share

if TYPE_CHECKING:
    from ibis.expr.types import Table

EVERYONE, FILTERED = "everyone", "filtered"
_AMONG = Option(
    EVERYONE,
    "Score customers among all customers, or only among those who match the filters",
    choices=(EVERYONE, FILTERED),
    notes={
        FILTERED: "Scored among the customers and sales that match the filters only. These are "
        "not the segments of the whole shop."
    },
)
_SEGMENT = ColumnCard("Segment", "text", "RFM segment, from the R and F scores")


def _score(label: str, description: str) -> ColumnCard:
    return ColumnCard(label, "score", description, "d", "up")


@analysis(
    question="How recently, how often and how much does each customer buy?",
    columns={
        "customer_id": ColumnCard("Customer", "text", "Customer ID in the shop's system"),
        "recency": ColumnCard("Recency", "days", "Days since the last order", ",d", "down"),
        "frequency": ColumnCard("Frequency", "count", "Number of orders", ",d", "up"),
        "monetary": ColumnCard("Monetary", "money", "Total net sales", ",.2f", "up"),
        "r": _score("R", "Recency score from 1 to 5; 5 is most recent"),
        "f": _score("F", "Frequency score from 1 to 5; 5 is most frequent"),
        "m": _score("M", "Monetary score from 1 to 5; 5 is highest"),
        "segment": _SEGMENT,
    },
    options={"among": _AMONG},
)
def rfm(star: Star, among: str = EVERYONE) -> "Table":
    """Every known customer who ordered, with RFM scores and segment, sorted by customer ID.

    Tied customers get equal scores. A customer with several orders is never new, and nobody is
    ranked if all have ordered equally often, and more than once. Guests and customers with only
    cancelled orders are left out.
    Scores are those of the whole shop: a filter or a first day limits which customers are shown, by
    what they bought, and changes no score. With among=filtered, only the sales that match are
    scored, and only among the customers who match.
    """
    return score_customers(star, among).select(*rfm.columns).order_by("customer_id")


@analysis(
    question="Which segments do our customers fall into, and what should we do for each?",
    columns={
        "segment": _SEGMENT,
        "customers": ColumnCard("Customers", "count", "Customers in the segment", ",d"),
        "share_of_customers": ColumnCard(
            "Share of customers", "share", "Share of all known customers who ordered", ".1%"
        ),
        "share_of_net_sales": ColumnCard(
            "Share of net sales", "share",
            "Share of the net sales of all known customers who ordered; guests have no segment; "
            "blank if these net sales are not positive",
            ".1%",
        ),
        "recency": ColumnCard(
            "Average recency", "days", "Average days since the last order", ",.1f", "down"
        ),
        "frequency": ColumnCard(
            "Average frequency", "count", "Average number of orders", ",.1f", "up"
        ),
        "monetary": ColumnCard(
            "Average monetary value", "money", "Average net sales per customer", ",.2f", "up"
        ),
        "median_monetary": ColumnCard(
            "Median monetary value", "money",
            "Half of the customers have lower net sales, half have higher; a few large customers "
            "do not move it", ",.2f", "up",
        ),
        "reason": ColumnCard("Why", "text", "What these customers have in common"),
        "action": ColumnCard("Action", "text", "What to do"),
        "offer": ColumnCard("Offer", "text", "What to offer"),
        "channel": ColumnCard("Channel", "text", "How to reach them"),
    },
    options={"among": _AMONG},
    chart="grid",
)  # fmt: skip
def segments(star: Star, among: str = EVERYONE) -> "Table":
    """RFM segments with their size, value and recommended action, most valuable first.

    Segments without customers are left out. Filters select customers as in `rfm`.
    """
    cells = _by_cell(score_customers(star, among))
    in_segment = ibis.window(group_by="segment", order_by=["r", "f"])
    numbered = cells.mutate(number=ibis.row_number().over(in_segment))
    first_cells = numbered.filter(numbered.number == 0)
    return first_cells.order_by(ibis.desc("net_sales"), "segment").select(*segments.columns)


@analysis(
    question="How are our customers distributed by recency and frequency?",
    columns={
        "r": _score("R", "Recency score from 1 to 5; 5 is most recent"),
        "f": _score("F", "Frequency score from 1 to 5; 5 is most frequent"),
        "customers_here": ColumnCard(
            "Customers", "count", "Customers with these R and F scores", ",d"
        ),
        **segments.columns,
    },
    options={"among": _AMONG},
    chart="grid",
)
def rfm_map(star: Star, among: str = EVERYONE) -> "Table":
    """Every pair of R and F scores that has customers, with its segment as in `segments`.

    The most valuable segment comes first, and within it the highest scores.
    """
    cells = _by_cell(score_customers(star, among))
    ordered = cells.order_by(ibis.desc("net_sales"), "segment", ibis.desc("r"), ibis.desc("f"))
    return ordered.select(*rfm_map.columns)


def _by_cell(customers: "Table") -> "Table":
    """Return the cells of the map that have customers, with the figures of their segment."""
    # Engines have no median as a window function.
    medians = customers.group_by("segment").aggregate(
        median_monetary=customers.monetary.cast("float64").median()
    )
    return _with_sums(customers).inner_join(medians, "segment")


def _with_sums(customers: "Table") -> "Table":
    cells = customers.group_by("segment", "r", "f").aggregate(
        customers_here=customers.count(),
        recency=customers.recency.sum(),
        frequency=customers.frequency.sum(),
        net_sales=customers.monetary.sum(),
    )
    segment, everyone = ibis.window(group_by="segment"), ibis.window()
    sums = cells.mutate(
        # PostgreSQL sums integers to a decimal; Ibis drops a cast to the type it expects.
        customers=cells.customers_here.sum().over(segment).cast("decimal(38, 0)").cast("int64"),
        recency=cells.recency.sum().over(segment),
        frequency=cells.frequency.sum().over(segment),
        net_sales=cells.net_sales.sum().over(segment),
        all_customers=cells.customers_here.sum().over(everyone),
        all_net_sales=cells.net_sales.sum().over(everyone),
    )
    return sums.mutate(
        share_of_customers=ratio(sums.customers, sums.all_customers),
        share_of_net_sales=share(sums.net_sales, sums.all_net_sales),
        recency=ratio(sums.recency, sums.customers),
        frequency=ratio(sums.frequency, sums.customers),
        monetary=ratio(sums.net_sales, sums.customers),
        **{name: _playbook(sums, name) for name in ("reason", "action", "offer", "channel")},
    )


def customers_in_segments(star: Star, names: Sequence[str]) -> "Table":
    """Return the customers in some segments, scored among all customers: customer_key.

    Raises InputError for an unknown segment.
    """
    known = [*(segment.name for segment in segment_map()), UNMAPPED, NOT_RANKED]
    for name in names:
        if name not in known:
            raise InputError(f'There is no segment "{name}".{did_you_mean(name, known)}')
    customers = score_everyone(star)
    return customers.filter(customers.segment.isin(list(names))).select("customer_key")


def score_customers(star: Star, among: str = EVERYONE) -> "Table":
    """Return every buyer with scores and segment, unordered: customer_key, the columns of `rfm`.

    A buyer bought something that matches the filters of the star, before the snapshot.
    """
    if among == FILTERED:
        return _scored(star)
    everyone = score_everyone(star)
    if star.sales.equals(star.all_sales):
        return everyone
    lines = before_snapshot(star)
    bought = lines.filter(lines.kind == "sale").select("customer_key").distinct()
    return everyone.semi_join(bought, "customer_key")


def score_everyone(star: Star) -> "Table":
    """Return every buyer of the shop with scores and segment, whatever the filters."""
    return _scored(replace(star, sales=star.all_sales, orders=star.all_orders))


def _scored(star: Star) -> "Table":
    ids = star.customers.select("customer_key", "customer_id")
    return assign_segments(star, buyers(star).inner_join(ids, "customer_key"))


def assign_segments(star: Star, customers: "Table", among: str | None = None) -> "Table":
    """Return customers with scores and segment; `among` as in `rfm_scores`."""
    ties = star.conventions.frequency_ties
    scored = rfm_scores(customers, frequency_ties=ties, among=among)
    return scored.mutate(segment=segment_of(scored, segment_map(), among))


def _playbook(sums: "Table", field: str) -> "ibis.Value":
    """Return a text of the segment map for the segment of each row."""
    texts = [(sums.segment == segment.name, getattr(segment, field)) for segment in segment_map()]
    if field == "reason":
        texts.append((sums.segment == NOT_RANKED, NOT_RANKED_REASON))
    return ibis.cases(*texts, else_="")
