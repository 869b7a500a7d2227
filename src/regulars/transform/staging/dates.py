"""How a source writes its dates: the shapes they have, the readings they allow, one decision.

A date such as 03/04/2011 can be read in two ways. It is decided once for the whole column, never
row by row; where the column leaves both readings open, the user is asked. Text is only ever read by
explicit formats: a cast would take 10-11-12 for the year 10, and move a time with an offset.
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
"""A zone stands behind a time: the -2011 of 31-12-2011 is a year."""
MOST_SHAPES = 100
MIXED = 0.01
"""A reading that fits fewer of the rows than this is a slip of the pen, not another format."""


def read_time(
    text: "StringValue", formats: Formats, *, zoned: bool, timezone: str | None
) -> "TimestampValue":
    """Return text as a local time, empty where it has none of these formats.

    An offset such as -05:00 is what the shop's clock showed, so the time stands as printed,
    unless the shop's timezone is told; then the moment is converted to it.
    """
    if not formats:
        return cast("TimestampValue", text.nullif(text).cast("timestamp"))  # empty in every row
    if not zoned:
        return cast("TimestampValue", parse_time(text, list(formats)))
    printed = parse_time(text.re_replace(_ZONE, r"\1"), list(formats))
    if timezone is None:
        return cast("TimestampValue", printed)
    utc = printed - _offset_minutes(text).as_interval("m")
    return cast("TimestampValue", local_time(timezone, to_utc("UTC", utc)))


def shapes(text: "StringValue") -> "Table":
    """Return the commonest shapes of a text column, digits as 9: shape, rows.

    Formats are chosen by shape, for to try a format that does not fit costs most of all.
    """
    shape = text.re_replace(_ZONE, r"\1").re_replace(r"\d", "9").name("shape").as_table()
    written = shape.filter(shape["shape"].notnull())
    counted = written.group_by("shape").aggregate(rows=written.count())
    return counted.order_by(ibis.desc("rows"), "shape").limit(MOST_SHAPES)


def formats_for(dates: str, seen: Sequence[str]) -> Formats:
    """Return the strptime formats of a reading that fit any of the shapes seen."""
    every = (day + time for day in _DAYS[cast("Dates", dates)] for time in _TIMES)
    return tuple(one for one in every if any(_fits(one, shape) for shape in seen))


def evidence(text: "StringValue", seen: Sequence[str]) -> dict[str, "NumericValue"]:
    """Return counts over a text column, to be aggregated: how many rows each reading fits."""
    bare = text.re_replace(_ZONE, r"\1")
    iso, day, month = (
        read_time(bare, formats_for(reading, seen), zoned=False, timezone=None)
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
    """Return how to read a column of dates; `column` says which it is, should we have to ask.

    Raises AmbiguousFormatError where both readings remain possible, or the column mixes them.
    """
    day, month = counts.get("dates_day_first", 0), counts.get("dates_month_first", 0)
    if counts.get("dates_iso", 0) >= max(day, month):  # also where the column has real dates
        return "iso"
    only_day, only_month = counts["dates_day_first_only"], counts["dates_month_first_only"]
    if min(only_day, only_month) > MIXED * max(day, month):
        raise AmbiguousFormatError(
            f"{column} mixes dates: {only_day:,} rows can only be day first, {only_month:,} only "
            "month first. Split the file, or write its dates as 2011-12-31."
        )
    if only_day == only_month and counts["dates_differ"]:
        raise AmbiguousFormatError(
            f"{column} can be read day first or month first in all {max(day, month):,} rows. "
            'Say which in your profile:\n  [formats]\n  dates = "day-first"   # or "month-first"'
        )
    return "day-first" if only_day >= only_month else "month-first"


def _fits(format_: str, shape: str) -> bool:
    literal = re.split(r"(%\w)", format_)
    pattern = "".join(_DIRECTIVES.get(part) or re.escape(part) for part in literal)
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
