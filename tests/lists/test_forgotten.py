"""Lists after a customer is forgotten, and lists when a build switches to pseudonyms."""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from lists.conftest import create_in, rows_of_list
from privacy.conftest import Fill, key  # noqa: F401
from regulars.core.settings import Settings
from regulars.lists.api import (
    Exclusions,
    Selection,
    all_lists,
    export_list,
    find_list,
    preview_list,
)
from regulars.loads.api import export_customer
from regulars.loads.notes import add_note
from support.loaded_warehouse import LoadedWarehouse
from support.people import (
    TRACES_OF_ANN,
    MakeProfile,
    all_text,
    ann,
    bob,
    people_profile,
    pseudonym,
    pseudonym_profile,
)
from support.postgres import postgres_reader

ROWS = [ann("1"), ann("2", "mug"), bob("3"), bob("4", customer="C-19")]
ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def members(fresh: LoadedWarehouse, name: str) -> list[str]:
    return [row["customer_id"] for row in rows_of_list(fresh, "list_members", name)]


@pytest.mark.parametrize(
    "make_profile", [people_profile, pseudonym_profile], ids=["people", "pseudonyms"]
)
def test_a_forgotten_customer_is_removed_from_lists_and_their_texts(
    fresh: LoadedWarehouse, fill: Fill, tmp_path: Path, make_profile: MakeProfile
) -> None:
    fill(ROWS, profile=make_profile)
    has_numbers = fresh.ask("rfm")[0]["customer_id"] == "C-17"
    where = {"customer_id": ["C-17", "C-19"]} if has_numbers else {"product_id": "TEA"}
    create_in(fresh, "all", exclusions=Exclusions(suppressed=["C-18"]))
    create_in(fresh, "for ann@brightwater.example", Selection(where=where))
    export_list("all", tmp_path / "Anneliese Brightwater.csv", warehouse=fresh.location,
                settings=Settings())  # fmt: skip
    add_note(date(2024, 3, 1), "Party of ann@brightwater.example", warehouse=fresh.location,
             settings=Settings())  # fmt: skip
    forgotten = fresh.forget("C-17")
    text = all_text(fresh)
    assert [word for word in (*TRACES_OF_ANN, "c-17") if word in text] == []
    assert len(members(fresh, "all")) == 1
    assert forgotten.changed["list_members"] == 2
    searched = {"list_members", "lists", "list_exports", "calendar_notes"}
    assert searched <= set(forgotten.searched)
    assert [row["text"] for row in fresh.rows("calendar_notes")] == ["Party of …"]
    with fresh.open() as warehouse:
        one, two = all_lists(warehouse)
    assert one.counts.treatment == 2  # as it was when the list was created
    assert two.name == "for … (2)"
    if has_numbers:
        assert two.filters["where"]["customer_id"] == ["C-19"]
    assert [row["file"] for row in fresh.rows("list_exports")] == ["….csv"]


def test_customers_named_like_our_own_words_can_be_forgotten(fresh: LoadedWarehouse) -> None:
    names = ("Often", "control", "category")
    rows = [bob("1"), *(bob(f"2{name}", customer=name) for name in names)]
    rows = [row | {"Category": "Toys"} for row in rows]
    fresh.build(fresh.file("a.csv", rows))
    create_in(fresh, "all", author="Often")
    create_in(fresh, "toys", Selection(where={"category": "Toys"}))
    for customer in names:
        fresh.forget(customer)
    assert members(fresh, "all") == members(fresh, "toys") == ["C-18"]
    with fresh.open() as warehouse:
        one, two = all_lists(warehouse)
    assert (one.author, two.filters["where"]) == ("Often", {"category": ["Toys"]})


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_a_filter_value_that_names_the_customer_is_removed(fresh: LoadedWarehouse) -> None:
    rows = [ann("1", customer="Teddy"), bob("2")]
    fresh.build(fresh.file("a.csv", [row | {"Category": "Teddy"} for row in rows]))
    create_in(fresh, "toys", Selection(where={"category": "Teddy"}))
    fresh.forget("Teddy")
    with fresh.open() as warehouse:
        [saved] = all_lists(warehouse)
    assert saved.filters["where"] == {"category": ["…"]}
    [bob_row] = rows_of_list(fresh, "list_members", "toys")
    assert (bob_row["customer_id"], bob_row["reason"]) == ("C-18", "selected by filters")
    assert bob_row["favourite_category"] == "Teddy"  # others buy this category too


def test_a_forgotten_customer_does_not_come_back_with_a_new_build(
    fresh: LoadedWarehouse, fill: Fill, tmp_path: Path
) -> None:
    fill(ROWS, profile=people_profile)
    create_in(fresh, "all")
    fresh.forget("C-17")
    fresh.build(fresh.file("a.csv", ROWS), profile=people_profile(tmp_path))
    assert members(fresh, "all") == ["C-18", "C-19"]


@pytest.mark.parametrize(
    "engine", ["duckdb", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
def test_lists_switch_to_pseudonyms_with_the_build(
    fresh: LoadedWarehouse,
    tmp_path: Path,
    key: str,  # noqa: F811
) -> None:
    file = fresh.file("a.csv", ROWS)
    fresh.build(file)
    create_in(fresh, "all")
    create_in(fresh, "named", Selection(where={"customer_id": "C-18"}))
    assert members(fresh, "all") == ["C-17", "C-18", "C-19"]
    fresh.build(file, profile=pseudonym_profile(tmp_path))
    pseudonyms = sorted(pseudonym(key, customer) for customer in ("C-17", "C-18", "C-19"))
    assert members(fresh, "all") == pseudonyms
    fresh.build(file, profile=pseudonym_profile(tmp_path))
    assert members(fresh, "all") == pseudonyms
    assert [word for word in ("c-17", "c-18", "c-19") if word in all_text(fresh)] == []
    with fresh.open() as warehouse:
        named = find_list(warehouse, "named")
    assert named.filters["where"] == {"customer_id": [pseudonym(key, "C-18")]}


@ON_POSTGRESQL
def test_the_analyst_role_counts_members_but_cannot_see_customers(fresh: LoadedWarehouse) -> None:
    fresh.build(fresh.file("a.csv", ROWS))
    create_in(fresh, "all")
    with fresh.open() as warehouse:
        schema = postgres_reader(warehouse).schema
    base = schema.rpartition("_")[0]
    with psycopg.connect(fresh.location.partition("&schema=")[0], autocommit=True) as con:
        con.execute(f"SET ROLE {base}_analyst")
        assert con.execute(f"SELECT count(role) FROM {schema}.list_members").fetchall() == [(3,)]
        assert con.execute(f"SELECT name, seed <> '' FROM {schema}.lists").fetchall() == [
            ("all", True)
        ]
        assert con.execute(f"SELECT count(*) FROM {schema}.list_exports").fetchall() == [(0,)]
        for hidden in ("customer_id FROM {}.list_members", "filters FROM {}.lists"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                con.execute(f"SELECT {hidden.format(schema)}")
        con.execute("RESET ROLE")
        con.execute(f"SET ROLE {base}_reader")
        rows = con.execute(f"SELECT customer_id FROM {schema}.list_members ORDER BY 1")
        assert [row[0] for row in rows] == ["C-17", "C-18", "C-19"]


def test_a_customer_export_includes_their_lists(fresh: LoadedWarehouse, fill: Fill) -> None:
    fill(ROWS, profile=people_profile)
    create_in(fresh, "all")
    create_in(fresh, "others", Selection(where={"customer_id": "C-18"}))
    data = export_customer("C-17", warehouse=fresh.location, settings=Settings())
    [row] = data["lists"]
    assert (row["name"], row["role"], row["customer_id"]) == ("all", "treatment", "C-17")


@ON_POSTGRESQL
def test_the_reader_role_can_preview_and_find_lists(fresh: LoadedWarehouse, tmp_path: Path) -> None:
    fresh.build(fresh.file("a.csv", ROWS), profile=people_profile(tmp_path))
    create_in(fresh, "all")
    with fresh.open() as warehouse:
        role = f"{postgres_reader(warehouse).schema.rpartition('_')[0]}_reader"
        warehouse.con.con.execute(f"SET ROLE {role}")
        preview = preview_list(warehouse, Selection(), settings=Settings())
        assert (preview.counts.treatment, find_list(warehouse, "all").counts.treatment) == (3, 3)
