"""The period of a digest: the last whole week or month that the data covers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from regulars.analyses.sales.unusual_days import FEWEST_WEEKS
from regulars.core import formatting
from regulars.core.calendar import end_of_month, previous_period, year_earlier
from regulars.core.errors import InputError
from regulars.insights.digest.days import Days, trading_weekdays
from regulars.insights.periods import Span, month_of
from regulars.insights.scope import Scope

PeriodKind = Literal["week", "month"]
PERIODS: tuple[PeriodKind, ...] = ("week", "month")
_SUNDAY = 6
_DAY = timedelta(days=1)
_LONGEST_PERIOD = timedelta(days=62)
"""At most, from the first day of the last whole month to today."""


@dataclass(frozen=True)
class DigestPeriod:
    """The days of a digest, and the earlier periods that it is compared with.

    before  the period before it; None if the data does not cover it
    year    the same period a year earlier, with the same weekdays; None if not covered
    """

    kind: PeriodKind
    span: Span
    before: Span | None
    year: Span | None

    @property
    def name(self) -> str:
        """The period in words: the week of 5 to 11 December 2011, or November 2011."""
        if self.kind == "month":
            return str(self.span)
        return f"the week of {days_in_words(self.span)}"

    @property
    def before_name(self) -> str:
        """The name of the period before."""
        return f"the {self.kind} before"


def last_whole_period(kind: PeriodKind, scope: Scope, days: Days, today: date) -> DigestPeriod:
    """Return the last whole week or month up to a day.

    Raises InputError if the data has none yet.
    """
    last = last_whole_day(scope, today)
    span = _week(scope, days, last, today) if kind == "week" else _month(scope, last)
    if span is None or span.first < scope.whole.first:
        raise InputError(f"The data does not cover a whole {kind} yet. It covers {scope.whole}.")
    earlier = [
        Span(*days_before) for days_before in (
            previous_period(span.first, span.last), year_earlier(span.first, span.last)
        )
    ]  # fmt: skip
    before, year = (one if one.first >= scope.whole.first else None for one in earlier)
    return DigestPeriod(kind, span, before, year)


def last_whole_day(scope: Scope, today: date) -> date:
    """Return the last day of which no order can be missing.

    The last day of the data is whole only if it was loaded after that day.
    """
    last = min(scope.whole.last, today)
    if last < scope.whole.last:
        return last
    loaded = max(load["loaded_at"] for load in scope.warehouse.loads() if not load["is_undone"])
    return last if loaded.date() > last else last - timedelta(days=1)


def history(scope: Scope, today: date) -> Span:
    """Return the days whose sales a digest needs: those it may cover, and those before them."""
    last = min(scope.whole.last, today)
    return Span(last - _LONGEST_PERIOD - timedelta(weeks=FEWEST_WEEKS), last)


def days_in_words(span: Span) -> str:
    """Return a few days in words: 5 to 11 December 2011."""
    if span.first.year != span.last.year:
        return f"{formatting.day(span.first)} to {formatting.day(span.last)}"
    same = span.first.month == span.last.month
    first = str(span.first.day) if same else f"{span.first.day} {span.first:%B}"
    return f"{first} to {formatting.day(span.last)}"


def _week(scope: Scope, days: Days, last: date, today: date) -> Span | None:
    """Return the last week whose trading days are all whole, from Monday to Sunday.

    The week of a shop that is closed on Sundays is whole without an order on Sunday.
    """
    monday = last - timedelta(days=last.weekday())
    expected = trading_weekdays(days, monday) or {_SUNDAY}
    sunday = monday + timedelta(days=_SUNDAY)
    is_whole = last.weekday() >= max(expected) and sunday <= max(today, last)
    return Span(monday, sunday) if is_whole else Span(monday - timedelta(weeks=1), monday - _DAY)


def _month(scope: Scope, last: date) -> Span | None:
    whole = [
        row["month"]
        for row in scope.months
        if row["is_complete"] and end_of_month(row["month"]) <= last
    ]
    return month_of(whole[-1]) if whole else None
