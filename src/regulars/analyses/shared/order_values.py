"""Attributes of an order that no table has: its hour, and the band of its value or its units."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import seconds_of_day, total

if TYPE_CHECKING:
    from ibis.expr.types import IntegerValue, NumericValue, StringValue, Table

LIMITS = tuple(digit * 10**power for power in range(7) for digit in (1, 2, 5))
"""The upper limits of bands, which grow with the size: 1, 2, 5, 10, 20, 50 and so on."""


def _names(limits: Sequence[int]) -> tuple[str, ...]:
    between = pairwise(limits)
    return (
        f"up to {limits[0]:,}",
        *(f"over {low:,} to {high:,}" for low, high in between),
        f"over {limits[-1]:,}",
    )


BANDS = _names(LIMITS)
"""The names of all bands: up to 1, over 1 to 2, over 2 to 5 and so on."""


def hour_of_order(orders: "Table") -> "IntegerValue":
    """Return the hour of each order, 0 to 23; NULL at midnight, which stands for no time of day."""
    at = orders.ordered_at
    return cast("IntegerValue", ibis.ifelse(seconds_of_day(at) == 0, None, at.hour().cast("int64")))


def order_totals(goods: "Table") -> "Table":
    """Return the orders with a positive value: order_key, value, units (sold)."""
    totals = goods.group_by("order_key").aggregate(
        value=total(goods.net_amount), units=total(goods.quantity, goods.kind == "sale")
    )
    return totals.filter(totals["value"] > 0)


def band_number(size: "NumericValue") -> "IntegerValue":
    """Return the index in `BANDS` of a size."""
    upper = ((size <= limit, number) for number, limit in enumerate(LIMITS))
    return cast("IntegerValue", ibis.cases(*upper, else_=len(LIMITS)))


def band_name(number: "IntegerValue") -> "StringValue":
    """Return the name of a band by its index in `BANDS`."""
    return cast("StringValue", ibis.cases(*((number == n, name) for n, name in enumerate(BANDS))))
