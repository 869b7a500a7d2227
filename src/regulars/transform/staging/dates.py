"""Dates: the shapes and possible readings of a column, and the expression that reads it.

A date such as 03/04/2011 can be read in two ways. The whole column is decided at once, never row by
row (`decide_dates.py`); if both readings remain possible, the user must decide. Text is only read
by explicit formats: a cast would read 10-11-12 as the year 10, and shift a time with an offset.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import count_where, floor_divide, local_time, parse_time, to_utc
from regulars.sources.profiles.formats import Dates, Formats
from regulars.transform.staging.date_text import Rules, apply_rules, needed_rules, rewritten

if TYPE_CHECKING:
    from ibis.expr.types import (
        IntegerValue,
        NumericValue,
        StringValue,
        Table,
        TimestampValue,
        Value,
    )

TimeFormats = tuple[str, ...]

_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p",
          " %I:%M:%S.%f %p", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f")  # fmt: skip
_WORDED = ("%d-%b-%y", "%d-%b-%Y", "%d %b %y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_DAYS: Mapping[Dates, TimeFormats] = {
    "iso": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    "day-first": ("%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", *_WORDED),
    "month-first": ("%m/%d/%y", "%m-%d-%y", "%m.%d.%y", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y",
                    *_WORDED),
    "auto": (), "excel": (), "epoch": (), "days": (),
}  # fmt: skip
_READINGS: tuple[Dates, ...] = ("iso", "day-first", "month-first")
_READ = "read: "
"""The prefix of columns with the readings of a date."""
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_FULL_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
_DIRECTIVES = {
    "%Y": "9999", "%y": "99", "%m": "99?", "%d": "99?", "%H": "99?", "%I": "99?", "%M": "99",
    "%S": "99", "%f": "9{1,6}", "%p": "[AaPp][Mm]", "%b": f"(?i:{_MONTHS})",
    "%B": f"(?i:{_FULL_MONTHS})",
}  # fmt: skip
_ZONE = r"(:\d\d(?:\.\d+)?(?: ?[AaPp][Mm])?) ?(?:Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?)$"
"""A time zone follows a time, so the -2011 of 31-12-2011 is a year."""
NUMBERS: Mapping[Dates, str] = {
    "excel": r"^[2-6]\d{4}(?:\.\d+)?$",
    "epoch": r"^\d{10}(?:\.\d+)?$|^\d{13}$|^\d{16}$|^\d{19}$",
}
"""Days since 1899-12-30, as Excel counts them, and seconds or fractions of them since 1970."""
_DAY_NUMBER = r"^\d{1,6}(?:\.0+)?$"
"""A number of days, of which a profile gives the first."""

MOST_SHAPES = 300


@dataclass(frozen=True)
class DateReading:
    """How to read the dates of a source.

    formats          the strptime formats that fit the column; empty if it is not text
    rules            how its text is rewritten before it is parsed
    zoned            whether times have an offset
    timezone         the shop's time zone; times with an offset are converted to it
    source_timezone  the time zone of times without an offset, if it is another one
    first_day        the date of day 1, if dates are numbers of days
    has_serials      whether some of its dates are Excel serial numbers
    """

    reading: Dates = "iso"
    formats: TimeFormats = ()
    rules: Rules = ()
    zoned: bool = False
    timezone: str | None = None
    source_timezone: str | None = None
    first_day: str | None = None
    has_serials: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether dates are ISO dates that are parsed as they are."""
        return self.reading == "iso" and not self.rules and not self.has_serials


def date_text(value: "Value") -> "StringValue | None":
    """Return a column of dates as text; None if it has dates already.

    Whole numbers can be 20240131, Excel's days or seconds since 1970.
    """
    type_ = value.type()
    if type_.is_string():
        return cast("StringValue", value)
    if not type_.is_numeric():
        return None
    number = cast("NumericValue", value)
    whole = number.try_cast("int64")  # NULL for NaN
    is_whole = number.cast("float64") == whole.cast("float64")
    return cast("StringValue", ibis.ifelse(is_whole, whole.cast("string"), value.cast("string")))


def read_time(value: "Value", dates: DateReading) -> "TimestampValue":
    """Return a column of dates as local times; NULL for what is not a date.

    Without a time zone, an offset such as -05:00 is ignored: the clock of the shop showed this
    time. With one, the time is converted to it; times without an offset are local times, unless
    `source_timezone` says otherwise, and dates without a time stay that date.
    """
    type_ = value.type()
    if (text := date_text(value)) is not None:
        time = _read_text(text, dates)
    elif type_.is_timestamp() and type_.timezone:
        # A cast would convert to the time zone of this machine.
        time = local_time(dates.timezone or "UTC", value)
    elif type_.is_timestamp():
        time = _from_source_zone(cast("TimestampValue", value), dates)
    else:
        time = value if type_.is_date() else ibis.null("timestamp")
    return cast("TimestampValue", time.cast("timestamp(6)"))


def _read_text(text: "StringValue", dates: DateReading) -> "TimestampValue":
    if dates.first_day:
        return _since_first_day(text, dates.first_day)
    if dates.reading in NUMBERS:
        return _read_number(text, dates.reading, dates)
    if dates.has_serials:
        serial = _read_number(text, "excel", dates)
        printed = _read_text(text, replace(dates, has_serials=False))
        return cast("TimestampValue", ibis.coalesce(printed, serial))
    if not dates.formats:
        return cast("TimestampValue", text.nullif(text).cast("timestamp"))  # NULL in every row
    text = rewritten(text, dates.rules)
    bare = text.re_replace(_ZONE, r"\1") if dates.zoned else text
    printed = cast("TimestampValue", parse_time(bare, list(dates.formats)))
    if dates.timezone is None:
        return printed
    naive = printed
    if dates.source_timezone:
        naive = ibis.ifelse(bare.contains(":"), _from_source_zone(printed, dates), printed)
    if not dates.zoned:
        return cast("TimestampValue", naive)
    utc = printed - _offset_minutes(text).as_interval("m")
    converted = local_time(dates.timezone, to_utc("UTC", utc))
    return cast("TimestampValue", ibis.ifelse(text.re_search(_ZONE), converted, naive))


def _read_number(text: "StringValue", reading: Dates, dates: DateReading) -> "TimestampValue":
    """Return the times of text that is a number of this reading; NULL for other text."""
    number = ibis.ifelse(text.re_search(NUMBERS[reading]), text, None).cast("float64")
    return _since_1899(number, dates) if reading == "excel" else _since_1970(number, dates)


def _from_source_zone(time: "TimestampValue", dates: DateReading) -> "TimestampValue":
    """Return times without an offset as local times of the shop."""
    if dates.source_timezone is None or dates.timezone is None:
        return time
    return cast("TimestampValue", local_time(dates.timezone, to_utc(dates.source_timezone, time)))


def _since_first_day(text: "StringValue", first_day: str) -> "TimestampValue":
    day = ibis.ifelse(text.re_search(_DAY_NUMBER), text, None).cast("float64").cast("int64")
    printed = ibis.timestamp(f"{first_day} 00:00:00") + ((day - 1) * 86400).as_interval("s")
    return cast("TimestampValue", printed)


def _since_1899(days: "NumericValue", dates: DateReading) -> "TimestampValue":
    seconds = (days * 86400).round().cast("int64")
    printed = ibis.timestamp("1899-12-30 00:00:00") + seconds.as_interval("s")
    # A whole number is a date without a time.
    moved = _from_source_zone(printed, dates)
    return cast("TimestampValue", ibis.ifelse(days == days.floor(), printed, moved))


def _since_1970(count: "NumericValue", dates: DateReading) -> "TimestampValue":
    # Seconds, or thousandths, millionths or billionths of them: as many digits as fit a date.
    units = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000))
    branches = ((count < bound, floor_divide(count, ibis.literal(unit))) for bound, unit in units)
    seconds = cast("IntegerValue", ibis.cases(*branches))
    utc = ibis.timestamp("1970-01-01 00:00:00") + seconds.as_interval("s")
    return cast("TimestampValue", local_time(dates.timezone or "UTC", to_utc("UTC", utc)))


def shapes(text: "StringValue") -> "Table":
    """Return the most common shapes of a text column, with digits as 9: shape, rows, and the
    lowest and highest text (example, other).

    Formats are chosen by shape because trying formats that do not fit is expensive.
    """
    texts = text.name("text").as_table()
    shaped = texts.filter(texts.text.notnull()).mutate(shape=_shape(texts.text))
    counted = shaped.group_by("shape").aggregate(
        rows=shaped.count(), example=shaped.text.min(), other=shaped.text.max()
    )
    return counted.order_by(ibis.desc("rows"), "shape").limit(MOST_SHAPES)


def _shape(text: "StringValue") -> "StringValue":
    return cast("StringValue", text.re_replace(_ZONE, r"\1").re_replace(r"\d", "9"))


def rules_for(shapes: Sequence[str], given: Formats) -> Rules:
    """Return the rules without which some of these shapes cannot be read."""
    formats = given.date_format or tuple(
        day + time for days in _DAYS.values() for day in days for time in _TIMES
    )

    def can_read(shape: str) -> bool:
        bare = _bare_shape(shape)
        return any(_fits(each, bare) for each in formats)

    return needed_rules(shapes, can_read)


def formats_for(dates: Dates, shapes: Sequence[str], rules: Rules = ()) -> TimeFormats:
    """Return the strptime formats of a reading that fit any of the shapes."""
    seen = {_bare_shape(apply_rules(shape, rules)) for shape in shapes}
    formats = (day + time for day in _DAYS[dates] for time in _TIMES)
    return tuple(each for each in formats if any(_fits(each, shape) for shape in seen))


def with_readings(cells: "Table", shapes: Sequence[str], given: Formats) -> "Table":
    """Return cells with `ordered_at` rewritten, and its readings in columns, for `evidence`."""
    # Each in a subquery, as each is used several times: DuckDB would plan a much longer statement.
    rules = rules_for(shapes, given)
    written = cells.mutate(ordered_at=rewritten(cells.ordered_at, rules))
    bare = written.mutate(**{_READ + "bare": written.ordered_at.re_replace(_ZONE, r"\1")})
    if given.date_format:
        return bare
    return bare.mutate(**{
        _READ + reading: _read_text(
            bare[_READ + "bare"], DateReading(reading, formats_for(reading, shapes, rules))
        )
        for reading in _READINGS
    })  # fmt: skip


def evidence(cells: "Table", shapes: Sequence[str], given: Formats) -> "dict[str, Value]":
    """Return aggregates of the dates: how many rows each reading fits, and its extremes.

    `cells` are the result of `with_readings`.
    """
    text = cast("StringValue", cells.ordered_at)
    counts = {"dates": text.count(), "dates_zoned": count_where(text.re_search(_ZONE))}
    if given.date_format:
        times = parse_time(cells[_READ + "bare"], list(given.date_format))
        return counts | {"dates_given": times.count()}
    iso, day, month = (cells[_READ + reading] for reading in _READINGS)
    return counts | {
        "dates_iso": iso.count(),
        "dates_day_first": day.count(),
        "dates_month_first": month.count(),
        "dates_day_first_only": count_where(day.notnull() & month.isnull()),
        "dates_month_first_only": count_where(month.notnull() & day.isnull()),
        "dates_differ": count_where(day != month),
        **{
            f"dates_{reading}": count_where(text.re_search(pattern))
            for reading, pattern in NUMBERS.items()
            if any(re.search(pattern.replace("[2-6]", r"\d"), shape) for shape in shapes)
        },
    }


def _bare_shape(shape: str) -> str:
    return re.sub("[0-9]", "9", re.sub(_ZONE, r"\1", shape))


def _fits(format_: str, shape: str) -> bool:
    return _pattern(format_).fullmatch(shape) is not None


@cache
def _pattern(format_: str) -> re.Pattern[str]:
    parts = re.split(r"(%\w)", format_)
    return re.compile("".join(_DIRECTIVES.get(part) or re.escape(part) for part in parts))


def _offset_minutes(text: "StringValue") -> "NumericValue":
    def part(pattern: str) -> "NumericValue":
        return ibis.coalesce(text.re_extract(pattern, 1).nullif("").cast("int32"), 0)

    minutes = part(r"[+-](\d\d)(?::?\d\d)?$") * 60 + part(r"[+-]\d\d:?(\d\d)$")
    return cast(
        "NumericValue", ibis.ifelse(text.re_search(r"-\d\d(?::?\d\d)?$"), -minutes, minutes)
    )
