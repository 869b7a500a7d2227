"""Decide what a column of discounts has: fractions, percentages or amounts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.errors import AmbiguousFormatError, MixedFormatError
from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.formats import Discount
from regulars.transform.staging.numbers import MARKED_AS_MONEY

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue

ODD = 0.01
"""Discounts over 1 that are rarer than this count as typos in a column of fractions."""


def discount_evidence(value: "ibis.Value") -> dict[str, "NumericValue"]:
    """Return counts over a column of discounts, text or numbers: how large they are."""
    is_text = value.type().is_string()
    number = value.re_replace("[^0-9.,-]", "").replace(",", ".") if is_text else value
    size = number.try_cast("float64").abs()
    percent = value.contains("%") if is_text else ibis.literal(False)
    money = value.re_search(MARKED_AS_MONEY) if is_text else ibis.literal(False)
    return {
        "discounts": (size > 0).cast("int64").sum(),
        "discounts_over_one": (size > 1).cast("int64").sum(),
        "discounts_of_one": (size == 1).cast("int64").sum(),
        "discounts_as_money": (money & value.notnull()).cast("int64").sum(),
        "discounts_with_percent": (percent & value.notnull()).cast("int64").sum(),
        "discounts_highest": size.max(),
    }


def decide_discount(column: str, name: str, counts: Mapping[str, Any]) -> Discount:
    """Return what the discounts of a column are; `column` describes it in the error.

    Raises AmbiguousFormatError if they can be percentages or amounts.
    """
    words = normalise_name(name)
    marked = counts["discounts_with_percent"]
    if marked > counts["discounts"] / 2 or "%" in name or "percent" in words or "pct" in words:
        return "percent"
    if marked > ODD * counts["discounts"]:
        raise MixedFormatError(
            f"{column} mixes discounts: {marked:,} of {counts['discounts']:,} have a percent sign. "
            'Set in your profile what the others are:\n  [formats]\n  discount = "percent"'
            '   # or "fraction" or "amount", which quarantines those with a percent sign'
        )
    if "amount" in words or counts["discounts_as_money"] > counts["discounts"] / 2:
        return "amount"
    if counts["discounts_of_one"] > counts["discounts"] / 2:
        raise AmbiguousFormatError(
            f"{column} is 1 on {counts['discounts_of_one']:,} of {counts['discounts']:,} rows with "
            "a discount, which can be everything, 1% or an amount of 1. Set it in your profile:\n"
            '  [formats]\n  discount = "percent"   # or "amount", or "fraction" if they are free'
        )
    if counts["discounts_over_one"] <= ODD * counts["discounts"]:
        return "fraction"
    raise AmbiguousFormatError(
        f"{column} goes up to {counts['discounts_highest']:g}, which can be a percentage or an "
        'amount. Set it in your profile:\n  [formats]\n  discount = "percent"   # or "amount"\n'
        "If each line repeats the discount of its whole order, set instead:\n  [columns]\n"
        f'  order_discount = "{name}"'
    )
