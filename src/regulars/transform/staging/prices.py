"""Amounts of lines: gross, discount and net, from the quantity, the price and the discount."""

from collections.abc import Container
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from regulars.core.expressions import money, ratio
from regulars.core.schema import MONEY, RATE
from regulars.transform.staging.formats import SourceFormats
from regulars.transform.staging.money_columns import MONEY as MONEY_CELL
from regulars.transform.staging.money_columns import MONEY_IS_READ, ORDER_MONEY

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table, Value

_GIVEN = "given_discount"
"""The column of discounts; lines of a source without discounts lack it."""

LARGEST_MONEY = 1e14
SAFE_IN_64_BITS = 1e6
"""Products up to this fit into 64 bits with twelve decimals, the most that our types allow."""


def priced(lines: "Table", formats: SourceFormats, *, is_total: bool = False) -> "Table":
    """Return lines with their amounts, each rounded once, to four decimals.

    `is_total` means that unit_price still holds the value of the whole line. The unit price is
    then derived; a negative total is that of a return.
    """
    if is_total:
        return _from_total(lines, formats)
    # A column of its own, as it is used several times: each use would be planned again.
    lines = lines.mutate(gross_amount=product(lines.quantity, lines.unit_price))
    discount, rate, is_possible = _discount(lines, lines.gross_amount, formats)
    return _with_amounts(lines, lines.gross_amount, discount, rate, is_possible)


def _from_total(lines: "Table", formats: SourceFormats) -> "Table":
    """Return lines with amounts from the value of the line, before or after discount."""
    is_return = (lines.quantity < 0) | (lines.unit_price < 0)
    size = lines.unit_price.abs()
    signed = money(ibis.ifelse(is_return, -size, size))
    quantity = ibis.ifelse(is_return, -lines.quantity.abs(), lines.quantity)
    lines = lines.mutate(quantity=quantity.cast(lines.quantity.type()), signed_total=signed)
    signed = lines.signed_total
    gross = signed if formats.line_total == "gross" else _before_discount(lines, signed, formats)
    discount, rate, is_possible = _discount(lines, gross, formats)
    if formats.line_total == "net":
        discount = money(gross - signed)
    amounts = _with_amounts(lines, gross, discount, rate, is_possible)
    price = ratio(amounts.gross_amount, amounts.quantity).round(4).try_cast(MONEY)
    # Without units, there is no price to divide: it is that of the line.
    whole = ibis.ifelse(amounts.quantity == 0, amounts.gross_amount, None)
    nothing = ibis.ifelse(amounts.gross_amount == 0, money(ibis.literal(0)), None)
    return amounts.mutate(unit_price=ibis.coalesce(price, nothing, whole))


def _before_discount(lines: "Table", net: "NumericValue", formats: SourceFormats) -> "NumericValue":
    """Return what lines cost before a discount that is already taken off."""
    if _GIVEN not in lines.columns:
        return net
    given = ibis.coalesce(lines.given_discount, 0)
    if formats.discount in ("fraction", "percent"):
        rate = given if formats.discount == "fraction" else _hundredths(given)
        left = 1 - rate.cast("float64")
        full = ratio(net, left).round(4).try_cast(MONEY)
        return cast("NumericValue", ibis.ifelse((rate > 0) & (rate < 1), full, net))
    off = _off_the_line(lines, net, formats)
    return money(net + off)


def _discount(
    lines: "Table", gross: "NumericValue", formats: SourceFormats
) -> "tuple[NumericValue, NumericValue, BooleanValue]":
    """Return the discount of lines as money and as a fraction, and whether it is possible."""
    if _GIVEN not in lines.columns:
        return money(ibis.literal(0)), ibis.literal(0), ibis.literal(True)
    given = ibis.coalesce(lines.given_discount, 0)
    if formats.discount in ("amount", "unit-amount", "included"):
        discount = _off_the_line(lines, gross, formats)
        rate = ibis.coalesce(ratio(discount, gross), 0)
        is_possible = discount.abs() <= gross.abs()
    else:
        rate = given if formats.discount == "fraction" else _hundredths(given)
        discount, is_possible = product(gross, rate), given >= 0
    is_unreadable = lines.has_discount & lines.given_discount.isnull()
    is_possible = is_possible.fill_null(True) & ~is_unreadable & rate.between(0, 1)
    return discount, rate, cast("BooleanValue", is_possible)


def _off_the_line(lines: "Table", amount: "NumericValue", formats: SourceFormats) -> "NumericValue":
    """Return a discount given as money, with the sign of the line."""
    given = ibis.coalesce(lines.given_discount, 0).abs()
    if formats.discount == "included":
        given = given * 0
    elif formats.discount == "unit-amount":
        given = product(lines.quantity.abs(), given)
    return money(ibis.ifelse(amount < 0, -given, given))


def _with_amounts(
    lines: "Table",
    gross: "NumericValue",
    discount: "NumericValue",
    rate: "NumericValue",
    is_possible: "BooleanValue",
) -> "Table":
    return lines.mutate(
        discount=rate.try_cast(RATE),
        gross_amount=gross,
        discount_amount=discount,
        net_amount=money(gross - discount),
        is_discount_possible=is_possible,
    )


def product(one: "NumericValue", other: "NumericValue") -> "NumericValue":
    """Return the product of two decimals as money; NULL if it is too large."""
    # DuckDB multiplies decimals of up to 18 digits in 64 bits and fails on overflow. Wider decimals
    # are fifteen times slower, so only large products use them. One more digit is enough; with
    # further ones, Spark would exceed its 38 and drop decimals. Ibis assumes that a product has
    # the type of its factors and would omit cast(), so the operation is used directly.
    size = (one.cast("float64") * other.cast("float64")).abs()
    narrow = ops.TryCast(one * other, to=MONEY).to_expr()
    if max(_precision(one), _precision(other)) > 18:
        return cast("NumericValue", ibis.cases((size < LARGEST_MONEY, narrow)))
    wide = ops.TryCast(one * other.cast(f"decimal(19, {_scale(other)})"), to=MONEY)
    branches = ((size < SAFE_IN_64_BITS, narrow), (size < LARGEST_MONEY, wide.to_expr()))
    return cast("NumericValue", ibis.cases(*branches))


def _precision(number: "NumericValue") -> int:
    return int(cast("dt.Decimal", number.type()).precision or 0)


def _scale(number: "NumericValue") -> int:
    return int(cast("dt.Decimal", number.type()).scale or 0)


def _hundredths(percent: "NumericValue") -> "NumericValue":
    """Return a percentage as an exact fraction: 12.5 is 0.125; NULL if it is too large."""
    fraction = percent * ibis.literal("0.01").cast("decimal(3, 2)")
    return cast("NumericValue", ops.TryCast(fraction, to="decimal(18, 8)").to_expr())


def order_money(
    given: "Table", mapped: Container[str], formats: SourceFormats
) -> "dict[str, Value]":
    """Return the money of orders, and whether all of it is read; nothing if there is none."""
    names = {
        name: ours for name in ORDER_MONEY if (ours := name.removeprefix(MONEY_CELL)) in mapped
    }
    read: dict[str, Value] = {
        name: formats.read_number(given[ours], ours) for name, ours in names.items()
    }
    texts = [name for name, ours in names.items() if given[ours].type().is_string()]
    unread = (read[name].isnull() & given[names[name]].re_search("[0-9]") for name in texts)
    if not texts:
        return read
    return read | {MONEY_IS_READ: ~reduce(or_, unread).fill_null(False)}


def read_discount(given: "Table", formats: SourceFormats) -> "dict[str, Value]":
    """Return the discounts of a source as numbers, and whether lines have one."""
    cell = given.discount
    # Only a column of percentages may hold percent signs; others keep theirs and fail.
    if formats.discount == "percent" and cell.type().is_string():
        cell = ibis.ifelse(cell.endswith("%"), cell.re_replace(r"\s*%$", ""), cell)
    return {
        _GIVEN: formats.read_number(cell, "discount"),
        "has_discount": given.discount.notnull(),
    }
