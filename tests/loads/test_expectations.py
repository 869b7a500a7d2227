"""What a load is expected to be like: a warning for what is not, or a refusal."""

from datetime import date, datetime, timedelta

import pytest

from regulars.core.errors import ExpectationError, ProfileError
from regulars.core.settings import Expectations, Settings, load_settings

MONDAY = date(2024, 3, 4)
pytestmark = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)


def orders(day, count, *, first=0, customer="Ann", country="UK", category="Food", price="1"):
    return [
        {
            "Order ID": f"{day:%m%d}-{first + number}", "Order Date": str(day),
            "Customer ID": customer, "SKU": "tea", "Category": category, "Quantity": 1,
            "Price": price, "Country": country,
        }
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture
def weeks(kept, engine):
    """Five Mondays, each of ten orders of 1."""
    past = (MONDAY - timedelta(weeks=n) for n in range(1, 6))
    kept.build(kept.file("past.csv", [row for day in past for row in orders(day, 10)]))
    return kept


def warned(kept, rows, *, now=MONDAY, **wanted):
    told = Settings(expectations=Expectations(**wanted))
    moment = datetime(now.year, now.month, now.day, 12)
    return list(kept.load(kept.file("new.csv", rows), settings=told, now=moment).warnings)


def test_a_day_like_those_before_is_as_expected(weeks):
    assert warned(weeks, orders(MONDAY, 12)) == []


def test_a_day_with_too_few_lines_and_too_little_money(weeks):
    assert warned(weeks, orders(MONDAY, 3)) == [
        "Monday 2024-03-04 has 3 lines, against 10 lines on 5 such days before.",
        "Monday 2024-03-04 has net sales of 3.00, against 10.00 on 5 such days before.",
    ]


def test_a_day_with_too_much_money(weeks):
    assert warned(weeks, orders(MONDAY, 10, price="2.5")) == [
        "Monday 2024-03-04 has net sales of 25.00, against 10.00 on 5 such days before."
    ]


def test_of_a_weekday_that_was_hardly_ever_there_nothing_is_expected(weeks):
    assert warned(weeks, orders(MONDAY + timedelta(days=1), 500), now=date(2024, 3, 5)) == []


def test_data_that_are_old(weeks):
    assert warned(weeks, orders(MONDAY, 10), now=date(2024, 3, 14)) == [
        "The latest line is of 2024-03-04, 10 days ago; expected are at most 7."
    ]
    assert warned(weeks, orders(MONDAY, 1, first=90), now=date(2024, 3, 14),
                  fresh_within_days=10) == []  # fmt: skip


def test_much_that_was_set_aside(weeks):
    assert warned(weeks, orders(MONDAY, 9) + orders(MONDAY, 1, first=9, price="free"))[0] == (
        "1 of 10 rows (10.0%) could not be understood; expected is at most 1.0%."
    )


def test_many_orders_without_a_customer(weeks):
    rows = orders(MONDAY, 5) + orders(MONDAY, 5, first=5, customer="")
    assert warned(weeks, rows) == [
        "50.0% of the orders that came name no customer, against 0.0% before."
    ]


def test_places_and_categories_never_seen_before(weeks):
    rows = orders(MONDAY, 9) + orders(MONDAY, 1, first=9, country="Unitd Kingdom", category="Wear")
    assert warned(weeks, rows) == [
        "1 location never seen before: Unitd Kingdom.",
        "1 category never seen before: Wear.",
    ]


def test_strict_refuses_and_changes_nothing(weeks):
    before = weeks.contents()
    with pytest.raises(ExpectationError, match="Nothing was loaded"):
        weeks.load(weeks.file("new.csv", orders(MONDAY, 1)), strict=True)
    assert weeks.contents() == before


def test_a_category_that_few_lines_had_is_not_new(weeks):
    gift = orders(MONDAY - timedelta(days=1), 1, category="Gift", first=50)
    warned(weeks, gift)
    weeks_later = orders(MONDAY, 10, category="Gift", first=60)
    assert warned(weeks, [row | {"Customer ID": "Bob"} for row in weeks_later]) == []


def test_thresholds_come_from_the_settings_of_the_shop(engine, tmp_path):
    path = tmp_path / "regulars.toml"
    path.write_text('shop = "Ann"\n[expectations]\nvolume_at_least = 0.25\n')
    assert load_settings(path).expectations == Expectations(volume_at_least=0.25)
    path.write_text("[expectations]\nvolum_at_least = 0.25\n")
    with pytest.raises(ProfileError, match=r"\[expectations\]: unknown .* Did you mean"):
        load_settings(path)
