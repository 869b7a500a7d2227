"""Which copy of an order stands when others have come, have been confirmed, or have gone."""

import os
from pathlib import Path

import pytest

from regulars.core.errors import InputError, SourceError
from regulars.core.settings import Settings
from regulars.warehouse.quarantine import reasons
from support.loaded_warehouse import LoadedWarehouse, balance, line, write_corrected_rows
from support.warehouses import profile_from

pytestmark = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)


@pytest.fixture
def whole(new_place, tmp_path):
    """A warehouse to be built at once, to compare with."""
    return LoadedWarehouse(new_place(), tmp_path)


def bad(order, product="mug"):
    return line(order, product, quantity="two")


def test_an_order_of_two_sources_stays_whole_when_a_third_has_confirmed_it(kept, whole, tmp_path):
    union = profile_from(tmp_path, '[orders]\nrepeated = "union"')
    one = kept.file("1.csv", [line("O", "a"), line("Z")])
    two = kept.file("2.csv", [line("O", "b")])
    three = kept.file("3.csv", [line("O", "a"), line("O", "b")])
    kept.build(one, profile=union)
    kept.load(two, profile=union)
    assert kept.load(three, profile=union).orders.unchanged == 1
    kept.undo(1)
    whole.build(two, three, profile=union)
    assert kept.contents() == whole.contents()


def test_joined_lines_that_were_confirmed_do_not_count_twice(kept, whole, tmp_path):
    union = profile_from(tmp_path, '[orders]\nrepeated = "union"')
    contents = [("a", "c", "Z"), ("a", "b"), ("a", "b", "c"), ("d",)]
    files = [
        kept.file(f"{n}.csv", [line("O", product) for product in content])
        for n, content in enumerate(contents)
    ]
    kept.build(files[0], profile=union)
    for file in files[1:]:
        kept.load(file, profile=union)
    whole.build(*files, profile=union)
    assert kept.contents() == whole.contents()


def test_where_no_order_may_come_again_otherwise_it_is_refused_and_named(kept, tmp_path):
    error = profile_from(tmp_path, '[orders]\nrepeated = "error"')
    kept.build(kept.file("1.csv", [line("O", "a"), line("Z")]), profile=error)
    before = kept.contents()
    kept.load(kept.file("2.csv", [line("O", "a"), line("Y")]), profile=error)
    kept.undo(2)
    with pytest.raises(SourceError, match=r"1 orders differ from what is there.*: O"):
        kept.load(kept.file("3.csv", [line("O", "b"), line("Y")]), profile=error)
    assert kept.contents() == before


def test_an_heir_says_what_it_says_in_its_own_place(kept, whole):
    one = kept.file("1.csv", [line("P", "p"), line("Z")])
    two = kept.file("2.csv", [line("P", "p"), line("Q")])
    three = kept.file("3.csv", [line("P", "c")])
    kept.build(one)
    for file in (two, three, two):
        kept.load(file)
    kept.undo(2)
    whole.build(one, three, two)
    assert kept.contents() == whole.contents()


def test_an_heir_that_goes_too_leaves_what_was_confirmed_where_it_was(kept, whole):
    one = kept.file("1.csv", [line("O", "a"), line("Z")])
    two = kept.file("2.csv", [line("O", "a"), line("Y")])
    three = kept.file("3.csv", [line("O", "b")])
    kept.build(one)
    for file in (two, three, one):
        kept.load(file)
    kept.undo(1)
    kept.undo(4)
    whole.build(two, three)
    assert kept.contents() == whole.contents()
    assert balance(kept) == {(0, 0)}


def test_a_row_of_a_source_in_between_does_not_outdo_a_later_one(kept, whole):
    kept.build(kept.file("1.csv", [line("O", "a"), line("Z")]))
    kept.load(kept.file("2.csv", [bad("O", "b"), line("Y")]))
    kept.load(kept.file("3.csv", [line("O", "a"), line("X")]))
    assert waiting(kept) == []
    which = {"quarantined_source_id": 2, "quarantined_row": 2}
    kept.replay(kept.file("m.csv", [which | line("O", "b", quantity="2")]))
    right = kept.file("right.csv", [line("O", "b", quantity="2"), line("Y")])
    whole.build(kept.folder / "1.csv", right, kept.folder / "3.csv")
    assert kept.contents() == whole.contents()


def test_a_row_that_named_no_order_stays_where_its_order_was_told_twice(kept):
    kept.build(kept.file("1.csv", [line("O", "a"), line("", "b"), line("Z")]))
    kept.load(kept.file("2.csv", [line("O", "a"), line("Y")]))
    before = kept.contents()
    kept.replay(write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Order ID": "O"}))
    [row] = kept.rows("quarantine")
    assert "load that order again" in row["reasons"]
    assert kept.contents() == before


def test_a_load_whose_rows_were_mended_can_be_taken_back_from_its_heir(kept):
    kept.build(kept.file("1.csv", [line("Z")]))
    two = kept.file("2.csv", [line("O", "a"), bad("O")])
    kept.load(two)
    kept.replay(write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Quantity": "2"}))
    assert kept.load(two).same
    kept.undo(2)
    assert balance(kept) == {(0, 0)}
    assert len(kept.rows("fact_sales")) == 3


def test_a_replay_is_not_taken_back_by_itself(kept):
    kept.build(kept.file("1.csv", [line("Z"), bad("O")]))
    kept.replay(write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Quantity": "2"}))
    with pytest.raises(InputError, match="they go with the load that brought them"):
        kept.undo(2)


def test_what_was_odd_about_an_order_goes_with_it(kept, whole):
    one = kept.file("1.csv", [line("Z")])
    kept.build(one)
    kept.load(kept.file("2.csv", [line("O"), line("O", customer="Bob", day="2024-01-02")]))
    kept.undo(2)
    whole.build(one)
    assert kept.contents() == whole.contents()


def test_a_confirmation_alone_is_no_repeat(kept, whole):
    kept.build(kept.file("1.csv", [line("O")]))
    two = kept.file("2.csv", [line("O"), line("X")])
    kept.load(two)
    kept.undo(1)
    whole.build(two)
    assert kept.contents() == whole.contents()


def waiting(kept):
    with kept.open() as warehouse:
        return [(one.source, one.source_row) for one in reasons(warehouse)]


def test_a_bad_row_waits_once_however_often_it_comes(kept):
    for night in range(3):
        orders = [bad("B"), *(line(str(number)) for number in range(night + 1))]
        file = kept.file(f"{night}.csv", orders)
        kept.load(file) if night else kept.build(file)
    assert len(kept.rows("quarantine")) == 3
    assert waiting(kept) == [("0.csv", 2)]


def test_a_bad_row_waits_no_more_once_its_order_came_right(kept):
    kept.build(kept.file("1.csv", [line("A"), line("B"), bad("B")]))
    assert waiting(kept) == [("1.csv", 4)]
    kept.load(kept.file("2.csv", [line("A"), line("B"), line("B", "mug", quantity="2")]))
    assert waiting(kept) == []


def test_a_bad_row_waits_on_when_its_load_goes_and_another_has_said_it(kept):
    kept.build(kept.file("1.csv", [line("Z"), line("O"), bad("O")]))
    kept.load(kept.file("2.csv", [line("Y"), line("O"), bad("O")]))
    kept.undo(1)
    assert waiting(kept) == [("1.csv", 4)]
    assert balance(kept) == {(0, 0)}


def test_a_warehouse_keeps_the_settings_it_was_built_with(kept):
    told = Settings(currency="£", shop="Tea Ltd", fiscal_year_start=4)
    kept.build(kept.file("1.csv", [line("Z", day="2024-04-02")]), settings=told)
    kept.load(kept.file("2.csv", [line("Y", day="2024-05-02")]))
    with kept.open() as warehouse:
        assert (warehouse.facts["currency"], warehouse.facts["shop"]) == ("£", "Tea Ltd")
    assert (kept.rows("dim_date")[0]["fiscal_year"], kept.rows("dim_date")[0]["fiscal_month"]) == (
        2025, 1,
    )  # fmt: skip


def heading_alone(kept, name):
    path = kept.file(name, [line("O")])
    path.write_text(path.read_text().splitlines()[0] + "\n")
    return path


def test_a_night_without_sales_is_a_load_that_changes_nothing(kept):
    kept.build(kept.file("1.csv", [line("Z")]))
    before = kept.contents()
    for night in ("monday.csv", "tuesday.csv"):
        report = kept.load(heading_alone(kept, night))
        assert vars(report.orders) == {"new": 0, "changed": 0, "unchanged": 0, "removed": 0}
        assert (report.same, report.total("read")) == ({}, (0, 0))
    assert kept.contents() == before
    told = [(one["load_id"], one["name"], one["rows"]) for one in kept.rows("load_sources")]
    assert told == [(1, "1.csv", 1), (2, "monday.csv", 0), (3, "tuesday.csv", 0)]
    kept.undo(2)
    assert kept.contents() == before
    assert balance(kept) == {(0, 0)}


def test_a_file_without_rows_is_no_hindrance_to_those_that_have_some(kept, whole):
    one, empty = kept.file("1.csv", [line("Z")]), heading_alone(kept, "empty.csv")
    two = kept.file("2.csv", [line("Y")])
    kept.build(one, empty)
    assert kept.load(empty, two).orders.new == 1
    whole.build(one, two)
    assert kept.contents() == whole.contents()


def test_nothing_is_built_from_files_without_rows_alone(kept):
    with pytest.raises(SourceError, match=r"a heading but no rows in monday\.csv, tuesday\.csv"):
        kept.build(heading_alone(kept, "monday.csv"), heading_alone(kept, "tuesday.csv"))
    assert not Path(kept.location).exists()


def test_a_file_without_rows_whose_columns_are_no_sales_is_refused_all_the_same(kept):
    kept.build(kept.file("1.csv", [line("Z")]))
    other = kept.folder / "other.csv"
    other.write_text("Name,Colour\n")
    with pytest.raises(SourceError, match="has no column for"):
        kept.load(other)


def test_who_may_read_the_file_and_where_it_really_lies_stay_as_they_were(kept):
    kept.build(kept.file("1.csv", [line("Z")]))
    Path(kept.location).chmod(0o600)
    link = kept.folder / "link.duckdb"
    link.symlink_to(kept.location)
    LoadedWarehouse(str(link), kept.folder).load(kept.file("2.csv", [line("Y")]))
    assert link.is_symlink()
    assert os.stat(kept.location).st_mode & 0o777 == 0o600  # noqa: PTH116
    assert len(kept.rows("dim_order")) == 2
