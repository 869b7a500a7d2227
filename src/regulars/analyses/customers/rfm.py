"""Customers by recency, frequency and monetary value, and the segments they fall in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis
from regulars.analyses.segments.rfm import UNMAPPED, buyers, rfm_scores, segment_map, segment_of
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError, did_you_mean
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

EVERYONE = "everyone"
_AMONG = Option(
    "filtered",
    "score customers among those the filter leaves, or among everyone in the shop",
    choices=("filtered", EVERYONE),
)
_SEGMENT = ColumnCard("Segment", "text", "Cell of the R x F map")


def _score(label: str, description: str) -> ColumnCard:
    return ColumnCard(label, "score", description, "d", "up")


@analysis(
    question="How does every customer stand?",
    columns={
        "customer_id": ColumnCard("Customer", "text", "The shop's number of the customer"),
        "recency": ColumnCard("Recency", "days", "Days from the last purchase", ",d", "down"),
        "frequency": ColumnCard("Frequency", "count", "Orders", ",d", "up"),
        "monetary": ColumnCard("Monetary", "money", "Net sales", ",.2f", "up"),
        "r": _score("R", "Score of recency, 5 is most recent"),
        "f": _score("F", "Score of frequency, 5 is most often"),
        "m": _score("M", "Score of monetary value, 5 is most"),
        "segment": _SEGMENT,
    },
    options={"among": _AMONG},
)
def rfm(star: Star, among: str = "filtered") -> "Table":
    """Every known customer who bought, scored and named, by customer id.

    Equal customers score equally. Customers who only cancelled, and guests, are not here. Under a
    filter, customers are scored among those the filter leaves, by what it leaves of their orders;
    or, among everyone, by all they bought, and the filter chooses whom to show.
    """
    return segmented(star, among).select(*rfm.columns).order_by("customer_id")


@analysis(
    question="Who are our customers, and what should we do with them?",
    columns={
        "segment": _SEGMENT,
        "customers": ColumnCard("Customers", "count", "Customers in the segment", ",d"),
        "share_of_customers": ColumnCard("Of customers", "share", "Share of customers", ".1%"),
        "share_of_net_sales": ColumnCard(
            "Of their net sales", "share",
            "Share of the net sales of all known customers who bought; guests are in no segment",
            ".1%",
        ),
        "recency": ColumnCard(
            "Mean recency", "days", "Mean days from the last purchase", ",.1f", "down"
        ),
        "frequency": ColumnCard("Mean frequency", "count", "Mean number of orders", ",.1f", "up"),
        "monetary": ColumnCard("Mean monetary value", "money", "Mean net sales", ",.2f", "up"),
        "reason": ColumnCard("Why", "text", "What makes a customer one of these"),
        "action": ColumnCard("Action", "text", "What to do"),
        "offer": ColumnCard("Offer", "text", "What to offer"),
        "channel": ColumnCard("Channel", "text", "How to reach them"),
    },
    options={"among": _AMONG},
    chart="grid",
)  # fmt: skip
def segments(star: Star, among: str = "filtered") -> "Table":
    """Each RFM segment with its size, its worth, and what to do with it, most worth first.

    A segment without customers is not listed.
    """
    cells = _by_cell(segmented(star, among))
    of_segment = ibis.window(group_by="segment", order_by=["r", "f"])
    numbered = cells.mutate(number=ibis.row_number().over(of_segment))
    one_of_each = numbered.filter(numbered.number == 0)
    return one_of_each.order_by(ibis.desc("worth"), "segment").select(*segments.columns)


@analysis(
    question="Where on the R x F map do our customers stand?",
    columns={
        "r": _score("R", "Score of recency, 5 is most recent"),
        "f": _score("F", "Score of frequency, 5 is most often"),
        "customers_here": ColumnCard("Customers", "count", "Customers with this R and F", ",d"),
        **segments.columns,
    },
    options={"among": _AMONG},
    chart="grid",
)
def rfm_map(star: Star, among: str = "filtered") -> "Table":
    """Each cell of the R x F map that holds a customer, with its segment as `segments` has it.

    The segment of most worth comes first, best scores first in each.
    """
    cells = _by_cell(segmented(star, among))
    ordered = cells.order_by(ibis.desc("worth"), "segment", ibis.desc("r"), ibis.desc("f"))
    return ordered.select(*rfm_map.columns)


def _by_cell(people: "Table") -> "Table":
    """Return the cells with customers, and what is told of the segment of each, with its worth."""
    cells = people.group_by("segment", "r", "f").aggregate(
        customers_here=people.count(),
        recency=people.recency.sum(),
        frequency=people.frequency.sum(),
        worth=people.monetary.sum(),
    )
    segment, everyone = ibis.window(group_by="segment"), ibis.window()
    sums = cells.mutate(
        # By way of a decimal, which it is in PostgreSQL: Ibis would leave out a cast to itself.
        customers=cells.customers_here.sum().over(segment).cast("decimal(38, 0)").cast("int64"),
        recency=cells.recency.sum().over(segment),
        frequency=cells.frequency.sum().over(segment),
        worth=cells.worth.sum().over(segment),
        every_customer=cells.customers_here.sum().over(everyone),
        every_worth=cells.worth.sum().over(everyone),
    )
    return sums.mutate(
        share_of_customers=ratio(sums.customers, sums.every_customer),
        share_of_net_sales=ratio(sums.worth, sums.every_worth),
        recency=ratio(sums.recency, sums.customers),
        frequency=ratio(sums.frequency, sums.customers),
        monetary=ratio(sums.worth, sums.customers),
        **{name: _told(sums, name) for name in ("reason", "action", "offer", "channel")},
    )


def in_segments(star: Star, names: Sequence[str]) -> "Table":
    """Return who is in one of these segments among everyone in the shop: customer_key.

    Raises InputError for a segment that there is not.
    """
    known = [*(segment.name for segment in segment_map()), UNMAPPED]
    for name in names:
        if name not in known:
            raise InputError(f'No segment is "{name}".{did_you_mean(name, known)}')
    people = _of_everyone(star)
    return people.filter(people.segment.isin(list(names))).select("customer_key")


def segmented(star: Star, among: str = "filtered") -> "Table":
    """Return every buyer, scored and named, in no order: customer_key, and the columns of `rfm`."""
    if among == EVERYONE:
        return _of_everyone(star).semi_join(star.sales, "customer_key")
    names = star.customers.select("customer_key", "customer_id")
    people = buyers(star).inner_join(names, "customer_key")
    return named(star, people)


def _of_everyone(star: Star) -> "Table":
    whole = replace(star, sales=star.every_sale, orders=star.every_order)
    return segmented(whole)


def named(star: Star, people: "Table", among: str | None = None) -> "Table":
    """Return buyers with scores and segment, scored among those who share a column's value."""
    ties = star.conventions.frequency_ties
    scored = rfm_scores(people, frequency_ties=ties, among=among)
    return scored.mutate(segment=segment_of(scored, segment_map()))


def _told(sums: "Table", name: str) -> "ibis.Value":
    """Return what the playbook says of each segment."""
    told = ((sums.segment == segment.name, getattr(segment, name)) for segment in segment_map())
    return ibis.cases(*told, else_="")
