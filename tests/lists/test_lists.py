"""Creating lists: previews, exclusions, control groups, and lists that never change."""

from datetime import datetime, timedelta

import duckdb
import pytest

from lists.conftest import (
    ATLAS,
    CUSTOMERS,
    SHOP,
    WALES,
    Create,
    create_in,
    members_by_role,
    preview_in,
    record_export,
    rows_of_list,
    sale,
)
from privacy.conftest import Fill
from regulars.core.errors import InputError, WarehouseError
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
from regulars.lists.memberships import lists_of
from regulars.lists.saved import check_supports_lists
from support.loaded_warehouse import LoadedWarehouse
from support.warehouses import ResultRows

NOON = datetime(2024, 3, 10, 12)
CEM_AND_BOB = ("cem", "bob")


def test_a_preview_writes_nothing_and_shows_the_first_customers(shop: LoadedWarehouse) -> None:
    before = shop.rows("lists")
    preview = preview_in(
        shop, exclusions=Exclusions(returned_within=14, suppressed=["bob", "nobody"]), rows=2
    )
    assert preview.counts == Counts(
        chosen=5, treatment=3, control=0, contacted=0, returned=1, suppressed=1
    )
    assert [row["customer_id"] for row in preview.rows] == ["cem", "ann"]  # net sales 60, 40
    assert preview.unknown == 1
    assert shop.rows("lists") == before


def test_the_seed_of_a_preview_creates_the_same_list(shop: LoadedWarehouse, create: Create) -> None:
    control = Control(0.4)
    preview = preview_in(shop, control=control, rows=10)
    saved = create("as seen", control=Control(0.4, seed=preview.seed))
    assert saved.counts == preview.counts
    assert members_by_role(shop, "as seen")["treatment"] == {
        row["customer_id"] for row in preview.rows
    }


def test_a_list_is_saved_with_everything_that_defines_it(
    shop: LoadedWarehouse, create: Create
) -> None:
    saved = create(
        "spring", Selection(where={"location": "Wales"}, since="2024-01-01"),
        exclusions=Exclusions(30, 14, ["bob"]), control=Control(0.5, "none", "a seed"), now=NOON,
    )  # fmt: skip
    assert saved == SavedList(
        list_id=saved.list_id, name="spring", created_at=NOON, author="Olga",
        as_of=datetime(2024, 3, 4), segments=(),
        filters={"where": {"location": ["Wales"]}, "since": "2024-01-01", "until": None},
        exclusions={"contacted_within": 30, "returned_within": 14, "suppressed": 1},
        seed="a seed", share=0.5, stratified_by="none",
        counts=Counts(2, 1, 1, 0, 0, 0),
    )  # fmt: skip
    with shop.open() as warehouse:
        assert find_list(warehouse, "spring") == saved
        assert saved in all_lists(warehouse)
        rows = list(warehouse.rows(list_members(warehouse, "spring")))
    assert [row["customer_id"] for row in rows] == ["ann", "cem"]
    assert {row["reason"] for row in rows} == {"Bought: location Wales, from 2024-01-01"}


def test_each_customer_is_excluded_for_the_first_reason_only(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("first", Selection(where={"customer_id": ["ann", "dee"]}))
    record_export(shop, "first", NOON - timedelta(days=29))
    saved = create("second", exclusions=Exclusions(30, 14, ["dee", "ann", "bob"]), now=NOON)
    assert saved.counts == Counts(
        chosen=5, treatment=2, control=0, contacted=2, returned=0, suppressed=1
    )
    assert members_by_role(shop, "second")["treatment"] == {"cem", "eva"}


def test_only_exported_customers_count_as_contacted(shop: LoadedWarehouse, create: Create) -> None:
    create("half", control=Control(0.4, "none"))
    roles = members_by_role(shop, "half")
    assert preview_in(shop, exclusions=Exclusions(5), now=NOON).counts.contacted == 0
    record_export(shop, "half", NOON - timedelta(days=4))
    after = preview_in(shop, exclusions=Exclusions(5), now=NOON)
    assert after.counts.contacted == 3
    assert {row["customer_id"] for row in after.rows} == roles["control"]
    later = preview_in(shop, exclusions=Exclusions(5), now=NOON + timedelta(days=2))
    assert later.counts.contacted == 0


@pytest.mark.parametrize(("days", "excluded"), [(1, 0), (2, 1)])
def test_days_since_a_return_count_back_from_the_snapshot(
    shop: LoadedWarehouse, days: int, excluded: int
) -> None:
    # The return is on 2 March and the snapshot at the start of 4 March.
    assert preview_in(shop, exclusions=Exclusions(returned_within=days)).counts.returned == excluded


@pytest.mark.parametrize(
    ("name", "selection", "message"),
    [
        ("  ", Selection(), "Give the list a name"),
        ("two\nlines", Selection(), "Give the list a name"),
        (
            "nobody",
            Selection(where={"category": "Books", "location": "Kent"}),
            "matches no customers",
        ),
    ],
)
def test_an_invalid_list_is_not_saved(
    shop: LoadedWarehouse, create: Create, name: str, selection: Selection, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        create(name, selection)
    assert name not in {row["name"] for row in shop.rows("lists")}


def test_a_list_without_anyone_to_contact_is_refused(create: Create) -> None:
    with pytest.raises(InputError, match="All 5 selected customers are left out"):
        create("all out", exclusions=Exclusions(suppressed=CUSTOMERS))


def test_list_names_are_unique(create: Create) -> None:
    create("once")
    with pytest.raises(InputError, match='A list named "once" already exists'):
        create(" once ")


def test_an_unknown_list_name_suggests_the_closest(shop: LoadedWarehouse, create: Create) -> None:
    create("christmas")
    with shop.open() as warehouse, pytest.raises(InputError, match='Did you mean "christmas"'):
        find_list(warehouse, "cristmas")


def test_an_engine_without_lists_is_refused_with_alternatives() -> None:
    from regulars.engines.locate import engine_of

    with pytest.raises(WarehouseError, match="Build the warehouse in DuckDB or PostgreSQL"):
        check_supports_lists(engine_of("local[1]?folder=shop"))


def test_customers_without_a_favourite_category_form_one_stratum(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("by category", control=Control(0.4, "favourite_category", "a"))
    rows = rows_of_list(shop, "list_members", "by category")
    held_out = [row["favourite_category"] for row in rows if row["role"] == "control"]
    # Two like books, two toys and one neither: two fifths of each are 0.8, 0.8 and 0.4.
    assert sorted(held_out) == ["Books", "Toys"]


def test_a_warehouse_from_an_older_version_must_be_built_again(
    fresh: LoadedWarehouse, fill: Fill
) -> None:
    fill(SHOP)
    with duckdb.connect(fresh.location) as con:
        for name in ("lists", "list_members", "list_exports"):
            con.execute(f"DROP TABLE {name}")
        con.execute("UPDATE warehouse_facts SET value = '3' WHERE fact = 'schema_version'")
    with pytest.raises(WarehouseError, match="built by another version of Regulars"):
        create_in(fresh, "spring")
    fresh.build(fresh.file("shop.csv", SHOP))
    assert create_in(fresh, "spring").list_id == 1


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_lists_survive_loads_undo_and_rebuilds_of_the_same_warehouse(
    fresh: LoadedWarehouse, fill: Fill
) -> None:
    fill(SHOP)
    create_in(fresh, 'a "list", ünlike\'s', control=Control(0.4))
    record_export(fresh, 'a "list", ünlike\'s', NOON)

    def stored_lists() -> dict[str, ResultRows]:
        names = ("lists", "list_members", "list_exports")
        return {name: sorted(fresh.rows(name), key=repr) for name in names}

    before = stored_lists()
    assert [len(rows) for rows in before.values()] == [1, 5, 1]
    fresh.load(fresh.file("more.csv", [sale("20", "ann", ATLAS, WALES, "2024-03-05")]))
    assert stored_lists() == before
    fresh.undo(2)
    assert stored_lists() == before
    fresh.build(fresh.file("shop.csv", [sale("1", "zoe", ATLAS, WALES, "2024-03-05"), *SHOP[2:]]))
    assert stored_lists() == before
    assert create_in(fresh, "next").list_id == 2


def test_lists_of_a_customer_are_listed_with_their_group_and_export(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("held out", control=Control(0.5, seed="1"))
    create("books", Selection(where={"product_id": "atlas"}), control=Control(0))
    record_export(shop, "books", NOON)
    with shop.open() as warehouse:
        cem, bob = (
            {row["name"]: row for row in lists_of(warehouse, customer)} for customer in CEM_AND_BOB
        )
    assert (cem["books"]["role"], cem["books"]["exported_at"]) == ("treatment", NOON)
    assert cem["held out"]["exported_at"] is None
    assert "held out" in bob
    assert "books" not in bob
