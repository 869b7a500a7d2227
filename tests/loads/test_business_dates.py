"""Loads that know the day their files are from, so that the order of loading does not matter."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.loads.api import build, load
from regulars.warehouse.people.contacts import PeopleDirectory
from support.loaded_warehouse import LoadedWarehouse, balance, line
from support.named_customers import people_profile, person

FIFTH, SIXTH, SEVENTH = (date(2024, 1, day) for day in (5, 6, 7))


def prices(shop: LoadedWarehouse) -> dict[str, Decimal]:
    """Return the current price of each order; each has one line."""
    return {row["order_id"]: row["unit_price"] for row in shop.rows("order_lines")}


def as_prices(**prices: str) -> dict[str, Decimal]:
    return {order: Decimal(price) for order, price in prices.items()}


def test_nights_loaded_out_of_order_leave_the_newest_version_of_each_order(
    shop: LoadedWarehouse,
) -> None:
    fifth = shop.file("5.csv", [line("A", price="5"), line("B", price="5")])
    sixth = shop.file("6.csv", [line("A", price="6"), line("C", price="6")])
    seventh = shop.file("7.csv", [line("A", price="7"), line("D", price="7")])
    shop.build(shop.file("year.csv", [line("A", price="1"), line("Z", price="1")]))
    shop.load(seventh, as_of=SEVENTH)
    late = shop.load(fifth, as_of=FIFTH)
    assert (late.orders.new, late.orders.changed) == (1, 0)
    shop.load(sixth, as_of=SIXTH)
    assert prices(shop) == as_prices(A="7", B="5", C="6", D="7", Z="1")
    assert [row["as_of"] for row in sorted(shop.rows("loads"), key=lambda row: row["load_id"])] == [
        None, SEVENTH, FIFTH, SIXTH
    ]  # fmt: skip

    shop.undo(2)
    assert prices(shop) == as_prices(A="6", B="5", C="6", Z="1")
    assert balance(shop) == {(0, 0)}

    shop.load(shop.file("fix.csv", [line("A", price="9")]))
    assert prices(shop)["A"] == 9


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_an_older_night_that_confirms_an_order_does_not_make_it_newer_than_a_correction(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("5.csv", [line("A", price="5"), line("Z")]), as_of=FIFTH)
    shop.load(shop.file("7.csv", [line("A", price="7")]), as_of=SEVENTH)
    shop.load(shop.file("6.csv", [line("A", price="5"), line("Y")]), as_of=SIXTH)
    assert prices(shop)["A"] == 7
    shop.undo(2)
    assert prices(shop)["A"] == 5


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_load_without_a_date_is_newer_than_all_before_and_as_old_as_the_latest(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("5.csv", [line("A", price="5")]), as_of=FIFTH)
    shop.load(shop.file("undated.csv", [line("A", price="5.50")]))
    assert prices(shop)["A"] == Decimal("5.5")
    shop.load(shop.file("4.csv", [line("A", price="4")]), as_of=FIFTH - timedelta(days=1))
    assert prices(shop)["A"] == Decimal("5.5")
    shop.load(shop.file("6.csv", [line("A", price="6")]), as_of=SIXTH)
    assert prices(shop)["A"] == 6


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.usefixtures("key")
def test_an_email_from_an_older_night_does_not_replace_a_newer_one(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    profile = people_profile(tmp_path)
    new = person("2", "17", "Ann", "Berg", "ann@new.example")
    old = person("1", "17", "Ann", "Berg", "ann@old.example")
    shop.build(shop.file("7.csv", [new]), profile=profile, as_of=SEVENTH)
    shop.load(shop.file("5.csv", [old]), profile=profile, as_of=FIFTH)
    with shop.open() as warehouse:
        directory = PeopleDirectory(ReaderTables(warehouse.reader), Settings())
        assert directory.contacts(["17"])["17"].email == "ann@new.example"


@pytest.mark.parametrize(
    ("as_of", "message"),
    [("7 January", "not a date. Write it as"), (str(date.max), "9999-12-31 is in the future")],
)
def test_a_business_date_that_is_none_or_to_come_is_refused(as_of: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load("sales.csv", as_of=as_of, settings=Settings())
    with pytest.raises(InputError, match=message):
        build("sales.csv", as_of=as_of, settings=Settings())
