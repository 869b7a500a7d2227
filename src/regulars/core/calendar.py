"""Days and whole months: where months end, and which days a period is compared with."""

from datetime import date, timedelta

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


MONTHS_IN_YEAR = 12
"""Months of a year."""

_LONGEST_BY_WEEKDAY = 35
_YEAR_OF_WEEKS = timedelta(weeks=52)


def month_start(day: date, months: int) -> date:
    """Return the first of the month so many months after a day's own, or before it."""
    number = day.year * MONTHS_IN_YEAR + day.month - 1 + months
    return date(number // MONTHS_IN_YEAR, number % MONTHS_IN_YEAR + 1, 1)


def end_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return month_start(day, 1) - timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """Return how many calendar months lie from one month to another."""
    return (last.year - first.year) * MONTHS_IN_YEAR + last.month - first.month


def are_whole_months(first: date, last: date) -> bool:
    """Return whether the days from one to another are whole calendar months."""
    return first.day == 1 and last == end_of_month(last)


def previous_period(first: date, last: date) -> tuple[date, date]:
    """Return the days just before a period: as many months if it is whole months, else days."""
    if are_whole_months(first, last):
        return month_start(first, -1 - months_between(first, last)), first - timedelta(days=1)
    return first - (last - first) - timedelta(days=1), first - timedelta(days=1)


def year_earlier(first: date, last: date) -> tuple[date, date]:
    """Return the same days a year before: whole months, or dates.

    Of a few days, at most five weeks, they are the same days of the week, 52 weeks before.
    """
    if are_whole_months(first, last):
        return month_start(first, -MONTHS_IN_YEAR), end_of_month(month_start(last, -MONTHS_IN_YEAR))
    if (last - first).days < _LONGEST_BY_WEEKDAY:
        return first - _YEAR_OF_WEEKS, last - _YEAR_OF_WEEKS
    return _year_back(first), _year_back(last)


def _year_back(day: date) -> date:
    """Return the same day a year before; 28 February for the 29th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
