"""Views: their period and the period they are compared with, worked out on paper."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.errors import InputError
from regulars.insights.periods import Span
from regulars.insights.view import (
    FILTERS,
    PERIODS,
    View,
    comparison_of,
    parse_month,
    why_empty,
)

WHOLE = Span(date(2023, 3, 1), date(2025, 6, 18))
MONTHS = [
    {"month": date(year, month, 1), "is_complete": (year, month) != (2025, 6)}
    for year in (2023, 2024, 2025)
    for month in range(1, 13)
    if date(2023, 3, 1) <= date(year, month, 1) <= date(2025, 6, 18)
]


Days = tuple[str, str]


def days(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("period", "now", "year_earlier", "previous"),
    [
        ("month", ("2025-05-01", "2025-05-31"), ("2024-05-01", "2024-05-31"),
         ("2025-04-01", "2025-04-30")),
        ("quarter", ("2025-03-01", "2025-05-31"), ("2024-03-01", "2024-05-31"),
         ("2024-12-01", "2025-02-28")),
        # March and April and May are no quarter of the year.
        ("calendar quarter", ("2025-01-01", "2025-03-31"), ("2024-01-01", "2024-03-31"),
         ("2024-10-01", "2024-12-31")),
        ("year", ("2024-06-01", "2025-05-31"), ("2023-06-01", "2024-05-31"),
         ("2023-06-01", "2024-05-31")),
        # From a Thursday to a Wednesday, as 52 weeks earlier.
        ("7 days", ("2025-06-12", "2025-06-18"), ("2024-06-13", "2024-06-19"),
         ("2025-06-05", "2025-06-11")),
        ("this year", ("2025-01-01", "2025-06-18"), ("2024-01-01", "2024-06-18"),
         ("2024-07-16", "2024-12-31")),
    ],
)  # fmt: skip
def test_a_period_is_compared_with_the_one_a_year_earlier_or_just_before(
    period: str, now: Days, year_earlier: Days, previous: Days
) -> None:
    for against, before in (("year", year_earlier), ("before", previous)):
        result = comparison_of(View(period, against), MONTHS, WHOLE)
        assert result.now == days(*now)
        assert result.before == days(*before)
    assert comparison_of(View(period, "nothing"), MONTHS, WHOLE).before is None


@pytest.mark.parametrize(
    ("against", "before"),
    [("year", ("2023-06-01", "2024-05-31")), ("before", ("2023-06-01", "2024-05-31"))],
)
def test_the_latest_months_are_compared_like_a_year(against: str, before: Days) -> None:
    result = comparison_of(View("latest", against), MONTHS, WHOLE)
    assert (result.now, result.before) == (days("2024-06-01", "2025-05-31"), days(*before))


def test_with_little_data_the_latest_months_are_compared_with_those_just_before() -> None:
    months = [{"month": date(2025, month, 1), "is_complete": month < 6} for month in range(1, 7)]
    whole = days("2025-01-01", "2025-06-18")
    for against in ("year", "before"):
        result = comparison_of(View("latest", against), months, whole)
        assert (result.now, result.before) == (
            days("2025-04-01", "2025-05-31"), days("2025-02-01", "2025-03-31")
        )  # fmt: skip


def test_without_data_for_the_whole_earlier_period_nothing_is_compared() -> None:
    view = View("custom", "year", days("2023-12-01", "2024-01-31"))
    result = comparison_of(view, MONTHS, WHOLE)
    assert result.before is None
    assert result.why_none == (
        "No comparison: the data does not cover all of December 2022 to January 2023."
    )


def test_custom_dates_are_cut_to_the_data() -> None:
    view = View("custom", "nothing", days("2025-06-01", "2031-01-01"))
    assert comparison_of(view, MONTHS, WHOLE).now == days("2025-06-01", "2025-06-18")


@pytest.mark.parametrize(
    ("custom", "why"),
    [
        (days("2015-03-02", "2015-03-08"),
         "No data for 2 March 2015 to 8 March 2015. The data covers 1 March 2023 to 18 June 2025."),
        (days("2025-06-19", "2025-06-30"),
         "No data for 19 June 2025 to 30 June 2025. The data covers 1 March 2023 to 18 June 2025."),
        (days("2025-06-02", "2025-06-01"),
         "Choose a first day, and a last day on or after it."),
        (None, "Choose a first day, and a last day on or after it."),
        (days("2025-06-18", "2025-06-30"), ""),
    ],
)  # fmt: skip
def test_days_outside_the_data_do_not_show_everything(custom: Span | None, why: str) -> None:
    view = View("custom", days=custom)
    assert why_empty(view, WHOLE) == why
    if why:
        with pytest.raises(InputError, match=why.partition(".")[0]):
            comparison_of(view, MONTHS, WHOLE)


@pytest.mark.parametrize(
    ("first", "last", "how"),
    [
        ("2025-05-01", "2025-05-31", "the same month"),
        ("2025-03-01", "2025-05-31", "the same months"),
        ("2025-06-12", "2025-06-18", "52 weeks earlier, so weekdays match"),
        ("2025-01-01", "2025-06-18", "the same dates"),
    ],
)
def test_page_says_how_the_year_before_is_aligned(first: str, last: str, how: str) -> None:
    assert comparison_of(View("custom", days=days(first, last)), MONTHS, WHOLE).words.endswith(
        f" ({how})."
    )


def test_a_leap_day_is_compared_with_28_february() -> None:
    view = View("custom", "year", days("2024-01-10", "2024-02-29"))
    whole = Span(date(2022, 1, 1), date(2025, 1, 1))
    assert comparison_of(view, [], whole).before == days("2023-01-10", "2023-02-28")


@pytest.mark.parametrize("period", [one for one in PERIODS if one != "custom"])
def test_every_period_works_without_a_complete_month(period: str) -> None:
    whole = days("2025-06-03", "2025-06-18")
    result = comparison_of(View(period), [{"month": date(2025, 6, 1), "is_complete": False}], whole)
    assert whole.first <= result.now.first <= result.now.last <= whole.last


def test_a_clicked_month_covers_all_its_days() -> None:
    assert parse_month("2024-02") == days("2024-02-01", "2024-02-29")


SPANS = st.tuples(st.dates(), st.dates()).map(lambda two: Span(min(two), max(two)))
VALUES = st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple)
WHERE = st.dictionaries(st.sampled_from(sorted(FILTERS)), VALUES)


@given(st.builds(View, st.sampled_from(sorted(PERIODS)), days=st.none() | SPANS, where=WHERE))
def test_link_restores_a_view(view: View) -> None:
    assert View.decode(view.encode()) == view


@pytest.mark.parametrize(
    "link", ["", "period=a+week", "period=all&since=soon&until=2024-01-01", "period=all&x=1",
             "period=custom&since=2024-01-01", "since=2024-01-01&until=2024-01-31"]
)  # fmt: skip
def test_invalid_link_is_refused(link: str) -> None:
    with pytest.raises(InputError, match="This link is incomplete"):
        View.decode(link)
