"""Discounts in bands: into which the one on a line falls."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.schema import MONEY

if TYPE_CHECKING:
    from ibis.expr.types import IntegerValue, StringValue, Table

STEP = 5
HIGHEST = 50
"""Bands are 5 points wide up to 50 %; whatever is above is one band."""

BANDS = (
    "0 %",
    *(f"{low}-{low + STEP} %" for low in range(0, HIGHEST, STEP)),
    f"over {HIGHEST} %",
)


def place_of_band(sales: "Table") -> "IntegerValue":
    """Return the place of a line's band in `BANDS`.

    Products are compared, for quotients round by engine.

    A discount was rounded at four decimals, so half a unit there, times 100, is let through.
    """
    slack = ibis.literal("0.005").cast(MONEY)
    taken, gross = sales.discount_amount.abs() * 100, sales.gross_amount.abs()
    edges = enumerate(range(STEP, HIGHEST + 1, STEP), 1)
    upper = ((taken <= gross * edge + slack, place) for place, edge in edges)
    return cast("IntegerValue", ibis.cases((taken == 0, 0), *upper, else_=len(BANDS) - 1))


def name_of_band(place: "IntegerValue") -> "StringValue":
    """Return the name of the band at a place."""
    named = ((place == number, name) for number, name in enumerate(BANDS))
    return cast("StringValue", ibis.cases(*named))
