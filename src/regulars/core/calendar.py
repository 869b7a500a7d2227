"""Calendar arithmetic: months, and the periods that a period is compared with."""

from datetime import date, timedelta

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_IN_YEAR = 12

_LONGEST_BY_WEEKDAY = 35
_YEAR_OF_WEEKS = timedelta(weeks=52)


def month_start(day: date, offset: int) -> date:
    """Return the first day of the month `offset` months after the month of `day`."""
    number = day.year * MONTHS_IN_YEAR + day.month - 1 + offset
    return date(number // MONTHS_IN_YEAR, number % MONTHS_IN_YEAR + 1, 1)


def end_of_month(day: date) -> date:
    """Return the last day of the month of `day`."""
    return month_start(day, 1) - timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """Return the number of calendar months from one date to another."""
    return (last.year - first.year) * MONTHS_IN_YEAR + last.month - first.month


def are_whole_months(first: date, last: date) -> bool:
    """Return whether a period consists of whole calendar months."""
    return first.day == 1 and last == end_of_month(last)


def previous_period(first: date, last: date) -> tuple[date, date]:
    """Return the period just before: as many months if it is whole months, else as many days."""
    if are_whole_months(first, last):
        return month_start(first, -1 - months_between(first, last)), first - timedelta(days=1)
    return first - (last - first) - timedelta(days=1), first - timedelta(days=1)


def next_period(first: date, last: date) -> tuple[date, date]:
    """Return the period just after: as many months if it is whole months, else as many days."""
    after = last + timedelta(days=1)
    if are_whole_months(first, last):
        return after, end_of_month(month_start(after, months_between(first, last)))
    return after, after + (last - first)


def year_earlier(first: date, last: date) -> tuple[date, date]:
    """Return the same period a year earlier.

    Whole months stay whole months. Up to five weeks move by 52 weeks, so that weekdays match.
    """
    if are_whole_months(first, last):
        shifted = month_start(last, -MONTHS_IN_YEAR)
        return month_start(first, -MONTHS_IN_YEAR), end_of_month(shifted)
    if (last - first).days < _LONGEST_BY_WEEKDAY:
        return first - _YEAR_OF_WEEKS, last - _YEAR_OF_WEEKS
    return year_back(first), year_back(last)


def year_alignment(first: date, last: date) -> str:
    """Return how `year_earlier` aligns the two periods, in words."""
    if are_whole_months(first, last):
        return "the same month" if months_between(first, last) == 0 else "the same months"
    if (last - first).days < _LONGEST_BY_WEEKDAY:
        return "52 weeks earlier, so weekdays match"
    return "the same dates"


def year_back(day: date) -> date:
    """Return the same day a year earlier; 28 February for 29 February."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
