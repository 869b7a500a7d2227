"""Corrections: orders that a credit undoes within days, which then count as cancelled.

A credit is an order without sales. It undoes an earlier order of the same customer if it gives back
exactly its lines, or if its adjustments amount to its sales.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import money
from regulars.core.kinds import CANCELLED, REVERSAL
from regulars.core.schema import LEDGER_COLUMNS, QUANTITY

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

BY_LINES, BY_AMOUNT = "lines", "amount"
"""What a credit and its order have in common."""

_MATCHED_KINDS = ("sale", "return", "adjustment")
_GOODS = ("sale", "return")


@dataclass(frozen=True)
class CorrectionRules:
    """Which credits undo which orders.

    within            how many days later a credit can be
    rejected          order numbers of orders and credits that are never matched
    explicit_sources  source_id of sources that say themselves what was cancelled
    """

    within: int
    rejected: tuple[str, ...] = ()
    explicit_sources: tuple[int, ...] = ()


@cached_expression
def credited_lines(lines: "Table", rules: CorrectionRules) -> "Table":
    """Return the lines that give back goods or money."""
    booked = _booked(lines, rules)
    return booked.filter(booked.kind != "sale", booked.net_amount < 0)


@cached_expression
def candidates(lines: "Table", rules: CorrectionRules) -> "Table":
    """Return orders and credits for which the same customer has a counterpart of the same amount.

    Columns: order_id, customer_id, ordered_at, is_credit, is_of_goods, amount.
    """
    orders = _totals(_booked(lines, rules))
    if rules.explicit_sources:
        explicit = lines.filter(lines.source_id.isin(rules.explicit_sources))
        orders = orders.anti_join(explicit.select("order_id").distinct(), "order_id")
    alike = orders.group_by("customer_id", "amount").aggregate(sides=orders.is_credit.nunique())
    return orders.semi_join(alike.filter(alike.sides == 2), ["customer_id", "amount"])


@cached_expression
def candidate_goods(lines: "Table", candidates: "Table") -> "Table":
    """Return the goods of candidates: order_id, content.

    The content of two lines is the same number if their product, quantity and amount are, whether
    they were sold or returned.
    """
    goods = lines.filter(lines.kind.isin(_GOODS)).semi_join(candidates, "order_id")
    sign = ibis.ifelse(goods.kind == "return", -1, 1)
    unsigned = goods.select(
        "order_id",
        product=ibis.coalesce(goods.product_id, goods.product_name, ""),
        quantity=(goods.quantity * sign).cast(QUANTITY),
        net_amount=money(goods.net_amount * sign),
    )
    content = ibis.dense_rank().over(order_by=["product", "quantity", "net_amount"])
    return unsigned.select("order_id", content=content.cast("int64"))


@cached_expression
def corrections_by_lines(candidates: "Table", goods: "Table", within: int) -> "Table":
    """Return the candidates whose credit gives back exactly the lines of its order."""
    collected = goods.group_by(bought_order="order_id").aggregate(contents=goods.content.collect())
    baskets = collected.mutate(contents=collected.contents.sort())
    bookings = candidates.inner_join(baskets, candidates.order_id == baskets.bought_order)
    return _corrections(_pairs(bookings, ("customer_id", "contents"), within), BY_LINES)


@cached_expression
def corrections_by_amount(candidates: "Table", by_lines: "Table", within: int) -> "Table":
    """Return the candidates whose credit is booked as an adjustment of the order's amount.

    Orders `by_lines` are undone already.
    """
    is_alike = ~candidates.is_credit | ~candidates.is_of_goods
    others = candidates.filter(is_alike).anti_join(by_lines, "order_id")
    return _corrections(_pairs(others, ("customer_id", "amount"), within), BY_AMOUNT)


@cached_expression
def with_corrections(lines: "Table", corrections: "Table | None") -> "Table":
    """Return lines with the kinds that corrections give them; as they are if there are none."""
    if corrections is None:
        return lines
    is_by_lines = corrections.matched_by == BY_LINES
    orders = corrections.select(
        corrected="order_id", kind_before=ibis.literal("sale"), kind_after=ibis.literal(CANCELLED)
    )
    credited = corrections.select(
        corrected="credit_id",
        kind_before=ibis.ifelse(is_by_lines, "return", "adjustment"),
        kind_after=ibis.literal(REVERSAL),
    )
    kinds = orders.union(credited)
    joined = lines.left_join(kinds, lines.order_id == kinds.corrected)
    is_corrected = (joined.kind == joined.kind_before).fill_null(False)
    kind = ibis.ifelse(is_corrected, joined.kind_after, joined.kind)
    return joined.mutate(kind=kind).select(*lines.columns)


def _booked(lines: "Table", rules: CorrectionRules) -> "Table":
    """Return the lines of goods and adjustments that can be matched."""
    booked = lines.filter(lines.kind.isin(_MATCHED_KINDS))
    if rules.rejected:
        booked = booked.filter(booked.order_id.notin(rules.rejected))
    if rules.explicit_sources:
        booked = booked.filter(booked.source_id.notin(rules.explicit_sources))
    return booked


def _totals(lines: "Table") -> "Table":
    """Return orders of sales, and credits, each of a single customer, as `candidates` has them."""
    is_sale, is_return = lines.kind == "sale", lines.kind == "return"
    is_goods = is_sale | is_return
    orders = lines.group_by("order_id").aggregate(
        customer_id=lines.customer_id.min(),
        last_customer=lines.customer_id.max(),
        guests=lines.count(where=lines.customer_id.isnull()),
        ordered_at=lines.ordered_at.min(),
        sold=lines.count(where=is_sale),
        returned=lines.count(where=is_return),
        goods=lines.net_amount.sum(where=is_goods),
        adjusted=lines.net_amount.sum(where=~is_goods),
    )
    is_credit, is_of_goods = orders.sold == 0, (orders.sold > 0) | (orders.returned > 0)
    is_mixed = (orders.sold > 0) & (orders.returned > 0)
    charged = ibis.ifelse(is_of_goods, orders.goods, orders.adjusted)
    amount = ibis.ifelse(is_credit, -charged, charged)
    is_of_one = (orders.customer_id == orders.last_customer) & (orders.guests == 0)
    found = orders.mutate(is_credit=is_credit, is_of_goods=is_of_goods, amount=money(amount))
    return found.filter(is_of_one, ~is_mixed, amount > 0).select(
        "order_id", "customer_id", "ordered_at", "is_credit", "is_of_goods", "amount"
    )


def _pairs(bookings: "Table", alike: Sequence[str], within: int) -> "Table":
    """Return each credit with the latest order before it that no credit in between undoes.

    Orders open and credits close, like brackets. Those of one depth take turns, so the order of a
    credit is the one before it at its depth.
    """
    order = [bookings.ordered_at, bookings.is_credit, bookings.order_id]
    so_far = ibis.cumulative_window(group_by=alike, order_by=order)
    step = ibis.ifelse(bookings.is_credit, -1, 1)
    counted = bookings.mutate(balance=step.sum().over(so_far))
    lowest = ibis.least(counted.balance.min().over(so_far), 0)
    levelled = counted.mutate(depth=counted.balance - lowest + ibis.ifelse(counted.is_credit, 1, 0))
    at_depth = ibis.window(
        group_by=[*alike, "depth"], order_by=["ordered_at", "is_credit", "order_id"]
    )
    turns = levelled.mutate(
        undone_order=levelled.order_id.lag().over(at_depth),
        undone_at=levelled.ordered_at.lag().over(at_depth),
        follows_credit=levelled.is_credit.lag().over(at_depth),
    )
    found = turns.filter(turns.is_credit, ~turns.follows_credit, _is_within(turns, within))
    return found.mutate(
        credit_id="order_id", order_id="undone_order",
        credited_at="ordered_at", ordered_at="undone_at",
    )  # fmt: skip


def _is_within(turns: "Table", days: int) -> "BooleanValue":
    passed = turns.ordered_at.date().delta(turns.undone_at.date(), unit="day").cast("int64")
    return cast("BooleanValue", passed <= days)


def _corrections(pairs: "Table", matched_by: str) -> "Table":
    """Return pairs in the columns of the table corrections."""
    return pairs.mutate(matched_by=ibis.literal(matched_by)).select(*LEDGER_COLUMNS["corrections"])
