"""Taking a list: looked at first, left out and held out as told, and kept as it was taken."""

from datetime import datetime, timedelta

import duckdb
import pytest

from lists.conftest import ATLAS, EVERYBODY, SHOP, WALES, bought, by_role, previewed, rows_of, take
from regulars.core.errors import QuestionError, WarehouseError
from regulars.lists.api import (
    Control,
    Counts,
    Exclusions,
    SavedList,
    Selection,
    all_lists,
    find_list,
    list_members,
)
from regulars.lists.saved import check_supports_lists
from support.loaded_warehouse import LoadedWarehouse

NOON = datetime(2024, 3, 10, 12)


def went_out(shop, name, at):
    """Have a list count as exported at a moment."""
    from regulars.core import schema
    from regulars.engines.locate import engine_of

    [number] = [row["list_id"] for row in shop.rows("lists") if row["name"] == name]
    with engine_of(shop.location).changing(memory_limit="1GB") as store:
        row = (number, at, "Olga", "treatment", "plain", 1, "file.csv")
        store.append("list_exports", schema.LEDGER_COLUMNS["list_exports"], [row])


def test_a_preview_writes_nothing_and_tells_who_would_go_out(shop):
    before = shop.rows("lists")
    found = previewed(
        shop, exclusions=Exclusions(returned_within=14, suppressed=["bob", "nobody"]), rows=2
    )
    assert found.counts == Counts(
        chosen=5, treatment=3, control=0, contacted=0, returned=1, suppressed=1
    )
    assert [row["customer_id"] for row in found.rows] == ["cem", "ann"]  # 60 and 40 spent
    assert found.unknown == 1
    assert shop.rows("lists") == before


def test_what_a_preview_drew_can_be_taken(shop, created):
    control = Control(0.4)
    seen = previewed(shop, control=control, rows=10)
    kept = created("as seen", control=Control(0.4, seed=seen.seed))
    assert kept.counts == seen.counts
    assert by_role(shop, "as seen")["treatment"] == {row["customer_id"] for row in seen.rows}


def test_a_list_is_kept_with_all_that_it_was_taken_by(shop, created):
    kept = created(
        "spring", Selection(where={"location": "Wales"}, since="2024-01-01"),
        exclusions=Exclusions(30, 14, ["bob"]), control=Control(0.5, "none", "a seed"), now=NOON,
    )  # fmt: skip
    assert kept == SavedList(
        list_id=kept.list_id, name="spring", created_at=NOON, author="Olga",
        as_of=datetime(2024, 3, 4), segments=(),
        filters={"where": {"location": ["Wales"]}, "since": "2024-01-01", "until": None},
        exclusions={"contacted_within": 30, "returned_within": 14, "suppressed": 1},
        seed="a seed", share=0.5, stratified_by="none",
        counts=Counts(2, 1, 1, 0, 0, 0),
    )  # fmt: skip
    with shop.open() as warehouse:
        assert find_list(warehouse, "spring") == kept
        assert kept in all_lists(warehouse)
        rows = list(warehouse.rows(list_members(warehouse, "spring")))
    assert [row["customer_id"] for row in rows] == ["ann", "cem"]
    assert {row["reason"] for row in rows} == {"Bought: location Wales, from 2024-01-01"}


def test_each_customer_is_left_out_for_the_first_reason_alone(shop, created):
    created("first", Selection(where={"customer_id": ["ann", "dee"]}))
    went_out(shop, "first", NOON - timedelta(days=29))
    kept = created("second", exclusions=Exclusions(30, 14, ["dee", "ann", "bob"]), now=NOON)
    assert kept.counts == Counts(
        chosen=5, treatment=2, control=0, contacted=2, returned=0, suppressed=1
    )
    assert by_role(shop, "second")["treatment"] == {"cem", "eva"}


def test_who_was_held_out_or_only_taken_has_not_been_contacted(shop, created):
    created("half", control=Control(0.4, "none"))
    out = by_role(shop, "half")
    assert previewed(shop, exclusions=Exclusions(5), now=NOON).counts.contacted == 0
    went_out(shop, "half", NOON - timedelta(days=4))
    lately = previewed(shop, exclusions=Exclusions(5), now=NOON)
    assert lately.counts.contacted == 3
    assert {row["customer_id"] for row in lately.rows} == out["control"]
    later = previewed(shop, exclusions=Exclusions(5), now=NOON + timedelta(days=2))
    assert later.counts.contacted == 0


@pytest.mark.parametrize(("days", "left_out"), [(1, 0), (2, 1)])
def test_days_since_a_return_are_counted_back_from_the_snapshot(shop, days, left_out):
    # Brought back on 2 March; the snapshot is the first moment of the 4th.
    assert previewed(shop, exclusions=Exclusions(returned_within=days)).counts.returned == left_out


@pytest.mark.parametrize(
    ("name", "selection", "words"),
    [
        ("  ", Selection(), "needs a name of 1 to 100 letters"),
        ("two\nlines", Selection(), "needs a name of 1 to 100 letters"),
        ("nobody", Selection(where={"category": "Books", "location": "Kent"}), "Nobody is chosen"),
    ],
)
def test_a_list_that_cannot_be_is_refused_and_not_kept(shop, created, name, selection, words):
    with pytest.raises(QuestionError, match=words):
        created(name, selection)
    assert name not in {row["name"] for row in shop.rows("lists")}


def test_a_list_of_nobody_left_is_refused(created):
    with pytest.raises(QuestionError, match="All 5 who are chosen are left out"):
        created("all out", exclusions=Exclusions(suppressed=EVERYBODY))


def test_a_name_stands_for_one_list_for_good(created):
    created("once")
    with pytest.raises(QuestionError, match='There is a list "once" already'):
        created(" once ")


def test_a_list_that_is_not_there_is_refused_with_the_closest(shop, created):
    created("christmas")
    with shop.open() as warehouse, pytest.raises(QuestionError, match='Did you mean "christmas"'):
        find_list(warehouse, "cristmas")


def test_where_no_lists_are_kept_it_is_said_what_to_do():
    from regulars.engines.locate import engine_of

    with pytest.raises(WarehouseError, match="Keep the warehouse in DuckDB or PostgreSQL"):
        check_supports_lists(engine_of("local[1]?folder=shop"))


def test_strata_can_go_by_the_favourite_category_and_those_without_are_one(shop, created):
    created("by category", control=Control(0.4, "favourite_category", "a"))
    rows = rows_of(shop, "list_members", "by category")
    held = [row["favourite_category"] for row in rows if row["role"] == "control"]
    # Two each like books and toys, one neither: two fifths of them are 0.8, 0.8 and 0.4.
    assert sorted(held) == ["Books", "Toys"]


def test_a_warehouse_of_before_there_were_lists_is_built_anew(tmp_path):
    kept = LoadedWarehouse(str(tmp_path / "old.duckdb"), tmp_path)
    kept.build(kept.file("shop.csv", SHOP))
    with duckdb.connect(kept.location) as con:
        for name in ("lists", "list_members", "list_exports"):
            con.execute(f"DROP TABLE {name}")
        con.execute("UPDATE warehouse_facts SET value = '3' WHERE fact = 'schema_version'")
    with pytest.raises(WarehouseError, match="built by another version of Regulars"):
        take(kept, "spring")
    kept.build(kept.file("shop.csv", SHOP))
    assert take(kept, "spring").list_id == 1


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_lists_outlast_loads_undo_and_a_build_in_the_same_place(kept: LoadedWarehouse):
    kept.build(kept.file("shop.csv", SHOP))
    take(kept, 'a "list", ünlike\'s', control=Control(0.4))
    went_out(kept, 'a "list", ünlike\'s', NOON)

    def now():
        names = ("lists", "list_members", "list_exports")
        return {name: sorted(kept.rows(name), key=repr) for name in names}

    before = now()
    assert [len(rows) for rows in before.values()] == [1, 5, 1]
    kept.load(kept.file("more.csv", [bought("20", "ann", ATLAS, WALES, "2024-03-05")]))
    assert now() == before
    kept.undo(2)
    assert now() == before
    kept.build(kept.file("shop.csv", [bought("1", "zoe", ATLAS, WALES, "2024-03-05"), *SHOP[2:]]))
    assert now() == before
    assert take(kept, "next").list_id == 2
