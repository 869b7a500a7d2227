"""What somebody looks at: a period, what it is compared with, and a part of the shop.

It is what a link to a page holds: the same link shows a colleague the same view.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from regulars.core.calendar import days_before, end_of_month, year_before
from regulars.insights.periods import Comparison, Span, comparison, month_of

LATEST, ALL, CUSTOM = "latest", "all", "custom"
PERIODS: Mapping[str, str] = {
    LATEST: "Latest complete months",
    "month": "Last complete month",
    "quarter": "Last 3 complete months",
    "year": "Last 12 complete months",
    "7 days": "Last 7 days",
    "28 days": "Last 28 days",
    "this year": "This year so far",
    ALL: "All of the data",
    CUSTOM: "Days of my choice",
}
"""The periods to choose from: what a link calls them, and what people are shown."""

YEAR_BEFORE, JUST_BEFORE, NOTHING = "year", "before", "nothing"
AGAINST: Mapping[str, str] = {
    YEAR_BEFORE: "A year before",
    JUST_BEFORE: "The period before",
    NOTHING: "Nothing",
}
FILTERS: Mapping[str, str] = {
    "location": "Place",
    "segment": "Segment",
    "category": "Category",
    "product_id": "Product",
    "subcategory": "Subcategory",
    "weekday": "Weekday",
    "discount_band": "Discount",
    "cohort": "First bought in",
}
"""What the shop can be narrowed to on every page, and what people are shown."""

ALWAYS_SHOWN = ("location", "segment", "category", "product_id")
"""The filters that are always there; the others are come to by what is chosen on a page."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"7 days": 7, "28 days": 28}


@dataclass(frozen=True)
class View:
    """A view of the shop.

    days    the days of one's own choice, where `period` is "custom"
    where   what the shop is narrowed to: column -> the values any of which will do
    """

    period: str = LATEST
    against: str = YEAR_BEFORE
    days: Span | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


EVERYTHING = View(period=ALL)


def compared(view: View, months: Sequence[Mapping[str, Any]], whole: Span) -> Comparison:
    """Return the days of a view and those they are compared with, and how to say so.

    `months` are those of the data, with `month` and `is_complete`; `whole` is all of its days.
    """
    if view.period == LATEST:
        found = comparison(months, whole)
        if view.against == YEAR_BEFORE:
            return found
        now = found.now
    else:
        now = _span(view, months, whole)
    if view.against == NOTHING or now == whole:
        return _alone(now)
    before = _before(now, view.against)
    if before.first < whole.first:
        return Comparison(now, None, f"{now}.", f"{before} is not wholly in the data.")
    return Comparison(now, before, f"{now}, compared with {before}.")


def standing_on(view: View, now: Span, whole: Span) -> date:
    """Return the day as of which a view tells who is in a segment, and how long customers are away.

    That is the last of the data, for whoever acts on it acts now; of days of one's own choice, the
    last of those.
    """
    return now.last if view.period == CUSTOM else whole.last


def _alone(now: Span) -> Comparison:
    return Comparison(now, None, f"{now}.", "")


def _span(view: View, months: Sequence[Mapping[str, Any]], whole: Span) -> Span:
    """Return the days of a view, none beyond the data."""
    if view.period == CUSTOM and view.days:
        first, last = max(view.days.first, whole.first), min(view.days.last, whole.last)
        return Span(first, last) if first <= last else whole
    if view.period in _MONTHS:
        complete = [row["month"] for row in months if row["is_complete"]][-_MONTHS[view.period] :]
        return Span(complete[0], end_of_month(complete[-1])) if complete else whole
    if view.period in _DAYS:
        first = whole.last - timedelta(days=_DAYS[view.period] - 1)
        return Span(max(first, whole.first), whole.last)
    if view.period == "this year":
        return Span(max(date(whole.last.year, 1, 1), whole.first), whole.last)
    return whole


def _before(now: Span, against: str) -> Span:
    before = year_before if against == YEAR_BEFORE else days_before
    return Span(*before(now.first, now.last))


def in_words(view: View) -> str:
    """Return what a view is narrowed to in words, empty for the whole shop."""
    return "; ".join(
        f"{FILTERS.get(column, column)}: {', '.join(values)}"
        for column, values in view.where.items()
    )


def month_named(member: str) -> Span:
    """Return the days of a month told as 2011-11."""
    return month_of(date.fromisoformat(f"{member}-01"))
