"""Periods that may be compared: whole months, and the same season where there is enough of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.core import formatting
from regulars.core.calendar import YEAR, are_whole_months, end_of_month

_LONGEST_WITHOUT_SEASON = 3


@dataclass(frozen=True)
class Span:
    """The days from one to another, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return it in words: whole months by name, anything else by the day."""
        if self.is_of_months:
            first, last = formatting.month(self.first), formatting.month(self.last)
        else:
            first, last = formatting.day(self.first), formatting.day(self.last)
        return first if first == last else f"{first} to {last}"

    @property
    def is_of_months(self) -> bool:
        """Whether it is of whole months."""
        return are_whole_months(self.first, self.last)


def month_of(first: date) -> Span:
    """Return the days of a month, told by its first."""
    return Span(first, end_of_month(first))


@dataclass(frozen=True)
class Comparison:
    """The period of the headline figures, the one before it, and how to say so.

    `before` is None, and `why_none` says why, where no earlier period is wholly in the data.
    """

    now: Span
    before: Span | None
    words: str
    why_none: str = ""


def comparison(months: Sequence[Mapping[str, Any]], whole: Span) -> Comparison:
    """Return which months to compare, given every month with `month` and `is_complete`.

    Two years: the last 12 complete months with the 12 before. More than one year: as many as
    have the same months a year earlier. Less: half of them, three at most, with those before.
    """
    complete = [row["month"] for row in months if row["is_complete"]]
    if len(complete) < 2:
        return Comparison(whole, None, f"All of the data: {whole}.", _why_none(len(complete)))
    length, back, season = _lengths(len(complete))
    now = span_of(complete[-length:])
    before = span_of(complete[-length - back : len(complete) - back])
    words = f"{_counted(length)}, {now}, compared with {before}.{season}"
    return Comparison(now, before, words)


def unfinished(month: Mapping[str, Any], whole: Span) -> str:
    """Return which days of an unfinished month are in the data: `to 9 Dec`."""
    start: date = month["month"]
    if whole.first == whole.last:
        return f"on {_short(whole.first)}"
    starts_late = whole.first > start
    ends_early = whole.last < end_of_month(start)
    parts = [f"from {_short(whole.first)}"] if starts_late else []
    parts += [f"to {_short(whole.last)}"] if ends_early else []
    return " ".join(parts) or "unfinished"


def span_of(months: Sequence[date]) -> Span:
    """Return the days from the first of one month to the end of another."""
    return Span(months[0], end_of_month(months[-1]))


def _lengths(complete: int) -> tuple[int, int, str]:
    """Return how many months to compare, how far back, and what is to be said of the season."""
    if complete >= 2 * YEAR:
        return YEAR, YEAR, ""
    if complete > YEAR:
        return complete - YEAR, YEAR, " The same months, so the season is the same."
    length = min(complete // 2, _LONGEST_WITHOUT_SEASON)
    return length, length, " Other months, so part of any change may be the season."


def _why_none(complete: int) -> str:
    found = "no month is complete" if complete == 0 else "only one month is complete"
    return f"There is nothing to compare it with yet: {found}."


def _counted(length: int) -> str:
    return "The last complete month" if length == 1 else f"The last {length} complete months"


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
