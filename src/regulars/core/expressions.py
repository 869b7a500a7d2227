"""The few expressions that several parts need, and that have to be said with care.

Engines differ in what `/` does to integers, to decimals and to zero; this file is the only one
in the core that divides.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, cast

import ibis
import ibis.expr.datatypes as dt

from regulars.core.schema import MONEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import (
        BooleanValue,
        DateValue,
        IntegerValue,
        NumericValue,
        StringValue,
        TimestampValue,
    )


_BLANKS = " \t\r\n\u00a0"
"""What stands round text without belonging to it; workbooks like the blank that never breaks."""


def ratio(part: "NumericValue", whole: "NumericValue") -> "NumericValue":
    """Return part / whole as a float; empty where the whole is zero or either is empty."""
    whole = whole.cast("float64")
    return cast("NumericValue", part.cast("float64") / whole.nullif(0.0))


def money(value: "NumericValue") -> "NumericValue":
    """Return the value as money: four exact decimals."""
    return cast("NumericValue", value.cast(MONEY))


def total(amount: "NumericValue", where: "BooleanValue | None" = None) -> "NumericValue":
    """Return the sum of an amount, 0 where there is nothing to add."""
    added = amount.sum(where=where)
    return cast("NumericValue", ibis.coalesce(added, ibis.literal(0).cast(added.type())))


def floor_divide(part: "NumericValue", whole: "NumericValue") -> "IntegerValue":
    """Return part / whole rounded down to an integer."""
    return cast("IntegerValue", ratio(part, whole).floor().cast("int64"))


def month_number(moment: "TimestampValue") -> "IntegerValue":
    """Return year x 12 + month, so that a difference of two is a number of calendar months."""
    # PostgreSQL gives parts of a date as decimals, whatever Ibis says they are.
    year, month = moment.year().cast("int64"), moment.month().cast("int64")
    return cast("IntegerValue", year * 12 + month)


def first_of_month(day: "DateValue | TimestampValue") -> "DateValue":
    """Return the first day of its month. Truncating a date gives a time, whatever Ibis says."""
    return cast("DateValue", ibis.date(day.year(), day.month(), 1))


def seconds_of_day(moment: "TimestampValue") -> "IntegerValue":
    """Return how many whole seconds after midnight it is."""
    return cast("IntegerValue", moment.hour() * 3600 + moment.minute() * 60 + moment.second())


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def parse_time(text: str, formats: list[str]) -> "dt.timestamp":
    """Return the text read by the first strptime format that fits it, empty if none does."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def to_utc(zone: str, local: dt.timestamp) -> dt.Timestamp(timezone="UTC"):  # type: ignore[valid-type]
    """Return the moment at which clocks in the zone showed this local time."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def local_time(zone: str, at: dt.Timestamp(timezone="UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Return what clocks in the zone showed at a moment."""


def is_known_customer(customer_key: "IntegerValue") -> "BooleanValue":
    """Return whether the line belongs to a customer we can name, not to a guest."""
    from regulars.core.schema import UNKNOWN_KEY

    return cast("BooleanValue", customer_key != UNKNOWN_KEY)


def trimmed(text: "StringValue") -> "StringValue":
    """Return text without the blanks round it, nothing where only blanks were.

    Looking at both ends first is twelve times faster in DuckDB than trimming what needs none, and
    comparing is faster than asking for a prefix. Blanks sort before "!", but for the unbreakable.
    """
    padded_in_front = (text < "!") | ((text >= "\u00a0") & (text < "\u00a1"))
    padded = reduce(or_, (text.endswith(blank) for blank in _BLANKS), padded_in_front)
    stripped = text.re_replace(rf"^[{_BLANKS}]+|[{_BLANKS}]+$", "")
    return cast("StringValue", ibis.ifelse(padded, stripped, text).nullif(""))


def equals_any(text: "StringValue", choices: "Sequence[str]") -> "BooleanValue":
    """Return whether the text is one of a few choices.

    DuckDB turns an IN of five or more into a hash join: ten times slower than comparing, and its
    rows no longer come in the order of the file, on which their row numbers hang.
    """
    return cast("BooleanValue", reduce(or_, (text == choice for choice in choices)))
