"""A load that does not meet an expectation gets a warning or, if strict, is refused."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import ExpectationError, ProfileError
from regulars.core.settings import Expectations, Settings, load_settings
from support.loaded_warehouse import LoadedWarehouse
from support.warehouses import Rows

MONDAY = date(2024, 3, 4)
pytestmark = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)


def orders(
    day: date,
    count: int,
    *,
    first: int = 0,
    customer: str = "Ann",
    country: str = "UK",
    category: str = "Food",
    price: str = "1",
) -> list[dict[str, object]]:
    return [
        {
            "Order ID": f"{day:%m%d}-{first + number}", "Order Date": str(day),
            "Customer ID": customer, "SKU": "tea", "Category": category, "Quantity": 1,
            "Price": price, "Country": country,
        }
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> LoadedWarehouse:
    """A warehouse with five Mondays of ten orders, each worth 1."""
    folder = tmp_path_factory.mktemp("weeks")
    built = LoadedWarehouse(str(folder / "weeks.duckdb"), folder)
    past = (MONDAY - timedelta(weeks=n) for n in range(1, 6))
    built.build(built.file("past.csv", [row for day in past for row in orders(day, 10)]))
    return built


@pytest.fixture
def weeks(built: LoadedWarehouse, shop: LoadedWarehouse) -> LoadedWarehouse:
    """A copy of that warehouse, to load into."""
    shutil.copyfile(built.location, shop.location)
    return shop


def warnings_of(
    shop: LoadedWarehouse, rows: Rows, *, now: date = MONDAY, **expected: Any
) -> list[str]:
    settings = Settings(expectations=Expectations(**expected))
    moment = datetime(now.year, now.month, now.day, 12)
    return list(shop.load(shop.file("new.csv", rows), settings=settings, now=moment).warnings)


def test_a_usual_day_has_no_warning(weeks: LoadedWarehouse) -> None:
    assert warnings_of(weeks, orders(MONDAY, 12)) == []


def test_a_day_with_too_few_lines_and_too_little_money_has_two_warnings(
    weeks: LoadedWarehouse,
) -> None:
    assert warnings_of(weeks, orders(MONDAY, 3)) == [
        "Monday 2024-03-04 has 3 lines; 5 earlier Mondays averaged 10.",
        "Monday 2024-03-04 has net sales of 3.00; 5 earlier Mondays averaged 10.00.",
    ]


def test_a_day_with_too_much_money_has_a_warning(weeks: LoadedWarehouse) -> None:
    assert warnings_of(weeks, orders(MONDAY, 10, price="2.5")) == [
        "Monday 2024-03-04 has net sales of 25.00; 5 earlier Mondays averaged 10.00."
    ]


def test_a_weekday_with_too_little_history_is_not_compared(weeks: LoadedWarehouse) -> None:
    assert warnings_of(weeks, orders(MONDAY + timedelta(days=1), 500), now=date(2024, 3, 5)) == []


def test_old_data_has_a_warning(weeks: LoadedWarehouse) -> None:
    assert warnings_of(weeks, orders(MONDAY, 10), now=date(2024, 3, 14)) == [
        "The latest line is 10 days old (2024-03-04); expected at most 7."
    ]
    assert warnings_of(weeks, orders(MONDAY, 1, first=90), now=date(2024, 3, 14),
                  fresh_within_days=10) == []  # fmt: skip


def test_old_data_is_no_warning_while_historical_files_are_loaded(
    weeks: LoadedWarehouse,
) -> None:
    assert warnings_of(weeks, orders(MONDAY, 10), now=date(2026, 11, 29)) == []


def test_many_quarantined_rows_have_a_warning(weeks: LoadedWarehouse) -> None:
    assert warnings_of(weeks, orders(MONDAY, 9) + orders(MONDAY, 1, first=9, price="free"))[0] == (
        "1 of 10 rows (10.0%) were quarantined; expected at most 1.0%."
    )


def test_many_orders_without_a_customer_have_a_warning(weeks: LoadedWarehouse) -> None:
    rows = orders(MONDAY, 5) + orders(MONDAY, 5, first=5, customer="")
    assert warnings_of(weeks, rows) == [
        "50.0% of the orders in this load have no customer, up from 0.0%."
    ]


def test_new_locations_and_categories_have_a_warning(weeks: LoadedWarehouse) -> None:
    rows = orders(MONDAY, 9) + orders(MONDAY, 1, first=9, country="Unitd Kingdom", category="Wear")
    assert warnings_of(weeks, rows) == [
        "1 new location: Unitd Kingdom.",
        "1 new category: Wear.",
    ]


def test_strict_refuses_the_load_and_changes_nothing(weeks: LoadedWarehouse) -> None:
    before = weeks.contents()
    with pytest.raises(ExpectationError, match="Nothing was loaded"):
        weeks.load(weeks.file("new.csv", orders(MONDAY, 1)), strict=True)
    assert weeks.contents() == before


def test_a_category_of_a_few_earlier_lines_is_not_new(weeks: LoadedWarehouse) -> None:
    gift = orders(MONDAY - timedelta(days=1), 1, category="Gift", first=50)
    warnings_of(weeks, gift)
    weeks_later = orders(MONDAY, 10, category="Gift", first=60)
    assert warnings_of(weeks, [row | {"Customer ID": "Bob"} for row in weeks_later]) == []


def test_thresholds_come_from_the_settings(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "regulars.toml"
    path.write_text('shop = "Ann"\n[expectations]\nvolume_at_least = 0.25\n')
    assert load_settings(path).expectations == Expectations(volume_at_least=0.25)
    path.write_text("[expectations]\nvolum_at_least = 0.25\n")
    with pytest.raises(ProfileError, match=r"\[expectations\]: unknown .* Did you mean"):
        load_settings(path)
