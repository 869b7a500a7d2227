"""Discount bands: 0%, over 0% to 5%, ... over 45% to 50%, over 50%."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.schema import MONEY

if TYPE_CHECKING:
    from ibis.expr.types import IntegerValue, StringValue, Table

STEP = 5
HIGHEST = 50

BANDS = (
    "0%",
    *(f"over {low}% to {low + STEP}%" for low in range(0, HIGHEST, STEP)),
    f"over {HIGHEST}%",
)


def band_number(sales: "Table") -> "IntegerValue":
    """Return the index in `BANDS` of the discount on each line."""
    # Products are compared because engines round quotients differently. A discount amount is
    # rounded to four decimals, so half a unit of the last one, times 100, is tolerated.
    tolerance = ibis.literal("0.005").cast(MONEY)
    discount, gross = sales.discount_amount.abs() * 100, sales.gross_amount.abs()
    limits = enumerate(range(STEP, HIGHEST + 1, STEP), 1)
    upper = ((discount <= gross * limit + tolerance, number) for number, limit in limits)
    return cast("IntegerValue", ibis.cases((discount == 0, 0), *upper, else_=len(BANDS) - 1))


def band_name(number: "IntegerValue") -> "StringValue":
    """Return the name of a band by its index in `BANDS`."""
    return cast("StringValue", ibis.cases(*((number == n, name) for n, name in enumerate(BANDS))))
