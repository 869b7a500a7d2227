"""How a source writes its numbers and discounts: counts over a column, then one decision."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import ibis

from regulars.core.errors import AmbiguousFormatError
from regulars.sources.profiles.match_columns import normalise_name
from regulars.sources.profiles.profile import Decimal, Discount

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, StringValue

_DECIMAL_POINT = r"\.(\d{1,2}|\d{4,})$"
_DECIMAL_COMMA = r",(\d{1,2}|\d{4,})$"
_GROUP_OR_DECIMALS = r"^[^.]*\.\d{3}$"
_CURRENCY = r"^([-+]?) ?(?:[A-Z]{3}|[$£€¥]) ?|(?: ?(?:[A-Z]{3}|[$£€¥]))$"
ODD = 0.01
"""Discounts over 1 that are rarer than this are slips in a column of fractions."""


def read_number(text: "StringValue", decimal: Decimal, type_: str) -> "NumericValue":
    """Return text as a number of that type, empty where it is none.

    Currency signs and thousands separators are understood; anything else in the text is not.
    """
    if decimal == "comma":
        return cast("NumericValue", _bare(text, thousands=r"[. ']", point=",").try_cast(type_))
    tidy = _bare(text, thousands=r"[, ']", point=".").try_cast(type_)
    return cast("NumericValue", ibis.coalesce(_plain(text, type_), tidy))


def _plain(text: "StringValue", type_: str) -> "NumericValue":
    """Return text that needs no tidying as a number.

    DuckDB takes 1_000 for a number, and reads 5.1e-07 as a decimal of 0.0001: by way of a float
    such a number is what it says.
    """
    by_float = text.try_cast("float64").try_cast(type_)
    has_exponent = text.contains("e") | text.contains("E")
    read = ibis.ifelse(has_exponent, by_float, text.try_cast(type_))
    return cast("NumericValue", ibis.ifelse(text.contains("_"), None, read))


def number_evidence(texts: "Sequence[StringValue]") -> dict[str, "NumericValue"]:
    """Return counts over the columns of numbers: which decimal marks there are."""

    def count(found: "list[ibis.Value]") -> "NumericValue":
        return cast("NumericValue", sum(one.cast("int64").sum() for one in found))

    if not texts:
        return {}
    return {
        "numbers_with_point": count([text.re_search(_DECIMAL_POINT) for text in texts]),
        "numbers_with_comma": count([text.re_search(_DECIMAL_COMMA) for text in texts]),
        "numbers_with_any_comma": count([text.contains(",") for text in texts]),
        "numbers_open": count([text.re_search(_GROUP_OR_DECIMALS) for text in texts]),
    }


def discount_evidence(value: "ibis.Value") -> dict[str, "NumericValue"]:
    """Return counts over the column of discounts, text or number: how large they are."""
    is_text = value.type().is_string()
    number = value.re_replace("[^0-9.,-]", "").replace(",", ".") if is_text else value
    size = number.try_cast("float64").abs()
    percent = value.contains("%") if is_text else ibis.literal(False)
    return {
        "discounts": (size > 0).cast("int64").sum(),
        "discounts_over_one": (size > 1).cast("int64").sum(),
        "discounts_with_percent": (percent & value.notnull()).cast("int64").sum(),
        "discounts_highest": size.max(),
    }


def decide_decimal(
    source: str, counts: Mapping[str, Any], likely: Literal["point", "comma"]
) -> Decimal:
    """Return the decimal mark; `likely` is used where 1,234 could be either.

    Raises AmbiguousFormatError where a comma is likely, and all there is looks like 1.234.
    """
    points, commas = counts.get("numbers_with_point", 0), counts.get("numbers_with_comma", 0)
    if points == commas:
        if likely == "comma" and not commas and counts.get("numbers_open"):
            raise AmbiguousFormatError(
                f"{source}: its numbers are written as 1.234, which is one or a thousand. Say "
                'which in your profile:\n  [formats]\n  decimal = "point"   # or "comma"'
            )
        return likely if counts.get("numbers_with_any_comma") else "point"
    return "point" if points > commas else "comma"


def decide_discount(column: str, name: str, counts: Mapping[str, Any]) -> Discount:
    """Return what a discount is; `column` says which column it is, should we have to ask.

    Raises AmbiguousFormatError where it can be a percentage or an amount.
    """
    words = normalise_name(name)
    marked = counts["discounts_with_percent"]
    if marked > counts["discounts"] / 2 or "percent" in words or "pct" in words:
        return "percent"
    if marked > ODD * counts["discounts"]:
        raise AmbiguousFormatError(
            f"{column} mixes discounts: {marked:,} of {counts['discounts']:,} bear a percent sign. "
            'Say in your profile what the others are:\n  [formats]\n  discount = "percent"'
            '   # or "fraction", "amount"; then those with the sign are quarantined'
        )
    if "amount" in words:
        return "amount"
    if counts["discounts_over_one"] <= ODD * counts["discounts"]:
        return "fraction"
    raise AmbiguousFormatError(
        f"{column} goes up to {counts['discounts_highest']:g}: percent, or money off the line? "
        'Say which in your profile:\n  [formats]\n  discount = "percent"   # or "amount"'
    )


def _bare(text: "StringValue", *, thousands: str, point: str) -> "StringValue":
    """Return the digits, sign and decimal point of a well-formed amount, else empty."""
    digits = text.re_replace(_CURRENCY, r"\1")
    mark = "\\" + point
    grouped = rf"^[-+]?(\d+|\d{{1,3}}({thousands}\d{{3}})+)({mark}\d+)?$"
    bare = digits.re_replace(thousands, "").replace(point, ".")
    return cast("StringValue", ibis.ifelse(digits.re_search(grouped), bare, ibis.null("string")))
