"""Numbers and discounts: count how a column writes them, then decide once how to read it."""

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
"""Discounts over 1 that are rarer than this count as typos in a column of fractions."""


def read_number(text: "StringValue", decimal: Decimal, type_: str) -> "NumericValue":
    """Return text as a number of a type; NULL if it is not a number.

    Currency signs and thousands separators are accepted, no other text is.
    """
    if decimal == "comma":
        return cast("NumericValue", _bare(text, thousands=r"[. ']", point=",").try_cast(type_))
    tidy = _bare(text, thousands=r"[, ']", point=".").try_cast(type_)
    return cast("NumericValue", ibis.coalesce(_plain(text, type_), tidy))


def _plain(text: "StringValue", type_: str) -> "NumericValue":
    """Return plain text as a number."""
    # DuckDB accepts 1_000 as a number, and casts 5.1e-07 to the decimal 0.0001 unless it passes
    # through a float.
    by_float = text.try_cast("float64").try_cast(type_)
    has_exponent = text.contains("e") | text.contains("E")
    number = ibis.ifelse(has_exponent, by_float, text.try_cast(type_))
    return cast("NumericValue", ibis.ifelse(text.contains("_"), None, number))


def number_evidence(texts: "Sequence[StringValue]") -> dict[str, "NumericValue"]:
    """Return counts over columns of numbers: which decimal marks they use."""

    def count(conditions: "list[ibis.Value]") -> "NumericValue":
        return cast("NumericValue", sum(each.cast("int64").sum() for each in conditions))

    if not texts:
        return {}
    return {
        "numbers_with_point": count([text.re_search(_DECIMAL_POINT) for text in texts]),
        "numbers_with_comma": count([text.re_search(_DECIMAL_COMMA) for text in texts]),
        "numbers_with_any_comma": count([text.contains(",") for text in texts]),
        "numbers_open": count([text.re_search(_GROUP_OR_DECIMALS) for text in texts]),
    }


def discount_evidence(value: "ibis.Value") -> dict[str, "NumericValue"]:
    """Return counts over a column of discounts, text or numbers: how large they are."""
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
    """Return the decimal mark; `likely` decides if the numbers do not, as with 1,234.

    Raises AmbiguousFormatError if a comma is likely but numbers look like 1.234.
    """
    points, commas = counts.get("numbers_with_point", 0), counts.get("numbers_with_comma", 0)
    if points == commas:
        if likely == "comma" and not commas and counts.get("numbers_open"):
            raise AmbiguousFormatError(
                f"{source} writes numbers such as 1.234, where the point can separate decimals or "
                "thousands. Set the decimal mark in your profile:\n  [formats]\n"
                '  decimal = "point"   # or "comma"'
            )
        return likely if counts.get("numbers_with_any_comma") else "point"
    return "point" if points > commas else "comma"


def decide_discount(column: str, name: str, counts: Mapping[str, Any]) -> Discount:
    """Return what the discounts of a column are; `column` describes it in the error.

    Raises AmbiguousFormatError if they can be percentages or amounts.
    """
    words = normalise_name(name)
    marked = counts["discounts_with_percent"]
    if marked > counts["discounts"] / 2 or "percent" in words or "pct" in words:
        return "percent"
    if marked > ODD * counts["discounts"]:
        raise AmbiguousFormatError(
            f"{column} mixes discounts: {marked:,} of {counts['discounts']:,} have a percent sign. "
            'Set in your profile what the others are:\n  [formats]\n  discount = "percent"'
            '   # or "fraction" or "amount", which quarantines those with a percent sign'
        )
    if "amount" in words:
        return "amount"
    if counts["discounts_over_one"] <= ODD * counts["discounts"]:
        return "fraction"
    raise AmbiguousFormatError(
        f"{column} goes up to {counts['discounts_highest']:g}, which can be a percentage or an "
        'amount. Set it in your profile:\n  [formats]\n  discount = "percent"   # or "amount"'
    )


def _bare(text: "StringValue", *, thousands: str, point: str) -> "StringValue":
    """Return the sign, digits and decimal point of a well-formed amount; NULL for other text."""
    amount = text.re_replace(_CURRENCY, r"\1")
    mark = "\\" + point
    well_formed = rf"^[-+]?(\d+|\d{{1,3}}({thousands}\d{{3}})+)({mark}\d+)?$"
    bare = amount.re_replace(thousands, "").replace(point, ".")
    return cast(
        "StringValue", ibis.ifelse(amount.re_search(well_formed), bare, ibis.null("string"))
    )
