"""Amounts of lines: gross, discount and net, from the quantity, the price and the discount."""

from typing import TYPE_CHECKING, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from regulars.core.expressions import money, ratio
from regulars.core.schema import MONEY, RATE
from regulars.transform.staging.formats import SourceFormats

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, Table

LARGEST_MONEY = 1e14
SAFE_IN_64_BITS = 1e6
"""Products up to this fit into 64 bits with twelve decimals, the most that our types allow."""


def priced(lines: "Table", formats: SourceFormats) -> "Table":
    """Return lines with their amounts, each rounded once, to four decimals."""
    gross = product(lines.quantity, lines.unit_price)
    given = ibis.coalesce(lines.given_discount, 0)
    if formats.discount == "amount":
        # An amount off the whole line, with the sign of the line.
        discount = money(ibis.ifelse(gross < 0, -given.abs(), given.abs()))
        rate = ibis.coalesce(ratio(discount, gross), 0)
        is_possible = discount.abs() <= gross.abs()
    else:
        rate = given if formats.discount == "fraction" else _hundredths(given)
        discount, is_possible = product(gross, rate), given >= 0
    is_unreadable = lines.has_discount & lines.given_discount.isnull()
    is_possible = is_possible.fill_null(True) & ~is_unreadable & rate.between(0, 1)
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
