"""Dates: decided for the whole column, never row by row; ambiguous columns are refused."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from regulars.core.errors import AmbiguousFormatError
from support.warehouses import BuiltWarehouse, Rows, profile_from


def sales(*dates: str, column: str = "Order Date") -> Rows:
    rest = {"Customer ID": "Ann", "Product": "Tea", "Quantity": 1, "Price": 1}
    return [{"Order ID": n, column: day, **rest} for n, day in enumerate(dates, 1)]


def times(shop: BuiltWarehouse) -> list[datetime]:
    """Return the time of each order, by order number."""
    return [time for (time,) in shop.sql("SELECT ordered_at FROM dim_order ORDER BY order_id::INT")]


YEAR_FIRST = {
    "2024-03-04": datetime(2024, 3, 4),
    "2024/03/04": datetime(2024, 3, 4),
    "20240304": datetime(2024, 3, 4),
    "2024-03-04 05:06": datetime(2024, 3, 4, 5, 6),
    "2024-03-04 05:06:07": datetime(2024, 3, 4, 5, 6, 7),
    "2024-03-04T05:06:07": datetime(2024, 3, 4, 5, 6, 7),
    "2024-03-04 05:06:07.250": datetime(2024, 3, 4, 5, 6, 7, 250_000),
    "2024-03-04T05:06:07Z": datetime(2024, 3, 4, 5, 6, 7),
    "2024-03-04 05:06:07 -0500": datetime(2024, 3, 4, 5, 6, 7),
}
DAY_FIRST = {
    "24/03/2024": datetime(2024, 3, 24),
    "24.03.2024": datetime(2024, 3, 24),
    "24-03-2024": datetime(2024, 3, 24),
    "24-03-2024 17:08": datetime(2024, 3, 24, 17, 8),
    "4/3/2024": datetime(2024, 3, 4),
    "24/03/24": datetime(2024, 3, 24),
    "24.03.24 17:08": datetime(2024, 3, 24, 17, 8),
}
MONTH_FIRST = {
    "03/24/2024": datetime(2024, 3, 24),
    "3/24/2024 5:08": datetime(2024, 3, 24, 5, 8),
    "03/24/2024 05:08 PM": datetime(2024, 3, 24, 17, 8),
    "03-24-2024": datetime(2024, 3, 24),
    "03/24/24": datetime(2024, 3, 24),
}
WORDED = {
    "24 Mar 2024": datetime(2024, 3, 24),
    "24 March 2024 17:08": datetime(2024, 3, 24, 17, 8),
    "24-Mar-2024": datetime(2024, 3, 24),
    "24-Mar-24": datetime(2024, 3, 24),
    "March 24, 2024": datetime(2024, 3, 24),
}


@pytest.mark.parametrize("family", [YEAR_FIRST, DAY_FIRST, MONTH_FIRST, WORDED])
def test_every_supported_date_format(
    build_shop: Callable[..., BuiltWarehouse], family: dict[str, datetime]
) -> None:
    shop = build_shop(sales(*family))
    assert shop.table("quarantine") == []
    assert dict(zip(family, times(shop), strict=True)) == family


@pytest.mark.parametrize("text", ["24-03-2024", "03-24-2024", "24-Mar-2024"])
def test_a_year_after_a_dash_is_not_an_offset(
    build_shop: Callable[..., BuiltWarehouse], text: str
) -> None:
    assert times(build_shop(sales(text, text))) == [datetime(2024, 3, 24)] * 2


@pytest.mark.parametrize("decisive", ["25/03/2024", "03/25/2024"])
def test_one_unambiguous_row_decides_the_whole_column(
    build_shop: Callable[..., BuiltWarehouse], decisive: str
) -> None:
    shop = build_shop(sales("03/04/2024", "05/06/2024", decisive))
    day_first = decisive.startswith("25")
    assert times(shop) == [
        datetime(2024, 4, 3) if day_first else datetime(2024, 3, 4),
        datetime(2024, 6, 5) if day_first else datetime(2024, 5, 6),
        datetime(2024, 3, 25),
    ]


def test_ambiguous_dates_are_refused(build_shop: Callable[..., BuiltWarehouse]) -> None:
    with pytest.raises(AmbiguousFormatError) as raised:
        build_shop(sales("03/04/2024", "05/06/2024"))
    message = str(raised.value)
    assert '"Order Date"' in message
    assert 'dates = "day-first"' in message
    assert "month-first" in message


def test_dates_that_both_readings_agree_on_are_not_ambiguous(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    assert times(build_shop(sales("05/05/2024", "06/06/2024"))) == [
        datetime(2024, 5, 5),
        datetime(2024, 6, 6),
    ]


@pytest.mark.parametrize(("dates", "month"), [("day-first", 4), ("month-first", 3)])
def test_a_profile_decides_ambiguous_dates(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path, dates: str, month: int
) -> None:
    profile = profile_from(tmp_path, f'[formats]\ndates = "{dates}"')
    shop = build_shop(sales("03/04/2024"), profile=profile)
    assert times(shop)[0].month == month


def test_a_column_that_mixes_both_readings_is_refused(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    with pytest.raises(AmbiguousFormatError, match="mixes date formats"):
        build_shop(sales("25/03/2024", "03/25/2024", "26/03/2024", "03/26/2024"))


@pytest.mark.parametrize(("decisive", "month"), [("25/12/2024", 4), ("12/25/2024", 3)])
def test_an_unambiguous_row_counts_even_after_20000_ambiguous_rows(
    build_shop: Callable[..., BuiltWarehouse], decisive: str, month: int
) -> None:
    shop = build_shop(sales(*["03/04/2024"] * 20_000, decisive))
    assert shop.report.total("quarantined")[0] == 0
    assert {time.month for time in times(shop)} == {month, 12}


def test_a_typo_is_quarantined_and_decides_nothing(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(sales(*["25/03/2024"] * 199, "12/31/2024"))
    [row] = shop.table("quarantine")
    assert row["source_row"] == 201
    assert row["reasons"] == "The order date is missing or is not a date."


def test_excel_serials_among_dates_are_read(build_shop: Callable[..., BuiltWarehouse]) -> None:
    # Days since 30 December 1899: 45658 is 1 January 2025, and 59 days later it is 1 March.
    shop = build_shop(sales("2025-02-27", "45717", "45717.75", "2025-03-05 10:00:00"))
    assert times(shop) == [
        datetime(2025, 2, 27), datetime(2025, 3, 1), datetime(2025, 3, 1, 18),
        datetime(2025, 3, 5, 10),
    ]  # fmt: skip


def test_excel_serials_among_dates_in_another_order_are_quarantined(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    # Excel reads 3/1/2025 and leaves 13/1/2025 as text if it expects the month first, so that the
    # serial number can be of another day.
    shop = build_shop(sales("13/01/2025", "45717", "14/01/2025"))
    assert times(shop) == [datetime(2025, 1, 13), datetime(2025, 1, 14)]


def test_text_that_is_not_a_date_is_quarantined(build_shop: Callable[..., BuiltWarehouse]) -> None:
    texts = ("yesterday", "2024-02-30", "2024-13-01", "", "0")
    shop = build_shop(sales("2024-01-01", *texts))
    assert [row["source_row"] for row in shop.table("quarantine")] == [3, 4, 5, 6, 7]
    assert shop.report.reasons == {"The order date is missing or is not a date.": 5}


def test_a_date_before_1970_or_in_the_future_is_quarantined(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    texts = ("9999-12-31", "2026-01-03", "1969-12-31", "0001-01-01")
    shop = build_shop(sales("2024-01-01", *texts))
    assert shop.report.reasons == {"The order date is before 1970 or in the future.": 4}


def test_each_file_is_decided_separately(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop(sales("25/03/2024"), [dict(sales("03/26/2024")[0], **{"Order ID": 2})])
    assert times(shop) == [datetime(2024, 3, 25), datetime(2024, 3, 26)]


def test_times_with_an_offset_are_converted_to_the_time_zone_of_the_profile(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    profile = profile_from(tmp_path, '[formats]\ntimezone = "Europe/London"')
    rows = sales("2024-07-01T23:30:00Z", "2024-01-01T12:00:00+05:30", "2024-01-01T12:00:00-05:00")
    assert times(build_shop(rows, profile=profile)) == [
        datetime(2024, 7, 2, 0, 30),
        datetime(2024, 1, 1, 6, 30),
        datetime(2024, 1, 1, 17),
    ]


def test_without_a_time_zone_an_offset_is_ignored(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(sales("2024-07-01 23:30:00 +0100", "2024-01-01 12:00:00 +0000"))
    assert times(shop) == [datetime(2024, 7, 1, 23, 30), datetime(2024, 1, 1, 12)]
