"""The view of a page: its period, the period it is compared with, and its filters.

A link to a page holds its view, so the same link shows a colleague the same page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from regulars.analyses.customers.recent_moves import days_before
from regulars.core.calendar import month_start, previous_period, year_alignment, year_earlier
from regulars.core.errors import InputError
from regulars.insights.periods import Comparison, Span, comparison, month_of, span_of

LATEST, ALL, CUSTOM = "latest", "all", "custom"
PERIODS: Mapping[str, str] = {
    LATEST: "Latest complete months",
    "month": "Last complete month",
    "quarter": "Last 3 complete months",
    "calendar quarter": "Last complete quarter",
    "year": "Last 12 complete months",
    "7 days": "Last 7 days",
    "28 days": "Last 28 days",
    "this year": "This year so far",
    ALL: "All data",
    CUSTOM: "Custom dates",
}
"""The periods to choose from, by their name in a link."""

YEAR_BEFORE, JUST_BEFORE, NOTHING = "year", "before", "nothing"
AGAINST: Mapping[str, str] = {
    YEAR_BEFORE: "Previous year",
    JUST_BEFORE: "Previous period",
    NOTHING: "No comparison",
}
"""What to compare a period with, by its name in a link."""

FILTERS: Mapping[str, str] = {
    "location": "Location",
    "store": "Store",
    "segment": "Segment",
    "category": "Category",
    "product_id": "Product",
    "subcategory": "Subcategory",
    "weekday": "Weekday",
    "discount_band": "Discount",
    "cohort": "First order in",
    "segment_before": "Segment 90 days earlier",
}
"""The filters of every page: column -> label."""

ALWAYS_SHOWN = ("location", "store", "segment", "category", "product_id")
"""The filters that every page offers; the others appear when a page sets them by a click."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_LAST_DAYS = {"7 days": 7, "28 days": 28}
_DAYS = ("since", "until")


@dataclass(frozen=True)
class View:
    """A view of the shop.

    days   the dates of a custom period
    where  the filters: column -> values, any of which may match
    """

    period: str = LATEST
    against: str = YEAR_BEFORE
    days: Span | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def encode(self) -> str:
        """Return the period and the filters as a link has them: `period=all&location=France`."""
        days = {"since": self.days.first, "until": self.days.last} if self.days else {}
        return urlencode({"period": self.period, **days, **self.where}, doseq=True)

    @classmethod
    def decode(cls, link: str) -> Self:
        """Return the view that `encode` wrote. Raises InputError for any other text."""
        fields = {name: tuple(values) for name, values in parse_qs(link).items()}
        try:
            [period] = fields.pop("period")
            days = [date.fromisoformat(*fields.pop(name)) for name in _DAYS if name in fields]
            span = Span(*days) if days else None
        except (KeyError, TypeError, ValueError):
            span, period = None, ""
        if period not in PERIODS or not all(map(filter_label, fields)):
            raise InputError("This link is incomplete. Click the figure again.")
        return cls(period, days=span, where=fields)


EVERYTHING = View(period=ALL)


def comparison_of(view: View, months: Sequence[Mapping[str, Any]], whole: Span) -> Comparison:
    """Return the period of a view and the earlier period to compare it with.

    `months` are those of the data, with `month` and `is_complete`; `whole` is the period it covers.
    """
    if view.period == LATEST:
        latest = comparison(months, whole)
        if view.against == YEAR_BEFORE:
            return latest
        now = latest.now
    else:
        now = _span(view, months, whole)
    if view.against == NOTHING or now == whole:
        return Comparison(now, None, f"{now}.")
    earlier = year_earlier if view.against == YEAR_BEFORE else previous_period
    before = Span(*earlier(now.first, now.last))
    if before.first < whole.first:
        why_none = f"No comparison: the data does not cover all of {before}."
        return Comparison(now, None, f"{now}.", why_none)
    is_year = view.against == YEAR_BEFORE
    aligned = year_alignment(now.first, now.last) if is_year else "the previous period"
    return Comparison(now, before, f"{now}, compared with {before} ({aligned}).")


def why_empty(view: View, whole: Span) -> str:
    """Return why a view covers no days of the data; empty if it does."""
    if view.period != CUSTOM:
        return ""
    if view.days is None or view.days.first > view.days.last:
        return "Choose a first day, and a last day on or after it."
    if view.days.last < whole.first or view.days.first > whole.last:
        return f"No data for {view.days}. The data covers {whole}."
    return ""


def segment_date(view: View, now: Span, whole: Span) -> date:
    """Return the day that segments and recency are as of.

    That is the last day of the data, as customers are contacted now; a custom period looks back
    from its own end.
    """
    return now.last if view.period == CUSTOM else whole.last


def _span(view: View, months: Sequence[Mapping[str, Any]], whole: Span) -> Span:
    """Return the period of a view, cut to the days of the data.

    Raises InputError if that leaves no day.
    """
    if why := why_empty(view, whole):
        raise InputError(why)
    if view.period == CUSTOM and view.days:
        return Span(max(view.days.first, whole.first), min(view.days.last, whole.last))
    if view.period in _MONTHS:
        complete = [row["month"] for row in months if row["is_complete"]][-_MONTHS[view.period] :]
        return span_of(complete) if complete else whole
    if view.period == "calendar quarter":
        return _last_quarter(months) or whole
    if view.period in _LAST_DAYS:
        first = whole.last - timedelta(days=_LAST_DAYS[view.period] - 1)
        return Span(max(first, whole.first), whole.last)
    if view.period == "this year":
        return Span(max(date(whole.last.year, 1, 1), whole.first), whole.last)
    return whole


def _last_quarter(months: Sequence[Mapping[str, Any]]) -> Span | None:
    """Return the last calendar quarter with three complete months; None without one."""
    complete = {row["month"] for row in months if row["is_complete"]}
    for last in sorted(complete, reverse=True):
        quarter = [month_start(last, offset) for offset in (-2, -1, 0)]
        if last.month % 3 == 0 and complete.issuperset(quarter):
            return span_of(quarter)
    return None


def filter_label(column: str) -> str:
    """Return the label of a filter; empty for a column that is none."""
    if days := days_before(column):
        return f"Segment {days} days before"
    return FILTERS.get(column, "")


def describe_filters(view: View) -> str:
    """Return the filters of a view in words; empty without filters."""
    return "; ".join(
        f"{filter_label(column) or column}: {', '.join(values)}"
        for column, values in view.where.items()
    )


def parse_month(member: str) -> Span:
    """Return the days of a month written as 2011-11."""
    return month_of(date.fromisoformat(f"{member}-01"))
