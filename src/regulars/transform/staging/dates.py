"""Dates: find the shapes and possible readings of a column, then decide once how to read it.

A date such as 03/04/2011 can be read in two ways. The whole column is decided at once, never row by
row; if both readings remain possible, the user must decide. Text is only read by explicit formats:
a cast would read 10-11-12 as the year 10, and shift a time with an offset.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.errors import AmbiguousFormatError
from regulars.core.expressions import local_time, parse_time, to_utc
from regulars.sources.profiles.profile import Dates

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, StringValue, Table, TimestampValue

Formats = tuple[str, ...]

_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p",
          "T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f")  # fmt: skip
_WORDED = ("%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_DAYS: Mapping[Dates, Formats] = {
    "iso": ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
    "day-first": ("%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", *_WORDED),
    "month-first": ("%m/%d/%y", "%m-%d-%y", "%m.%d.%y", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y",
                    *_WORDED),
}  # fmt: skip
_READINGS: Formats = tuple(_DAYS)
_DIRECTIVES = {
    "%Y": "9999", "%y": "99", "%m": "99?", "%d": "99?", "%H": "99?", "%I": "99?", "%M": "99",
    "%S": "99", "%f": "9+", "%p": "[AaPp][Mm]", "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]+",
}  # fmt: skip
_ZONE = r"(:\d\d(?:\.\d+)?) ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?)$"
"""A time zone follows a time, so the -2011 of 31-12-2011 is a year."""
MOST_SHAPES = 100
MIXED = 0.01
"""A reading that fits a smaller share of the rows is a typo, not another format."""


def read_time(
    text: "StringValue", formats: Formats, *, zoned: bool, timezone: str | None
) -> "TimestampValue":
    """Return text as a local time; NULL if none of the formats fits.

    Without a time zone, an offset such as -05:00 is ignored: the clock of the shop showed this
    time. With one, the time is converted to it.
    """
    if not formats:
        return cast("TimestampValue", text.nullif(text).cast("timestamp"))  # NULL in every row
    if not zoned:
        return cast("TimestampValue", parse_time(text, list(formats)))
    printed = parse_time(text.re_replace(_ZONE, r"\1"), list(formats))
    if timezone is None:
        return cast("TimestampValue", printed)
    utc = printed - _offset_minutes(text).as_interval("m")
    return cast("TimestampValue", local_time(timezone, to_utc("UTC", utc)))


def shapes(text: "StringValue") -> "Table":
    """Return the most common shapes of a text column, with digits as 9: shape, rows.

    Formats are chosen by shape because trying formats that do not fit is expensive.
    """
    shape = text.re_replace(_ZONE, r"\1").re_replace(r"\d", "9").name("shape").as_table()
    shaped = shape.filter(shape["shape"].notnull())
    counted = shaped.group_by("shape").aggregate(rows=shaped.count())
    return counted.order_by(ibis.desc("rows"), "shape").limit(MOST_SHAPES)


def formats_for(dates: str, shapes: Sequence[str]) -> Formats:
    """Return the strptime formats of a reading that fit any of the shapes."""
    formats = (day + time for day in _DAYS[cast("Dates", dates)] for time in _TIMES)
    return tuple(each for each in formats if any(_fits(each, shape) for shape in shapes))


def evidence(text: "StringValue", shapes: Sequence[str]) -> dict[str, "NumericValue"]:
    """Return aggregates of a text column: how many rows each reading fits."""
    bare = text.re_replace(_ZONE, r"\1")
    iso, day, month = (
        read_time(bare, formats_for(reading, shapes), zoned=False, timezone=None)
        for reading in _READINGS
    )
    return {
        "dates": text.count(),
        "dates_zoned": _count(text.re_search(_ZONE)),
        "dates_iso": iso.count(),
        "dates_day_first": day.count(),
        "dates_month_first": month.count(),
        "dates_day_first_only": _count(day.notnull() & month.isnull()),
        "dates_month_first_only": _count(month.notnull() & day.isnull()),
        "dates_differ": _count(day != month),
    }


def decide(column: str, counts: Mapping[str, Any]) -> Dates:
    """Return how to read a column of dates; `column` describes it in the error.

    Raises AmbiguousFormatError if both readings are possible, or if the column mixes them.
    """
    day, month = counts.get("dates_day_first", 0), counts.get("dates_month_first", 0)
    if counts.get("dates_iso", 0) >= max(day, month):  # also if the column is not text
        return "iso"
    only_day, only_month = counts["dates_day_first_only"], counts["dates_month_first_only"]
    if min(only_day, only_month) > MIXED * max(day, month):
        raise AmbiguousFormatError(
            f"{column} mixes date formats: {only_day:,} rows can only be day first, {only_month:,} "
            "only month first. Split the file, or write its dates as 2011-12-31."
        )
    if only_day == only_month and counts["dates_differ"]:
        raise AmbiguousFormatError(
            f"{column} can be read day first or month first in all {max(day, month):,} rows. "
            'Set it in your profile:\n  [formats]\n  dates = "day-first"   # or "month-first"'
        )
    return "day-first" if only_day >= only_month else "month-first"


def _fits(format_: str, shape: str) -> bool:
    parts = re.split(r"(%\w)", format_)
    pattern = "".join(_DIRECTIVES.get(part) or re.escape(part) for part in parts)
    return re.fullmatch(pattern, shape) is not None


def _offset_minutes(text: "StringValue") -> "NumericValue":
    def part(pattern: str) -> "NumericValue":
        return ibis.coalesce(text.re_extract(pattern, 1).nullif("").cast("int32"), 0)

    minutes = part(r"[+-](\d\d)(?::?\d\d)?$") * 60 + part(r"[+-]\d\d:?(\d\d)$")
    return cast(
        "NumericValue", ibis.ifelse(text.re_search(r"-\d\d(?::?\d\d)?$"), -minutes, minutes)
    )


def _count(condition: "ibis.Value") -> "NumericValue":
    return cast("NumericValue", condition.cast("int64").sum())
