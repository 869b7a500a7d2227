"""The date dimension: days, ISO weeks and fiscal years."""

from datetime import date, timedelta
from typing import Any

import ibis
import pytest

from regulars.transform.star.dates import dim_date
from support.warehouses import BuiltWarehouse

Calendar = dict[date, dict[str, Any]]


def calendar(first: date, last: date, **options: Any) -> Calendar:
    rows = ibis.duckdb.connect().to_pyarrow(dim_date(first, last, **options)).to_pylist()
    return {row["date"]: row for row in rows}


@pytest.fixture(scope="module")
def decade() -> Calendar:
    return calendar(date(2015, 1, 1), date(2025, 12, 31))


def test_every_day_of_the_first_to_the_last_month_has_one_row() -> None:
    days = calendar(date(2023, 12, 15), date(2024, 2, 2))
    first = date(2023, 12, 1)
    assert sorted(days) == [first + timedelta(days=n) for n in range(31 + 31 + 29)]


def test_days_from_the_first_to_the_last_order_are_observed() -> None:
    days = calendar(date(2024, 1, 30), date(2024, 2, 2))
    observed = [day for day, row in sorted(days.items()) if row["is_observed"]]
    assert observed == [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 2)]


def test_weeks_follow_iso_8601_at_the_turn_of_the_year(decade: Calendar) -> None:
    result = {
        day: (row["iso_year"], row["iso_week"], row["weekday"]) for day, row in decade.items()
    }
    assert result == {day: tuple(day.isocalendar()) for day in decade}


def test_months_quarters_years_and_weekday_names(decade: Calendar) -> None:
    for day, row in decade.items():
        assert row["month"] == day.replace(day=1)
        assert row["quarter"] == (day.month + 2) // 3
        assert row["year"] == day.year
        assert row["weekday_name"] == f"{day:%A}"


@pytest.mark.parametrize(
    ("start", "day", "expected"),
    [
        (1, date(2024, 1, 1), (2024, 1, 1)),
        (1, date(2024, 12, 31), (2024, 4, 12)),
        (4, date(2024, 3, 31), (2024, 4, 12)),
        (4, date(2024, 4, 1), (2025, 1, 1)),
        (4, date(2024, 12, 31), (2025, 3, 9)),
        (10, date(2024, 9, 30), (2024, 4, 12)),
        (10, date(2024, 10, 1), (2025, 1, 1)),
        (12, date(2024, 11, 30), (2024, 4, 12)),
        (12, date(2024, 12, 1), (2025, 1, 1)),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(
    start: int, day: date, expected: tuple[int, int, int]
) -> None:
    row = calendar(day, day, fiscal_year_start=start)[day]
    assert (row["fiscal_year"], row["fiscal_quarter"], row["fiscal_month"]) == expected


def test_a_single_day_gives_its_whole_month() -> None:
    assert len(calendar(date(2024, 2, 29), date(2024, 2, 29))) == 29


def test_the_calendar_of_a_shop_covers_its_data(standard: BuiltWarehouse) -> None:
    days = standard.sql("SELECT min(date), max(date), count(*) FROM dim_date")
    first, last = date(2009, 12, 1), date(2011, 12, 31)
    assert days == [(first, last, (last - first).days + 1)]
