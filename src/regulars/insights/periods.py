"""Periods that can be compared: whole months, in the same season where the data reaches back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.core import formatting
from regulars.core.calendar import MONTHS_IN_YEAR, are_whole_months, end_of_month, year_earlier

_LONGEST_WITHOUT_SEASON = 3


@dataclass(frozen=True)
class Span:
    """A period from one day to another, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return the period in words: whole months by name, anything else by date."""
        written = formatting.month if self.is_of_months else formatting.day
        first, last = written(self.first), written(self.last)
        return first if first == last else f"{first} to {last}"

    @property
    def is_of_months(self) -> bool:
        """Whether the period consists of whole months."""
        return are_whole_months(self.first, self.last)


def month_of(first: date) -> Span:
    """Return the days of the month that starts on a date."""
    return Span(first, end_of_month(first))


def span_of(months: Sequence[date]) -> Span:
    """Return the period from the first of the months to the end of the last."""
    return Span(months[0], end_of_month(months[-1]))


@dataclass(frozen=True)
class Comparison:
    """The period of the headline figures and the earlier period, with a sentence on both.

    `before` is None if the data does not cover an earlier period; `why_none` then says why.
    """

    now: Span
    before: Span | None
    words: str
    why_none: str = ""

    def without_earlier(self, why_none: str) -> "Comparison":
        """Return the period alone, with the reason why it is not compared."""
        return Comparison(self.now, None, f"{self.now}.", why_none)

    @property
    def earlier(self) -> str:
        """What a figure of the earlier period is called."""
        a_year_ago = Span(*year_earlier(self.now.first, self.now.last))
        return "a year earlier" if self.before == a_year_ago else "previously"


def comparison(months: Sequence[Mapping[str, Any]], whole: Span) -> Comparison:
    """Return the months to compare, given every month with `month` and `is_complete`.

    Two years or more: the last 12 complete months with the 12 before. More than one year: as many
    months as have the same months a year earlier. Less: half of the months, at most three, with
    those before.
    """
    complete = [row["month"] for row in months if row["is_complete"]]
    if len(complete) < 2:
        reason = "only one month is complete" if complete else "no month is complete"
        return Comparison(
            whole, None, f"All data: {whole}.", f"There is nothing to compare with yet: {reason}."
        )
    length, back, season = _lengths(len(complete))
    now = span_of(complete[-length:])
    before = span_of(complete[-length - back : len(complete) - back])
    latest = "The last complete month" if length == 1 else f"The last {length} complete months"
    return Comparison(now, before, f"{latest}, {now}, compared with {before}.{season}")


def _lengths(complete: int) -> tuple[int, int, str]:
    """Return how many months to compare, how far back, and a sentence on seasonality."""
    if complete >= 2 * MONTHS_IN_YEAR:
        return MONTHS_IN_YEAR, MONTHS_IN_YEAR, ""
    if complete > MONTHS_IN_YEAR:
        return (
            complete - MONTHS_IN_YEAR,
            MONTHS_IN_YEAR,
            " Both periods cover the same months of the year.",
        )
    length = min(complete // 2, _LONGEST_WITHOUT_SEASON)
    return length, length, " The months differ, so part of any change may be seasonal."


def covered_days(month: Mapping[str, Any], whole: Span) -> str:
    """Return which days of an incomplete month the data covers, such as `to 9 Dec`."""
    start: date = month["month"]
    if whole.first == whole.last:
        return f"on {_short(whole.first)}"
    parts = [f"from {_short(whole.first)}"] if whole.first > start else []
    parts += [f"to {_short(whole.last)}"] if whole.last < end_of_month(start) else []
    return " ".join(parts) or "incomplete"


def incomplete_months(months: Sequence[Mapping[str, Any]], whole: Span) -> str:
    """Return a sentence on the incomplete months of a chart; empty if all are complete."""
    incomplete = [row for row in months if not row["is_complete"]]
    if not incomplete:
        return ""
    names = " and ".join(
        f"{formatting.month(row['month'])} ({covered_days(row, whole)})" for row in incomplete
    )
    verb = "is" if len(incomplete) == 1 else "are"
    return f"{names} {verb} incomplete: shown hatched, not compared."


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
