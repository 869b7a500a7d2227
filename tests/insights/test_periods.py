"""Periods: only whole months are compared, in the same season if possible."""

from datetime import date

import pytest

from regulars.insights.periods import Span, comparison, covered_days

WHOLE = Span(date(2023, 1, 1), date(2025, 6, 15))


def months(complete: int) -> list[dict[str, object]]:
    rows = [
        {"month": date(2023 + n // 12, n % 12 + 1, 1), "is_complete": True} for n in range(complete)
    ]
    last = {"month": date(2023 + complete // 12, complete % 12 + 1, 1), "is_complete": False}
    return [*rows, last]


@pytest.mark.parametrize(
    ("complete", "now", "before"),
    [
        (25, "February 2024 to January 2025", "February 2023 to January 2024"),
        (24, "January 2024 to December 2024", "January 2023 to December 2023"),
        (15, "January 2024 to March 2024", "January 2023 to March 2023"),
        (13, "January 2024", "January 2023"),
        (12, "October 2023 to December 2023", "July 2023 to September 2023"),
        (5, "April 2023 to May 2023", "February 2023 to March 2023"),
        (2, "February 2023", "January 2023"),
    ],
)
def test_months_are_compared_with_the_same_months_if_possible(
    complete: int, now: str, before: str
) -> None:
    compared = comparison(months(complete), WHOLE)
    assert (str(compared.now), str(compared.before)) == (now, before)
    assert now in compared.words
    assert before in compared.words


@pytest.mark.parametrize("complete", [0, 1])
def test_without_two_complete_months_nothing_is_compared(complete: int) -> None:
    compared = comparison(months(complete), WHOLE)
    assert compared.now == WHOLE
    assert compared.before is None
    assert "nothing to compare" in compared.why_none


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2011, 11, 1), date(2011, 12, 9), "to 9 Dec"),
        (date(2011, 12, 5), date(2012, 1, 31), "from 5 Dec"),
        (date(2011, 12, 5), date(2011, 12, 9), "from 5 Dec to 9 Dec"),
        (date(2011, 12, 9), date(2011, 12, 9), "on 9 Dec"),
    ],
)
def test_an_incomplete_month_names_the_days_it_covers(first: date, last: date, words: str) -> None:
    assert covered_days({"month": date(2011, 12, 1)}, Span(first, last)) == words
