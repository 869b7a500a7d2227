"""Money that a source gives once per order: discounts and refunds, brought to its lines.

A discount of the order is spread over its goods in proportion to their amounts, exactly to the
smallest unit (largest remainder). A refund is spread in the same way and becomes a return: one more
line for each line that it takes money from, with the negative number of its row.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.expressions import floor_divide, money, ratio, total
from regulars.core.formatting import counted
from regulars.core.schema import RATE
from regulars.transform.staging.money_columns import (
    LINE_REFUND,
    MONEY,
    NET_QUANTITY,
    ORDER_DISCOUNT,
    ORDER_REFUND,
    ORDER_SUBTOTAL,
    RETURNED_QUANTITY,
    money_columns,
)
from regulars.transform.staging.prices import product

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table

_STATED_DISCOUNT, _DISCOUNT = f"{MONEY}stated discount", f"{MONEY}discount share"
_STATED_REFUND, _REFUND = f"{MONEY}stated refund", f"{MONEY}refund share"
_OF_ORDER, _OF_LINE = f"{MONEY}refund of order", f"{MONEY}refund of line"
_STATED_OF_LINE = f"{MONEY}stated refund of line"
_WEIGHT, _UNITS, _STEP, _SHARE = (f"{MONEY}{name}" for name in ("weight", "units", "step", "share"))
_TOLERANCE = 0.011
_NEARLY = 1e-6
"""Subtracted before rounding down, so that floating-point errors never round up."""


def with_shares(lines: "Table") -> "Table":
    """Return the lines of one source with their share of the discounts and refunds of orders.

    The discount is taken off already. Cancelled orders share a discount, but no refund.
    """
    order = ibis.window(group_by="order_id")
    stated = lines.mutate(
        **{
            _STATED_DISCOUNT: _once(lines, ORDER_DISCOUNT),
            _STATED_REFUND: _once(lines, ORDER_REFUND),
            _WEIGHT: _goods(lines),
        }
    )
    goods = total_of(stated[_WEIGHT], order)
    given = ibis.least(_to_take_off(stated), goods)
    shared = _spread(stated.mutate(**{_DISCOUNT: given}), _DISCOUNT)
    discount = money(shared.discount_amount + shared[_DISCOUNT])
    rate = ibis.coalesce(ratio(discount, shared.gross_amount), 0).try_cast(RATE)
    net = money(shared.gross_amount - discount)
    is_changed = shared[_DISCOUNT] > 0
    taken = shared.mutate(
        discount_amount=ibis.ifelse(is_changed, discount, shared.discount_amount),
        discount=ibis.ifelse(is_changed, rate, shared.discount),
        net_amount=ibis.ifelse(is_changed, net, shared.net_amount),
    )
    sold = ibis.ifelse((taken.kind == "sale") & (taken[_WEIGHT] > 0), taken.net_amount, 0)
    weighed = taken.mutate(**{_WEIGHT: money(ibis.coalesce(sold, 0))})
    back = ibis.least(weighed[_STATED_REFUND], total_of(weighed[_WEIGHT], order))
    spread = _spread(weighed.mutate(**{_REFUND: back}), _REFUND)
    returned = spread.mutate(**{_STATED_OF_LINE: _refund_of_line(spread)})
    is_part = (returned[_STATED_OF_LINE] <= returned[_WEIGHT]).fill_null(False)
    of_line = money(ibis.ifelse(is_part, returned[_STATED_OF_LINE], 0))
    refund = ibis.greatest(returned[_REFUND], of_line)
    return returned.mutate(**{_REFUND: refund, _OF_ORDER: returned[_REFUND], _OF_LINE: of_line})


def _refund_of_line(lines: "Table") -> "NumericValue":
    """Return the amount of sales that was refunded on the line itself, or by the units returned."""
    is_sale = lines[_WEIGHT] > 0
    if LINE_REFUND in lines.columns:
        stated = money(ibis.coalesce(lines[LINE_REFUND].abs(), 0))
        return money(ibis.ifelse(is_sale, stated, 0))
    if RETURNED_QUANTITY in lines.columns:
        units = lines[RETURNED_QUANTITY].abs()
    elif NET_QUANTITY in lines.columns:
        units = ibis.greatest(lines.quantity - lines[NET_QUANTITY], 0)
    else:
        return money(ibis.literal(0))
    amount = lines[_WEIGHT].cast("float64") * ratio(units, lines.quantity)
    return money(cast("NumericValue", ibis.coalesce(amount.round(4), 0.0)))


def total_of(amount: "NumericValue", window: object) -> "NumericValue":
    """Return the sum of an amount over a window, as money."""
    return money(cast("NumericValue", amount.sum().over(window)))


def _once(lines: "Table", name: str) -> "NumericValue":
    """Return an amount that an order gives on one or on all of its lines; 0 without it."""
    if name not in lines.columns:
        return money(ibis.literal(0))
    highest = lines[name].abs().max().over(ibis.window(group_by="order_id"))
    known = ibis.ifelse(lines.order_id.notnull(), highest, None)
    return money(cast("NumericValue", ibis.coalesce(known, 0)))


def _goods(lines: "Table") -> "NumericValue":
    """Return the amount of lines that share the money of their order, 0 for others.

    Those are sales; in an order without any, what was cancelled.
    """
    is_valid = lines.reasons.isnull() & lines.order_id.notnull()
    is_sale = is_valid & (lines.kind == "sale")
    sales = ibis.ifelse(is_sale, 1, 0).max().over(ibis.window(group_by="order_id"))
    is_void = is_valid & (sales == 0) & ((lines.kind == "cancelled") | (lines.kind == "test"))
    shares = (is_sale | is_void) & (lines.net_amount > 0)
    return money(cast("NumericValue", ibis.ifelse(shares.fill_null(False), lines.net_amount, 0)))


def _to_take_off(lines: "Table") -> "NumericValue":
    """Return the discount of the order that its lines do not have yet.

    If the order states its subtotal, and the lines already come to that, there is none.
    """
    stated = lines[_STATED_DISCOUNT]
    if ORDER_SUBTOTAL not in lines.columns:
        return stated
    order = ibis.window(group_by="order_id")
    valid = ibis.ifelse(lines.reasons.isnull(), lines.net_amount, 0).sum().over(order)
    subtotal = lines[ORDER_SUBTOTAL].max().over(order)
    left = (valid.cast("float64") - subtotal.cast("float64")).abs()
    is_off = cast("BooleanValue", (left <= _TOLERANCE).fill_null(False))
    return money(cast("NumericValue", ibis.ifelse(is_off, 0, stated)))


def _spread(lines: "Table", column: str) -> "Table":
    """Return lines with the amount of their order in `column` replaced by their share of it.

    Shares are whole hundredths if the amount is, otherwise ten-thousandths. They add up exactly.
    """
    order = ibis.window(group_by="order_id")
    units = (lines[column].cast("float64") * 10_000).round().cast("int64")
    step = ibis.ifelse(units % 100 == 0, 100, 1).cast("int64")
    counted_units = lines.mutate(**{_UNITS: floor_divide(units, step), _STEP: step})
    weight = counted_units[_WEIGHT].cast("float64")
    part = ibis.coalesce(ratio(weight, weight.sum().over(order)), 0.0)
    exact = counted_units.mutate(**{_SHARE: counted_units[_UNITS].cast("float64") * part})
    whole = ibis.greatest((exact[_SHARE] - _NEARLY).floor(), 0.0).cast("int64")
    rounded = exact.mutate(**{column: whole})
    remainder = (rounded[_SHARE] - rounded[column].cast("float64")).round(9)
    by_remainder = ibis.window(group_by="order_id", order_by=[remainder.desc(), rounded.source_row])
    ranked = rounded.mutate(
        **{
            _SHARE: ibis.row_number().over(by_remainder),
            _UNITS: rounded[_UNITS] - rounded[column].sum().over(order),
        }
    )
    is_next = (ranked[_SHARE] < ranked[_UNITS]) & (ranked[_WEIGHT] > 0)
    share = (ranked[column] + ibis.ifelse(is_next.fill_null(False), 1, 0)) * ranked[_STEP]
    smallest = ibis.literal("0.0001").cast("decimal(18, 8)")
    amount = product(money(cast("NumericValue", share)), smallest)
    return ranked.mutate(**{column: amount})


def with_refunds(shared: "Table") -> "Table":
    """Return lines with the refunds of `with_shares` as returns of their own."""
    lines = shared.drop(*money_columns(shared))
    back = shared.filter(shared[_REFUND] > 0)
    amount, part = back[_REFUND], ratio(back[_REFUND], back.net_amount)
    units = (back.quantity.cast("float64").abs() * part).round(3)
    quantity = ibis.greatest(units, 0.001)
    changed = {
        "quantity": -quantity,
        "unit_price": ratio(amount, quantity).round(4),
        "discount": ibis.literal(0),
        "gross_amount": -amount,
        "discount_amount": ibis.literal(0),
        "net_amount": -amount,
        "kind": ibis.literal("return"),
        "source_row": -back.source_row,
    }
    types = lines.schema()
    refunds = back.mutate(**{name: value.cast(types[name]) for name, value in changed.items()})
    return lines.union(refunds.select(*lines.columns))


def order_money_sums(shared: "Table") -> "Table":
    """Return one row: discounts and refunds that are stated, and how much the lines take."""
    valid = shared.filter(shared.reasons.isnull())
    orders = valid.group_by("order_id").aggregate(
        discount=valid[_STATED_DISCOUNT].max(), refund=valid[_STATED_REFUND].max()
    )
    stated = orders.aggregate(
        discounts=total(orders.discount), refunds=total(orders.refund),
        discounted=ibis.ifelse(orders.discount > 0, 1, 0).sum(),
        refunded=ibis.ifelse(orders.refund > 0, 1, 0).sum(),
    )  # fmt: skip
    shares = valid.aggregate(
        off=total(valid[_DISCOUNT]),
        back=total(valid[_OF_ORDER]),
        line_refunds=total(valid[_STATED_OF_LINE]),
        line_back=total(valid[_OF_LINE]),
        returned=total(valid.net_amount.abs(), valid.kind == "return"),
        line_refunded=ibis.ifelse(valid[_OF_LINE] > 0, 1, 0).sum(),
    )
    return stated.cross_join(shares)


def order_money_notes(source: str, sums: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield what became of stated discounts and refunds, and whether that is a warning."""
    for stated, number, used, one in (
        ("discounts", "discounted", "off", "Discounts of whole orders"),
        ("refunds", "refunded", "back", "Refunds of whole orders"),
        ("line_refunds", "line_refunded", "line_back", "Refunds of lines"),
    ):
        amount, share = sums[stated] or Decimal(0), sums[used] or Decimal(0)
        if not amount:
            continue
        is_of_lines = used == "line_back"
        of = ("line", "lines") if is_of_lines else ("order", "orders")
        rest = (
            "more than their lines" if is_of_lines else "such as shipping, tax or cancelled orders"
        )
        where = counted(sums[number] or 0, *of)
        became = "spread over the lines" if used == "off" else "counted as returns"
        yield f"{source}: {one}: {share:,.2f} on {where}, {became}.", False
        if amount != share:
            yield (
                f"{source}: {one} add up to {amount:,.2f}. Goods account for {share:,.2f}; "
                f"the remaining {amount - share:,.2f} ({rest}) is not in any figure.",
                True,
            )
    if sums["line_back"] and sums["line_back"] == sums["returned"]:
        yield (
            f"{source}: the rows of returns add up to the refunds of lines, so both may be the "
            "same. To count only the rows, set in your profile:\n  [columns]\n"
            "  line_refund = []\n  returned_quantity = []\n  net_quantity = []",
            True,
        )
