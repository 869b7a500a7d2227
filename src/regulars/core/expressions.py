"""Expressions that every engine evaluates in the same way.

Engines differ in what `/` does to integers, decimals and zero, so only this file divides.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, cast

import ibis
import ibis.expr.datatypes as dt

from regulars.core.schema import MONEY, UNKNOWN_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import (
        BooleanValue,
        DateValue,
        IntegerValue,
        NumericValue,
        StringValue,
        TimestampValue,
        Value,
    )


SPACES = " \t\r\n\u00a0"
"""Whitespace around text that is not part of it, with the non-breaking space of workbooks."""

_OTHER_DIGITS = "０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹．，－￥٫٬"
_ASCII_DIGITS = f"{'0123456789' * 3}.,-¥.,"


def ratio(part: "NumericValue", whole: "NumericValue") -> "NumericValue":
    """Return part / whole as a float; NULL if the whole is zero or either is NULL."""
    whole = whole.cast("float64")
    return cast("NumericValue", part.cast("float64") / whole.nullif(0.0))


def share(part: "NumericValue", whole: "NumericValue") -> "NumericValue":
    """Return part / whole as a float; NULL unless the whole is positive.

    A share of less than nothing has the wrong sign.
    """
    whole = whole.cast("float64")
    return cast("NumericValue", ibis.ifelse(whole > 0, ratio(part, whole), None))


def money(value: "NumericValue") -> "NumericValue":
    """Return a value as money: a decimal with four places."""
    return cast("NumericValue", value.cast(MONEY))


def total(amount: "NumericValue", where: "BooleanValue | None" = None) -> "NumericValue":
    """Return the sum of an amount; 0 if there are no rows."""
    summed = amount.sum(where=where)
    return cast("NumericValue", ibis.coalesce(summed, ibis.literal(0).cast(summed.type())))


def count_where(condition: "Value") -> "NumericValue":
    """Return how many rows meet a condition; NULL if there are no rows."""
    return cast("NumericValue", condition.cast("int64").sum())


def floor_divide(part: "NumericValue", whole: "NumericValue") -> "IntegerValue":
    """Return part / whole, rounded down to an integer."""
    return cast("IntegerValue", ratio(part, whole).floor().cast("int64"))


def month_number(moment: "TimestampValue") -> "IntegerValue":
    """Return year x 12 + month: the difference of two is a number of calendar months."""
    # PostgreSQL returns parts of a date as decimals, which Ibis declares as integers.
    year, month = moment.year().cast("int64"), moment.month().cast("int64")
    return cast("IntegerValue", year * 12 + month)


def first_of_month(day: "DateValue | TimestampValue") -> "DateValue":
    """Return the first day of the month of a date or time."""
    # Truncating a date gives a timestamp, which Ibis declares as a date.
    return cast("DateValue", ibis.date(day.year(), day.month(), 1))


def seconds_of_day(moment: "TimestampValue") -> "IntegerValue":
    """Return the whole seconds since midnight."""
    return cast("IntegerValue", moment.hour() * 3600 + moment.minute() * 60 + moment.second())


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def parse_time(text: str, formats: list[str]) -> "dt.timestamp":
    """Return text parsed by the first strptime format that fits; NULL if none does."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def to_utc(zone: str, local: dt.timestamp) -> dt.Timestamp(timezone="UTC"):  # type: ignore[valid-type]
    """Return the UTC time at which clocks in a zone showed a local time."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def local_time(zone: str, at: dt.Timestamp(timezone="UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Return the local time that clocks in a zone showed at a UTC time."""


def is_known_customer(customer_key: "IntegerValue") -> "BooleanValue":
    """Return whether a line belongs to a known customer rather than a guest."""
    return cast("BooleanValue", customer_key != UNKNOWN_KEY)


def with_ascii_digits(text: "StringValue") -> "StringValue":
    """Return text with full-width and Arabic digits and marks as ASCII: ２，０００ is 2,000."""
    return text.translate(_OTHER_DIGITS, _ASCII_DIGITS)


def trimmed(text: "StringValue") -> "StringValue":
    """Return text without surrounding whitespace; NULL if nothing else is left."""
    # Testing both ends first is twelve times faster in DuckDB than trimming every text. Whitespace
    # sorts before "!", except the non-breaking space.
    leading = (text < "!") | ((text >= "\u00a0") & (text < "\u00a1"))
    is_padded = reduce(or_, (text.endswith(space) for space in SPACES), leading)
    stripped = text.re_replace(rf"^[{SPACES}]+|[{SPACES}]+$", "")
    return cast("StringValue", ibis.ifelse(is_padded, stripped, text).nullif(""))


def equals_any(text: "StringValue", choices: "Sequence[str]") -> "BooleanValue":
    """Return whether text equals one of a few choices."""
    # DuckDB turns IN with five or more values into a hash join: ten times slower, and rows lose the
    # order of the file, from which their row numbers are derived.
    return cast("BooleanValue", reduce(or_, (text == choice for choice in choices)))
