"""Decide how to read a column of dates, from the evidence of the whole column."""

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.core.errors import AmbiguousFormatError, MixedFormatError
from regulars.sources.profiles.formats import Dates, Formats
from regulars.transform.staging.dates import NUMBERS, DateReading, formats_for, rules_for
from regulars.transform.staging.guess_dates import guess_format, period_of

EXAMPLES = 3
MIXED = 0.01
"""A reading that fits a smaller share of the rows is a typo, not another format."""


def decide_dates(
    column: str,
    counts: Mapping[str, Any],
    shapes: Sequence[Mapping[str, Any]],
    given: Formats,
) -> DateReading:
    """Return how to read a column of dates, from its evidence and its `shapes`.

    `column` describes the column in errors.

    Raises AmbiguousFormatError if several readings are possible, if the column mixes them, or if
    no row can be read.
    """
    found = [row[key] for key in ("example", "other") for row in shapes]
    examples = list(dict.fromkeys(found))[:EXAMPLES]
    if given.dates == "days" and not given.first_day:
        raise AmbiguousFormatError(_no_first_day(column, examples))
    if given.dates != "auto" or given.date_format:
        reading = given.dates
        readable = counts.get("dates_given", counts.get("dates", 0))
    else:
        reading = _most_likely(column, counts, examples)
        readable = counts.get(f"dates_{reading.replace('-', '_')}", 0)
    if counts.get("dates") and not readable:
        raise AmbiguousFormatError(_unreadable(column, examples, given))
    seen = [row["shape"] for row in shapes]
    rules = () if reading in NUMBERS or given.first_day else rules_for(seen, given)
    return DateReading(
        reading=reading,
        formats=given.date_format or formats_for(reading, seen, rules),
        rules=rules,
        zoned=bool(counts.get("dates_zoned")),
        timezone=given.timezone,
        source_timezone=given.source_timezone,
        first_day=given.first_day,
        has_serials=reading == "iso" and given.dates == "auto" and bool(counts.get("dates_excel")),
    )


def _most_likely(column: str, counts: Mapping[str, Any], examples: Sequence[str]) -> Dates:
    """Return the reading that fits most rows. Raises AmbiguousFormatError if two of them do."""
    day, month = counts.get("dates_day_first", 0), counts.get("dates_month_first", 0)
    iso, excel, epoch = (counts.get(f"dates_{name}", 0) for name in ("iso", "excel", "epoch"))
    if excel and iso > max(epoch, day, month):
        return "iso"  # cells of a workbook of which some are not formatted as dates
    if max(excel, epoch) > max(iso, day, month):
        return "excel" if excel > epoch else "epoch"
    if iso >= max(day, month):  # also if the column is not text
        return "iso"
    only_day, only_month = counts["dates_day_first_only"], counts["dates_month_first_only"]
    if min(only_day, only_month) > MIXED * max(day, month):
        raise MixedFormatError(
            f"{column} mixes date formats: {only_day:,} rows can only be day first, {only_month:,} "
            "only month first. Split the file, or write its dates as 2011-12-31."
        )
    if only_day == only_month and counts["dates_differ"]:
        raise AmbiguousFormatError(
            f"{column} can be read day first or month first in all {max(day, month):,} rows, such "
            f"as {_quoted(examples)}. "
            'Set it in your profile:\n  [formats]\n  dates = "day-first"   # or "month-first"'
        )
    return "day-first" if only_day >= only_month else "month-first"


def _unreadable(column: str, examples: Sequence[str], given: Formats) -> str:
    """Return the error for a column without any date, with the nearest reading."""
    if (period := period_of(examples)) is not None:
        return (
            f"{column} has {period}, such as {_quoted(examples)}, not the dates of orders. Export "
            "the orders with their dates, or map ordered_at to another column."
        )
    formats = " or ".join(f'"{text}"' for text in given.date_format or ())
    known = f"in the format {formats}" if formats else "in a format that is known"
    guess = guess_format(examples)
    line = f'date_format = "{guess or "%d.%m.%y"}"'
    return (
        f"{column} has no date {known}. It has values such as "
        f"{_quoted(examples)}. Map ordered_at to another column, or write the format of its dates "
        f"in your profile{', such as' if guess is None else ''}:\n  [formats]\n  {line}\n"
        "  # %d is the day, %m the month, %b the month as Jan, %Y the year as 2011, %y as 11. A "
        "time is %H:%M:%S, or %I:%M %p with AM and PM."
    )


def _no_first_day(column: str, examples: Sequence[str]) -> str:
    return (
        f"{column} counts days, such as {_quoted(examples)}, and the file does not say which date "
        'day 1 is. Write it in a profile:\n  [formats]\n  first_day = "2017-01-01"'
    )


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
