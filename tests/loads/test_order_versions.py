"""Which version of an order is current after loads, confirmations, undos and replays."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.core.errors import InputError, SourceError
from regulars.core.settings import Settings
from regulars.warehouse.quarantine import pending_reasons
from support.loaded_warehouse import LoadedWarehouse, balance, line, write_corrected_rows
from support.warehouses import profile_from

pytestmark = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)


@pytest.fixture
def expected(new_location: Callable[[], str], tmp_path: Path) -> LoadedWarehouse:
    """A warehouse to build from all files at once, to compare with."""
    return LoadedWarehouse(new_location(), tmp_path)


def bad(order: str, product: str = "mug") -> dict[str, str]:
    return line(order, product, quantity="two")


def test_an_undone_load_keeps_the_lines_that_a_later_source_confirmed(
    shop: LoadedWarehouse, expected: LoadedWarehouse, tmp_path: Path
) -> None:
    union = profile_from(tmp_path, '[orders]\nrepeated = "union"')
    one = shop.file("1.csv", [line("O", "a"), line("Z")])
    two = shop.file("2.csv", [line("O", "b")])
    three = shop.file("3.csv", [line("O", "a"), line("O", "b")])
    shop.build(one, profile=union)
    shop.load(two, profile=union)
    assert shop.load(three, profile=union).orders.unchanged == 1
    shop.undo(1)
    expected.build(two, three, profile=union)
    assert shop.contents() == expected.contents()


def test_merged_lines_that_were_confirmed_do_not_count_twice(
    shop: LoadedWarehouse, expected: LoadedWarehouse, tmp_path: Path
) -> None:
    union = profile_from(tmp_path, '[orders]\nrepeated = "union"')
    contents = [("a", "c", "Z"), ("a", "b"), ("a", "b", "c"), ("d",)]
    files = [
        shop.file(f"{n}.csv", [line("O", product) for product in content])
        for n, content in enumerate(contents)
    ]
    shop.build(files[0], profile=union)
    for file in files[1:]:
        shop.load(file, profile=union)
    expected.build(*files, profile=union)
    assert shop.contents() == expected.contents()


def test_a_differing_order_is_refused_under_the_policy_error(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    error = profile_from(tmp_path, '[orders]\nrepeated = "error"')
    shop.build(shop.file("1.csv", [line("O", "a"), line("Z")]), profile=error)
    before = shop.contents()
    shop.load(shop.file("2.csv", [line("O", "a"), line("Y")]), profile=error)
    shop.undo(2)
    with pytest.raises(SourceError, match=r"1 order differs from the warehouse.*: O"):
        shop.load(shop.file("3.csv", [line("O", "b"), line("Y")]), profile=error)
    assert shop.contents() == before


def test_a_successor_has_its_own_position_among_the_sources(
    shop: LoadedWarehouse, expected: LoadedWarehouse
) -> None:
    one = shop.file("1.csv", [line("P", "p"), line("Z")])
    two = shop.file("2.csv", [line("P", "p"), line("Q")])
    three = shop.file("3.csv", [line("P", "c")])
    shop.build(one)
    for file in (two, three, two):
        shop.load(file)
    shop.undo(2)
    expected.build(one, three, two)
    assert shop.contents() == expected.contents()


def test_an_undone_successor_leaves_confirmed_orders_to_the_other_source(
    shop: LoadedWarehouse, expected: LoadedWarehouse
) -> None:
    one = shop.file("1.csv", [line("O", "a"), line("Z")])
    two = shop.file("2.csv", [line("O", "a"), line("Y")])
    three = shop.file("3.csv", [line("O", "b")])
    shop.build(one)
    for file in (two, three, one):
        shop.load(file)
    shop.undo(1)
    shop.undo(4)
    expected.build(two, three)
    assert shop.contents() == expected.contents()
    assert balance(shop) == {(0, 0)}


def test_a_replayed_row_does_not_supersede_a_later_source(
    shop: LoadedWarehouse, expected: LoadedWarehouse
) -> None:
    shop.build(shop.file("1.csv", [line("O", "a"), line("Z")]))
    shop.load(shop.file("2.csv", [bad("O", "b"), line("Y")]))
    shop.load(shop.file("3.csv", [line("O", "a"), line("X")]))
    assert pending(shop) == []
    which: dict[str, object] = {"quarantined_source_id": 2, "quarantined_row": 2}
    shop.replay(shop.file("m.csv", [which | line("O", "b", quantity="2")]))
    right = shop.file("right.csv", [line("O", "b", quantity="2"), line("Y")])
    expected.build(shop.folder / "1.csv", right, shop.folder / "3.csv")
    assert shop.contents() == expected.contents()


def test_a_replayed_row_of_an_order_in_two_sources_stays_quarantined(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", [line("O", "a"), line("", "b"), line("Z")]))
    shop.load(shop.file("2.csv", [line("O", "a"), line("Y")]))
    before = shop.contents()
    shop.replay(write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Order ID": "O"}))
    [row] = shop.rows("quarantine")
    assert "Load the whole order again" in row["reasons"]
    assert shop.contents() == before


def test_a_load_with_replayed_rows_can_be_undone_in_favour_of_its_successor(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("1.csv", [line("Z")]))
    two = shop.file("2.csv", [line("O", "a"), bad("O")])
    shop.load(two)
    shop.replay(write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Quantity": "2"}))
    assert shop.load(two).duplicates
    shop.undo(2)
    assert balance(shop) == {(0, 0)}
    assert len(shop.rows("fact_sales")) == 3


def test_a_replay_cannot_be_undone_on_its_own(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", [line("Z"), bad("O")]))
    shop.replay(write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Quantity": "2"}))
    with pytest.raises(InputError, match="undo the load that the rows came from"):
        shop.undo(2)


def test_an_undone_load_leaves_no_odd_orders(
    shop: LoadedWarehouse, expected: LoadedWarehouse
) -> None:
    one = shop.file("1.csv", [line("Z")])
    shop.build(one)
    shop.load(shop.file("2.csv", [line("O"), line("O", customer="Bob", day="2024-01-02")]))
    shop.undo(2)
    expected.build(one)
    assert shop.contents() == expected.contents()


def test_a_confirmed_order_is_not_repeated_once_its_first_source_is_undone(
    shop: LoadedWarehouse, expected: LoadedWarehouse
) -> None:
    shop.build(shop.file("1.csv", [line("O")]))
    two = shop.file("2.csv", [line("O"), line("X")])
    shop.load(two)
    shop.undo(1)
    expected.build(two)
    assert shop.contents() == expected.contents()


def pending(shop: LoadedWarehouse) -> list[tuple[str, int]]:
    with shop.open() as warehouse:
        return [(one.source, one.source_row) for one in pending_reasons(warehouse)]


def test_a_bad_row_is_pending_once_however_often_it_is_loaded(shop: LoadedWarehouse) -> None:
    for night in range(3):
        orders = [bad("B"), *(line(str(number)) for number in range(night + 1))]
        file = shop.file(f"{night}.csv", orders)
        shop.load(file) if night else shop.build(file)
    assert len(shop.rows("quarantine")) == 3
    assert pending(shop) == [("0.csv", 2)]


def test_a_bad_row_is_not_pending_once_its_order_is_loaded_correctly(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", [line("A"), line("B"), bad("B")]))
    assert pending(shop) == [("1.csv", 4)]
    shop.load(shop.file("2.csv", [line("A"), line("B"), line("B", "mug", quantity="2")]))
    assert pending(shop) == []


def test_a_bad_row_stays_pending_when_its_load_is_undone_but_another_load_has_it(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("1.csv", [line("Z"), line("O"), bad("O")]))
    shop.load(shop.file("2.csv", [line("Y"), line("O"), bad("O")]))
    shop.undo(1)
    assert pending(shop) == [("1.csv", 4)]
    assert balance(shop) == {(0, 0)}


def test_a_load_does_not_change_the_settings_of_the_build(shop: LoadedWarehouse) -> None:
    settings = Settings(currency="£", shop="Tea Ltd", fiscal_year_start=4)
    shop.build(shop.file("1.csv", [line("Z", day="2024-04-02")]), settings=settings)
    shop.load(shop.file("2.csv", [line("Y", day="2024-05-02")]))
    with shop.open() as warehouse:
        assert (warehouse.facts["currency"], warehouse.facts["shop"]) == ("£", "Tea Ltd")
    assert (shop.rows("dim_date")[0]["fiscal_year"], shop.rows("dim_date")[0]["fiscal_month"]) == (
        2025, 1,
    )  # fmt: skip


def file_without_rows(shop: LoadedWarehouse, name: str) -> Path:
    path = shop.file(name, [line("O")])
    path.write_text(path.read_text().splitlines()[0] + "\n")
    return path


def test_a_file_without_rows_changes_nothing(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", [line("Z")]))
    before = shop.contents()
    for night in ("monday.csv", "tuesday.csv"):
        report = shop.load(file_without_rows(shop, night))
        assert vars(report.orders) == {"new": 0, "changed": 0, "unchanged": 0, "removed": 0}
        assert report.duplicates == {}
        assert report.total("read") == (0, Decimal(0))
    assert shop.contents() == before
    sources = [(one["load_id"], one["name"], one["rows"]) for one in shop.rows("load_sources")]
    assert sources == [(1, "1.csv", 1), (2, "monday.csv", 0), (3, "tuesday.csv", 0)]
    shop.undo(2)
    assert shop.contents() == before
    assert balance(shop) == {(0, 0)}


def test_a_file_without_rows_can_be_loaded_with_others(
    shop: LoadedWarehouse, expected: LoadedWarehouse
) -> None:
    one, empty = shop.file("1.csv", [line("Z")]), file_without_rows(shop, "empty.csv")
    two = shop.file("2.csv", [line("Y")])
    shop.build(one, empty)
    assert shop.load(empty, two).orders.new == 1
    expected.build(one, two)
    assert shop.contents() == expected.contents()


def test_build_refuses_files_that_all_have_no_rows(shop: LoadedWarehouse) -> None:
    with pytest.raises(SourceError, match=r"a header but no rows in monday\.csv, tuesday\.csv"):
        shop.build(file_without_rows(shop, "monday.csv"), file_without_rows(shop, "tuesday.csv"))
    assert not Path(shop.location).exists()


def test_a_file_without_rows_or_sales_columns_is_refused(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", [line("Z")]))
    other = shop.folder / "other.csv"
    other.write_text("Name,Colour\n")
    with pytest.raises(SourceError, match="has no column for"):
        shop.load(other)


def test_a_load_keeps_the_permissions_and_the_symlink_of_the_file(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", [line("Z")]))
    Path(shop.location).chmod(0o600)
    link = shop.folder / "link.duckdb"
    link.symlink_to(shop.location)
    LoadedWarehouse(str(link), shop.folder).load(shop.file("2.csv", [line("Y")]))
    assert link.is_symlink()
    assert os.stat(shop.location).st_mode & 0o777 == 0o600  # noqa: PTH116
    assert len(shop.rows("dim_order")) == 2
