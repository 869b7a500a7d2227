"""RFM scores: recency, frequency and monetary value, each from 1 to 5 (Hughes, 1994).

Scores are quantile bins as in `pandas.qcut`: a value falls into the first bin whose upper quantile
(by linear interpolation) it does not exceed. Equal values therefore get equal scores.
"""

from datetime import datetime
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
    from ibis.expr.types import IntegerValue, Table, TimestampScalar, Value

BINS = 5


def before_snapshot(star: Star) -> "Table":
    """Return the lines of known customers before the snapshot, with the times of their orders."""
    snapshot = _snapshot(star)
    sales = star.sales.filter(
        is_known_customer(star.sales.customer_key), star.sales.ordered_on <= snapshot.date()
    )
    timed = _with_order_times(sales, star)
    return timed.filter(timed.ordered_at < snapshot)


def buyers(star: Star) -> "Table":
    """Return the known customers who ordered before the snapshot, one row each.

    Columns: customer_key, recency (days), frequency (orders), monetary (money). A refund is not an
    order, and guests are not customers.
    """
    bought = _bought(star)
    recency = _not_negative(_recency(star, bought["last"]))
    return bought.select("customer_key", "frequency", "monetary", recency=recency)


def last_orders(star: Star) -> "Table":
    """Return the day of the last order of each of `buyers`: customer_key, last_order_on."""
    bought = _bought(star)
    return bought.select("customer_key", last_order_on=bought["last"].date())


def _bought(star: Star) -> "Table":
    lines = before_snapshot(star)
    customers = lines.group_by("customer_key").aggregate(**_aggregates(star, lines))
    return customers.filter(customers.frequency > 0)


def month_end_buyers(star: Star, months: "Table") -> "Table":
    """Return what `buyers` returns, at the end of each month: month, then the same columns.

    `months` has a column month, the first day of each month.
    """
    sales = _with_order_times(star.sales.filter(is_known_customer(star.sales.customer_key)), star)
    lines = sales.mutate(bought_in=first_of_month(sales.ordered_at))
    by_month = lines.group_by("customer_key", "bought_in").aggregate(**_aggregates(star, lines))
    so_far = months.select("month").inner_join(by_month, months.month >= by_month.bought_in)
    customers = so_far.group_by("month", "customer_key").aggregate(
        last=so_far["last"].max(),
        # PostgreSQL sums integers to a decimal; Ibis drops a cast to the type it expects.
        frequency=so_far.frequency.sum().cast("decimal(38, 0)").cast("int64"),
        monetary=so_far.monetary.sum().cast(MONEY),
    )
    bought = customers.filter(customers.frequency > 0)
    # The snapshot is midnight after the last day, so any time of day makes one whole day less.
    next_month = bought.month + ibis.interval(months=1)
    days = next_month.cast("date").delta(bought["last"].date(), unit="day").cast("int64")
    if star.conventions.recency == "whole days":
        days -= ibis.ifelse(seconds_of_day(bought["last"]) > 0, 1, 0)
    return bought.select(
        "month", "customer_key", "frequency", "monetary", recency=_not_negative(days)
    )


def _not_negative(days: "Value") -> "IntegerValue":
    """Return days, at least 0: the last line of an order can be later than the snapshot."""
    return cast("IntegerValue", ibis.greatest(days, 0).cast("int64"))


def rfm_scores(
    customers: "Table", *, frequency_ties: str = "equal", bins: int = BINS, among: str | None = None
) -> "Table":
    """Return customers with scores r, f and m, each from 1 (worst) to `bins` (best).

    `customers` has recency, frequency, monetary and customer_id. With `frequency_ties` "customer
    id", equal frequencies rank in the order of the id instead of scoring equally. `among` names a
    column; customers are then scored among those who share its value.
    """
    ties = [customers.customer_id] if frequency_ties == "customer id" else []
    group = [customers[among]] if among else []
    return customers.mutate(
        r=(bins + 1 - _bin([customers.recency], bins, group)).cast("int8"),
        f=_bin([customers.frequency, *ties], bins, group).cast("int8"),
        m=_bin([customers.monetary], bins, group).cast("int8"),
    )


def _with_order_times(sales: "Table", star: Star) -> "Table":
    times = star.orders.select("order_key", "ordered_at", "last_sale_at")
    return sales.inner_join(times, "order_key")


def _aggregates(star: Star, lines: "Table") -> "dict[str, Value]":
    """Return the aggregates of a customer's lines: last (purchase), frequency, monetary."""
    bought, counted = lines.kind == "sale", lines.kind.isin(("sale", "return"))
    if star.conventions.monetary == "purchases":
        bought = bought & (lines.net_amount > 0) & (lines.quantity > 0)
        counted = bought
    return {
        "last": lines.last_sale_at.max(where=bought),
        "frequency": lines.order_key.nunique(where=bought),
        "monetary": total(lines.net_amount, counted),
    }


def _recency(star: Star, last: "Value") -> "IntegerValue":
    """Return the days since the last purchase: calendar days, or whole periods of 24 hours."""
    snapshot = _snapshot(star)
    days = snapshot.date().delta(last.date(), unit="day").cast("int64")
    if star.conventions.recency == "calendar days":
        return cast("IntegerValue", days)
    is_later_in_day = seconds_of_day(last) > seconds_of_day(snapshot)
    return cast("IntegerValue", days - ibis.ifelse(is_later_in_day, 1, 0))


def _snapshot(star: Star) -> "TimestampScalar":
    if isinstance(star.as_of, datetime):
        return cast("TimestampScalar", ibis.literal(star.as_of))
    return star.as_of


def _bin(order: "list[Value]", bins: int, group: "list[Value]") -> "IntegerValue":
    """Return the quantile bin of each row, 1 to `bins`."""
    # Integer ranks make this exact, where quantiles of floats would not be.
    rank = ibis.rank().over(group_by=group, order_by=order)
    last = ibis.greatest(order[0].count().over(ibis.window(group_by=group)) - 1, 1)
    number = ratio(rank * bins + last - 1, last).floor().cast("int64")
    return cast("IntegerValue", ibis.greatest(number, 1))
