"""RFM: recency, frequency and monetary value, each scored 1 to 5 (Hughes, 1994).

Scores are quantile bins, closed on the right: a value is in the first bin whose upper quantile
(linear interpolation) it does not exceed. That is what `pandas.qcut` does, and makes equal values
score equally whatever their order.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Star
from regulars.core.expressions import (
    first_of_month,
    is_known_customer,
    ratio,
    seconds_of_day,
    total,
)
from regulars.core.schema import MONEY

if TYPE_CHECKING:
    from ibis.expr.types import IntegerValue, StringValue, Table, TimestampScalar, Value

BINS = 5
UNMAPPED = "Unmapped"
Span = tuple[int, int]
"""Lowest and highest score, both included."""


@dataclass(frozen=True)
class Segment:
    """A segment of the R x F map, and what to do with it."""

    name: str
    rules: tuple[tuple[Span, Span], ...]
    reason: str
    action: str
    offer: str
    channel: str

    @property
    def cells(self) -> frozenset[tuple[int, int]]:
        """The cells of the map, (r, f), that its rules cover."""
        return frozenset(
            (r, f)
            for (low_r, high_r), (low_f, high_f) in self.rules
            for r in range(low_r, high_r + 1)
            for f in range(low_f, high_f + 1)
        )


def segment_map() -> list[Segment]:
    """Return the segments in their order: the first whose cells hold a customer's scores wins."""
    text = (files(__package__) / "rfm.toml").read_text("utf-8")
    return [
        Segment(
            segment["name"],
            tuple(_spans(rule) for rule in segment["rules"]),
            segment["reason"],
            segment["action"],
            segment["offer"],
            segment["channel"],
        )
        for segment in tomllib.loads(text)["segments"]
    ]


def before_snapshot(star: Star) -> "Table":
    """Return the lines of known customers before the snapshot, with the times of their order."""
    snapshot = _snapshot(star)
    sales = star.sales.filter(
        is_known_customer(star.sales.customer_key), star.sales.ordered_on <= snapshot.date()
    )
    timed = _timed(sales, star)
    return timed.filter(timed.ordered_at < snapshot)


def buyers(star: Star) -> "Table":
    """Return each known customer who bought before the snapshot, one a row.

    Columns: customer_key, recency (days), frequency (orders), monetary (money). A refund is no
    visit and a guest no customer: neither is here.
    """
    lines = before_snapshot(star)
    people = lines.group_by("customer_key").aggregate(**_bought(star, lines))
    bought = people.filter(people.frequency > 0)
    return bought.select(
        "customer_key", "frequency", "monetary", recency=_at_least_0(_recency(star, bought["last"]))
    )


def buyers_by_month(star: Star, months: "Table") -> "Table":
    """Return each known customer as `buyers` would at the end of each month, one a row.

    `months` has the first day of each month in a column month. Columns: month, customer_key,
    recency, frequency, monetary.
    """
    lines = _timed(star.sales.filter(is_known_customer(star.sales.customer_key)), star)
    placed = lines.mutate(bought_in=first_of_month(lines.ordered_at))
    parts = placed.group_by("customer_key", "bought_in").aggregate(**_bought(star, placed))
    so_far = months.select("month").inner_join(parts, months.month >= parts.bought_in)
    people = so_far.group_by("month", "customer_key").aggregate(
        last=so_far["last"].max(),
        # By way of a decimal, which it is in PostgreSQL: Ibis would leave out a cast to itself.
        frequency=so_far.frequency.sum().cast("decimal(38, 0)").cast("int64"),
        monetary=so_far.monetary.sum().cast(MONEY),
    )
    bought = people.filter(people.frequency > 0)
    # The snapshot is the midnight after the month's last day: any time of day is a day less.
    next_month = bought.month + ibis.interval(months=1)
    days = next_month.cast("date").delta(bought["last"].date(), unit="day").cast("int64")
    begun = star.conventions.recency == "whole days"
    started = ibis.ifelse(seconds_of_day(bought["last"]) > 0, 1, 0) if begun else ibis.literal(0)
    return bought.select(
        "month", "customer_key", "frequency", "monetary", recency=_at_least_0(days - started)
    )


def _at_least_0(days: "Value") -> "IntegerValue":
    """Return days, none of them negative: an order's last line may lie behind the snapshot."""
    return cast("IntegerValue", ibis.greatest(days, 0).cast("int64"))


def rfm_scores(
    customers: "Table", *, frequency_ties: str = "equal", bins: int = BINS, among: str | None = None
) -> "Table":
    """Return customers with r, f and m added, each 1 (worst) to `bins` (best).

    `customers` has recency, frequency, monetary and customer_id, one customer a row. Under
    "customer id", equal frequencies are ranked in the order of the id instead of scoring equally.
    Where `among` names a column, customers are scored among those who share its value.
    """
    ties = [customers.customer_id] if frequency_ties == "customer id" else []
    group = [customers[among]] if among else []
    return customers.mutate(
        r=(bins + 1 - _bin([customers.recency], bins, group)).cast("int8"),
        f=_bin([customers.frequency, *ties], bins, group).cast("int8"),
        m=_bin([customers.monetary], bins, group).cast("int8"),
    )


def segment_of(scored: "Table", segments: Sequence[Segment]) -> "StringValue":
    """Return the name of the segment that each customer's r and f fall in."""
    branches = [
        (scored.r.between(*recency) & scored.f.between(*frequency), segment.name)
        for segment in segments
        for recency, frequency in segment.rules
    ]
    return cast("StringValue", ibis.cases(*branches, else_=UNMAPPED))


def _spans(rule: str) -> tuple[Span, Span]:
    """Return the lowest and highest r and f of a rule: "1-2 5" is (1, 2), (5, 5)."""
    recency, frequency = (part.partition("-") for part in rule.split())
    return _span(*recency), _span(*frequency)


def _span(low: str, _: str, high: str) -> Span:
    return int(low), int(high or low)


def _timed(sales: "Table", star: Star) -> "Table":
    """Return lines with the times of their order."""
    times = star.orders.select("order_key", "ordered_at", "last_sale_at")
    return sales.inner_join(times, "order_key")


def _bought(star: Star, lines: "Table") -> "dict[str, Value]":
    """Return what is added up of a customer's lines: last, frequency, monetary."""
    only_purchases = star.conventions.monetary == "purchases"
    sold = (lines.kind == "sale") & (lines.net_amount > 0) & (lines.quantity > 0)
    counted = sold if only_purchases else lines.kind == "sale"
    worth = counted if only_purchases else lines.kind.isin(("sale", "return"))
    return {
        "last": lines.last_sale_at.max(where=counted),
        "frequency": lines.order_key.nunique(where=counted),
        "monetary": total(lines.net_amount, worth),
    }


def _recency(star: Star, last: "Value") -> "IntegerValue":
    """Return days since the last purchase: midnights passed, or whole periods of 24 hours."""
    snapshot = _snapshot(star)
    days = snapshot.date().delta(last.date(), unit="day").cast("int64")
    if star.conventions.recency == "calendar days":
        return cast("IntegerValue", days)
    passed = seconds_of_day(snapshot)
    return cast("IntegerValue", days - ibis.ifelse(seconds_of_day(last) > passed, 1, 0))


def _snapshot(star: Star) -> "TimestampScalar":
    if isinstance(star.as_of, datetime):
        return cast("TimestampScalar", ibis.literal(star.as_of))
    return star.as_of


def _bin(order: "list[Value]", bins: int, group: "list[Value]") -> "IntegerValue":
    """Return the quantile bin of each row, 1 to `bins`, by rank: exact, for ranks are integers."""
    rank = ibis.rank().over(group_by=group, order_by=order)
    last = ibis.greatest(order[0].count().over(ibis.window(group_by=group)) - 1, 1)
    place = ratio(rank * bins + last - 1, last).floor().cast("int64")
    return cast("IntegerValue", ibis.greatest(place, 1))
