"""Notes and targets: what users enter stays in the warehouse, through loads and builds."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.loads.notes import add_note, change_note, remove_note
from regulars.loads.targets import read_target_file, remove_target, set_target
from regulars.warehouse.notes import Note, parse_days
from regulars.warehouse.targets import Target, TargetPeriod, parse_amount
from support.engines import POSTGRESQL_IF_THOROUGH
from support.loaded_warehouse import LoadedWarehouse, line

NOW = datetime(2024, 5, 1, 12)
SALE = line("1", quantity="1", price="10", day="2024-03-05", customer="ann")


@pytest.fixture
def shop(new_location: Callable[[], str], tmp_path: Path) -> LoadedWarehouse:
    """A new warehouse with one sale."""
    shop = LoadedWarehouse(new_location(), tmp_path)
    shop.build(shop.file("shop.csv", [SALE]))
    return shop


def note(shop: LoadedWarehouse, text: str, first: date, last: date | None = None) -> Note:
    return add_note(
        first, text, last_day=last, kind="promotion", author="Olga", warehouse=shop.location,
        settings=Settings(), now=NOW,
    )  # fmt: skip


def target(shop: LoadedWarehouse, period: str, amount: Decimal | int, metric: str) -> None:
    set_target(
        period, amount, metric=metric, author="Olga", warehouse=shop.location, settings=Settings()
    )


def notes_of(shop: LoadedWarehouse) -> tuple[Note, ...]:
    with shop.open() as warehouse:
        return warehouse.notes()


def targets_of(shop: LoadedWarehouse) -> list[tuple[str, str, Decimal]]:
    with shop.open() as warehouse:
        return [(str(one.period), one.metric, one.amount) for one in warehouse.targets()]


def test_a_warehouse_without_the_tables_gets_them_with_the_first_row(
    shop: LoadedWarehouse,
) -> None:
    with shop.open() as warehouse:
        assert not {"calendar_notes", "period_targets"} & set(warehouse.reader.tables())
    assert (notes_of(shop), targets_of(shop)) == ((), [])
    sale = note(shop, " Spring  sale ", date(2024, 3, 5), date(2024, 3, 12))
    first = note(shop, "It's 50% off", date(2024, 2, 29))
    assert sale == Note(
        1, date(2024, 3, 5), date(2024, 3, 12), "promotion", "Spring sale", "Olga", NOW
    )
    assert notes_of(shop) == (first, sale)
    target(shop, "2024-Q1", Decimal("1000.50"), "net_sales")
    target(shop, "2024-03", 40, "orders")
    target(shop, "2024-03", 400, "net_sales")
    assert targets_of(shop) == [
        ("2024-Q1", "net_sales", Decimal("1000.50")), ("2024-03", "net_sales", Decimal(400)),
        ("2024-03", "orders", Decimal(40)),
    ]  # fmt: skip


def test_notes_and_targets_survive_a_load_and_a_new_build(shop: LoadedWarehouse) -> None:
    written = note(shop, 'The "big" one', date(2024, 3, 5))
    target(shop, "2024-03", 400, "net_sales")
    more = line("2", quantity="1", price="10", day="2024-04-05", customer="bob")
    shop.load(shop.file("more.csv", [more]))
    shop.build(shop.file("shop.csv", [SALE]))
    assert notes_of(shop) == (written,)
    assert targets_of(shop) == [("2024-03", "net_sales", Decimal(400))]


@POSTGRESQL_IF_THOROUGH
def test_a_note_is_changed_under_its_id(shop: LoadedWarehouse) -> None:
    sale, other = note(shop, "Sale", date(2024, 3, 5)), note(shop, "Other", date(2024, 3, 6))
    changed = change_note(
        sale.note_id, date(2024, 3, 7), "Long sale", last_day=date(2024, 3, 9), author="Ida",
        warehouse=shop.location, settings=Settings(), now=NOW,
    )  # fmt: skip
    assert changed == Note(1, date(2024, 3, 7), date(2024, 3, 9), "other", "Long sale", "Ida", NOW)
    assert notes_of(shop) == (other, changed)
    with pytest.raises(InputError, match="There is no note 3"):
        change_note(
            3, date(2024, 3, 7), "Gone", warehouse=shop.location, settings=Settings(), now=NOW
        )
    assert notes_of(shop) == (other, changed)


@POSTGRESQL_IF_THOROUGH
def test_a_target_replaces_the_one_before_and_both_can_be_removed(shop: LoadedWarehouse) -> None:
    gone, stays = note(shop, "One", date(2024, 3, 5)), note(shop, "Two", date(2024, 3, 6))
    remove_note(gone.note_id, warehouse=shop.location, settings=Settings())
    assert notes_of(shop) == (stays,)
    with pytest.raises(InputError, match="There is no note 1"):
        remove_note(gone.note_id, warehouse=shop.location, settings=Settings())
    for amount in (400, 500):
        target(shop, "2024-03", amount, "net_sales")
    target(shop, "2024-Q1", 900, "net_sales")
    assert targets_of(shop)[1] == ("2024-03", "net_sales", Decimal(500))
    remove_target("2024-03", warehouse=shop.location, settings=Settings())
    assert targets_of(shop) == [("2024-Q1", "net_sales", Decimal(900))]
    with pytest.raises(InputError, match="March 2024 has no target for orders"):
        remove_target("2024-03", metric="orders", warehouse=shop.location, settings=Settings())


def test_what_is_not_clear_is_refused_before_the_warehouse_is_opened(tmp_path: Path) -> None:
    nowhere = LoadedWarehouse(str(tmp_path / "none.duckdb"), tmp_path)
    wrong: dict[str, Callable[[], object]] = {
        "first": lambda: note(nowhere, "Late", date(2024, 3, 5), date(2024, 3, 4)),
        "text": lambda: note(nowhere, "  ", date(2024, 3, 5)),
        "above 0": lambda: target(nowhere, "2024-03", 0, "net_sales"),
        "whole number": lambda: target(nowhere, "2024-03", Decimal("1.5"), "orders"),
        "two decimals": lambda: target(nowhere, "2024-03", Decimal("1.234"), "net_sales"),
        "net_sales, orders": lambda: target(nowhere, "2024-03", 1, "order"),
        "2011-11 or 2011-Q4": lambda: target(nowhere, "2024-13", 1, "net_sales"),
    }
    for message, change in wrong.items():
        with pytest.raises(InputError, match=message):
            change()


@pytest.mark.parametrize("amount", ["1,200", "1.200", "£1200", "1 200", "1e6", "-5", "", "1200,50"])
def test_an_amount_that_can_be_read_in_two_ways_is_refused(amount: str) -> None:
    with pytest.raises(InputError, match="is not an amount"):
        parse_amount(amount)


def test_days_and_periods_are_written_in_one_way() -> None:
    assert parse_days("2011-11-05") == (date(2011, 11, 5), date(2011, 11, 5))
    assert parse_days("2011-11-05/2011-11-12") == (date(2011, 11, 5), date(2011, 11, 12))
    quarter = TargetPeriod.parse("2012-q1")
    assert (quarter.first_day, quarter.last_day) == (date(2012, 1, 1), date(2012, 3, 31))
    assert (str(quarter), quarter.words, quarter.days) == ("2012-Q1", "Q1 2012", 91)
    for text in ("2011-11-05/", "5 November", "2011-11", ""):
        with pytest.raises(InputError, match="is not a day"):
            parse_days(text)


@pytest.mark.parametrize(
    "text",
    [
        "2011-11,1200000\n2011-Q4,3000000.50\n",
        "\ufeffMonth;Target\n2011-11;1200000\n\n2011-Q4;3000000.50",
    ],
)
def test_a_file_of_targets_is_read_with_or_without_a_header(
    text: str, write: Callable[..., Path]
) -> None:
    assert read_target_file(write(text, "targets.csv")) == [
        Target(TargetPeriod.parse("2011-11"), Decimal(1_200_000)),
        Target(TargetPeriod.parse("2011-Q4"), Decimal("3000000.50")),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2011-11,1200\nNov-11,1300\n", 'line 2: "Nov-11" is not a month or a quarter'),
        ("2011-11,1200\n2011-12,1,300\n", "line 2: there must be two columns.*not 3"),
        ("2011-11,1200\n2011-12,1.300\n", 'line 2: "1.300" is not an amount'),
        ("2011-11,1200\n2011-11,1300\n", "line 2: 2011-11 occurs twice"),
        ("period,target\n", "has no targets"),
    ],
)
def test_a_file_that_is_not_clear_is_refused_with_its_line(
    text: str, message: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(InputError, match=message):
        read_target_file(write(text, "targets.csv"))


@POSTGRESQL_IF_THOROUGH
def test_a_forgotten_customer_is_removed_from_notes(shop: LoadedWarehouse) -> None:
    shop.load(shop.file("more.csv", [line("2", customer="bob", day="2024-03-06")]))
    note(shop, "Called ann about the mugs", date(2024, 3, 5))
    note(shop, "Annual sale", date(2024, 3, 6))
    shop.forget("ann")
    assert [one.text for one in notes_of(shop)] == ["Called … about the mugs", "Annual sale"]
