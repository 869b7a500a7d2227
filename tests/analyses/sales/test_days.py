"""Sales by day and unusual days, checked by hand on 13 weeks of a shop closed on weekends.

Mondays sell 80, 100 and 125 in turn, and 400 in the last week, 310 of it in one order. Tuesdays
sell 100 each, and 79 in the last week. Wednesdays sell 100 each, and nothing in the last week.
Thursdays close at 17:00; the data ends on a Thursday at 12:00. On one Saturday there was a sale.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from support.warehouses import BuiltWarehouse, build_and_open, to_csv

FIRST = date(2024, 1, 1)  # a Monday
WEEKS = range(13)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (FIRST + timedelta(weeks=12, days=day) for day in range(4))
SATURDAY = date(2024, 3, 16)


def amounts(week: int, weekday: int) -> Sequence[Decimal]:
    """Return the amounts of the four orders of a day, in the order of the day; none if closed."""
    is_last = week == WEEKS[-1]
    if weekday == 0 and is_last:
        return [*map(Decimal, (310, 30, 30, 30))]
    if weekday == 2 and is_last:
        return []
    by_weekday = [(80, 100, 125)[week % 3], 79 if is_last else 100, 100, 100]
    return [Decimal(by_weekday[weekday]) / 4] * 4


def orders() -> Iterator[dict[str, object]]:
    for week in WEEKS:
        for weekday in range(4):
            day = FIRST + timedelta(weeks=week, days=weekday)
            last_hour = 12 if day == THURSDAY else 17
            for n, amount in enumerate(amounts(week, weekday)):
                hour = time(last_hour - 3 + n)
                yield order(day, hour, f"c{n % 2}", amount)
    yield order(SATURDAY, time(9), "c0", Decimal(500))


def order(day: date, hour: time, customer: str, amount: Decimal) -> dict[str, object]:
    return {
        "Order ID": f"{day}-{hour}", "Order Date": datetime.combine(day, hour),
        "Customer ID": customer, "Product ID": "T1", "Quantity": 1, "Unit Price": amount,
    }  # fmt: skip


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    folder = tmp_path_factory.mktemp("weeks")
    (folder / "sales.csv").write_text(to_csv([*orders()]), "utf-8")
    shop = build_and_open(folder / "weeks.duckdb", [folder / "sales.csv"])
    with shop.warehouse:
        yield shop


def test_a_day_is_next_to_the_same_weekday_a_week_before(weeks: BuiltWarehouse) -> None:
    columns = ("day", "weekday", "net_sales", "orders", "customers", "net_sales_week_before")
    assert weeks.columns("daily_sales", *columns, since=MONDAY, until=WEDNESDAY) == [
        (MONDAY, "Monday", 400, 4, 2, 125),
        (TUESDAY, "Tuesday", 79, 4, 2, 100),
        (WEDNESDAY, "Wednesday", 0, 0, 0, 100),
    ]
    # The data does not reach back 52 weeks, and the first week has none before it.
    first = weeks.ask("daily_sales", until=FIRST)
    assert [row["net_sales_week_before"] for row in first] == [None]
    assert {row["net_sales_year_before"] for row in weeks.ask("daily_sales")} == {None}


def test_every_day_of_the_data_has_a_row(weeks: BuiltWarehouse) -> None:
    rows = weeks.columns("daily_sales", "day")
    assert rows == [(FIRST + timedelta(days=n),) for n in range(12 * 7 + 4)]


def test_the_last_day_is_incomplete_if_it_ends_earlier_than_its_weekday_ever_did(
    weeks: BuiltWarehouse,
) -> None:
    incomplete = [row["day"] for row in weeks.ask("daily_sales") if not row["is_complete"]]
    assert incomplete == [THURSDAY]


def test_unusual_days_are_far_from_the_median_of_their_weekday(weeks: BuiltWarehouse) -> None:
    columns = ("day", "verdict", "net_sales", "one_order", "weeks")
    assert weeks.columns("unusual_days", *columns) == [
        (MONDAY, "higher", 400, 310, 12),
        (TUESDAY, "lower", 79, None, 12),
        (WEDNESDAY, "lower", 0, None, 12),
    ]


def test_the_usual_range_is_the_median_and_3_5_robust_deviations(weeks: BuiltWarehouse) -> None:
    monday, tuesday, _ = weeks.ask("unusual_days")
    # Four weeks each of 80, 100 and 125: the median is 100, and the median distance from it is a
    # factor of 1.25, to the power of 3.5 x 1.4826 = 5.1891: a factor of 3.1834.
    assert monday["usual"] == pytest.approx(100)
    assert monday["usual_from"] == pytest.approx(100 / 3.1834, rel=1e-4)
    assert monday["usual_to"] == pytest.approx(318.34, rel=1e-4)
    # Tuesdays never differed, but less than a quarter is no alarm.
    assert tuesday["usual_from"] == pytest.approx(80)
    assert tuesday["usual_to"] == pytest.approx(125)


def test_a_day_is_not_judged_with_too_few_weeks_or_before_it_is_over(weeks: BuiltWarehouse) -> None:
    verdicts = dict(weeks.columns("unusual_days", "day", "verdict", by="all"))
    tuesdays = [verdicts[FIRST + timedelta(weeks=week, days=1)] for week in WEEKS]
    assert tuesdays == ["unknown"] * 8 + ["usual"] * 4 + ["lower"]
    assert verdicts[THURSDAY] == "unknown"
    weekends = [verdicts[day] for day in verdicts if day.weekday() > 4]
    assert {*weekends} == {"unknown"}
    assert SATURDAY in verdicts


def test_a_segment_has_no_unusual_days(weeks: BuiltWarehouse) -> None:
    [segment] = {row["segment"] for row in weeks.ask("rfm") if row["customer_id"] == "c0"}
    assert weeks.ask("unusual_days", where={"segment": segment}) == []


def test_a_filter_keeps_the_range_to_what_matches(weeks: BuiltWarehouse) -> None:
    # One customer of two has two of the four orders: 24 a weekday in 12 weeks are too few to judge.
    assert weeks.ask("unusual_days", where={"customer_id": "c0"}) == []
    with_product = weeks.columns("unusual_days", "day", "one_order", where={"product_id": "T1"})
    assert with_product == [(MONDAY, 310), (TUESDAY, None), (WEDNESDAY, None)]
