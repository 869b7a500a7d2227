"""Who is forgotten is on no list any more; lists that are kept go by pseudonyms where all do."""

import psycopg
import pytest

from lists.conftest import rows_of, take
from privacy.conftest import key  # noqa: F401
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
from support.loaded_warehouse import LoadedWarehouse
from support.people import (
    TRACES_OF_ANN,
    all_text,
    ann,
    bob,
    people_profile,
    pseudonym,
    pseudonym_profile,
)

ROWS = [ann("1"), ann("2", "mug"), bob("3"), bob("4", customer="C-19")]
ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def members(kept, name):
    return [row["customer_id"] for row in rows_of(kept, "list_members", name)]


@pytest.mark.parametrize(
    "profiled", [people_profile, pseudonym_profile], ids=["apart", "by pseudonym"]
)
def test_who_is_forgotten_is_on_no_list_and_named_by_none(
    kept: LoadedWarehouse, tmp_path, profiled
):
    profile = profiled(tmp_path)
    kept.build(kept.file("a.csv", ROWS), profile=profile)
    goes_by_number = kept.ask("rfm")[0]["customer_id"] == "C-17"
    named = {"customer_id": ["C-17", "C-19"]} if goes_by_number else {"product_id": "TEA"}
    take(kept, "all", exclusions=Exclusions(suppressed=["C-18"]))
    take(kept, "for ann@brightwater.example", Selection(where=named))
    export_list("all", tmp_path / "Anneliese Brightwater.csv", warehouse=kept.location,
                settings=Settings())  # fmt: skip
    gone = kept.forget("C-17")
    said = all_text(kept)
    assert [word for word in (*TRACES_OF_ANN, "c-17") if word in said] == []
    assert len(members(kept, "all")) == 1
    assert gone.changed["list_members"] == 2
    assert {"list_members", "lists", "list_exports"} <= set(gone.searched)
    with kept.open() as warehouse:
        one, two = all_lists(warehouse)
    assert one.counts.treatment == 2  # what it was when it was taken
    assert two.name == "for … (2)"
    if goes_by_number:
        assert two.filters["where"]["customer_id"] == ["C-19"]
    assert [row["file"] for row in kept.rows("list_exports")] == ["….csv"]


def test_words_of_ours_that_a_customer_bears_too_hold_nothing_up(kept: LoadedWarehouse):
    ours = ("Often", "control", "where", "category")
    rows = [bob("1"), *(bob(f"2{name}", customer=name) for name in ours)]
    rows = [row | {"Category": "Toys"} for row in rows]
    kept.build(kept.file("a.csv", rows))
    take(kept, "all", author="Often")
    take(kept, "toys", Selection(where={"category": "Toys"}))
    for customer in ours:
        kept.forget(customer)
    assert members(kept, "all") == members(kept, "toys") == ["C-18"]
    with kept.open() as warehouse:
        one, two = all_lists(warehouse)
    assert (one.author, two.filters["where"]) == ("Often", {"category": ["Toys"]})


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_a_list_chosen_by_a_word_of_theirs_says_it_no_more(kept: LoadedWarehouse):
    rows = [ann("1", customer="Teddy"), bob("2")]
    kept.build(kept.file("a.csv", [row | {"Category": "Teddy"} for row in rows]))
    take(kept, "toys", Selection(where={"category": "Teddy"}))
    kept.forget("Teddy")
    with kept.open() as warehouse:
        [kept_list] = all_lists(warehouse)
    assert kept_list.filters["where"] == {"category": ["…"]}
    [bob_row] = rows_of(kept, "list_members", "toys")
    assert (bob_row["customer_id"], bob_row["reason"]) == ("C-18", "Chosen by filters")
    assert bob_row["favourite_category"] == "Teddy"  # a category that others buy of, too


def test_who_was_forgotten_does_not_come_back_with_a_build_anew(kept: LoadedWarehouse, tmp_path):
    file = kept.file("a.csv", ROWS)
    kept.build(file, profile=people_profile(tmp_path))
    take(kept, "all")
    kept.forget("C-17")
    kept.build(file, profile=people_profile(tmp_path))
    assert members(kept, "all") == ["C-18", "C-19"]


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_a_build_that_goes_over_to_pseudonyms_takes_its_lists_along(
    kept: LoadedWarehouse, tmp_path, key  # noqa: F811
):
    file = kept.file("a.csv", ROWS)
    kept.build(file)
    take(kept, "all")
    take(kept, "named", Selection(where={"customer_id": "C-18"}))
    assert members(kept, "all") == ["C-17", "C-18", "C-19"]
    kept.build(file, profile=pseudonym_profile(tmp_path))
    told = sorted(pseudonym(key, customer) for customer in ("C-17", "C-18", "C-19"))
    assert members(kept, "all") == told
    kept.build(file, profile=pseudonym_profile(tmp_path))
    assert members(kept, "all") == told
    assert [word for word in ("c-17", "c-18", "c-19") if word in all_text(kept)] == []
    with kept.open() as warehouse:
        named = find_list(warehouse, "named")
    assert named.filters["where"] == {"customer_id": [pseudonym(key, "C-18")]}


@ON_POSTGRESQL
def test_analysts_count_members_but_do_not_see_who_they_are(kept: LoadedWarehouse):
    kept.build(kept.file("a.csv", ROWS))
    take(kept, "all")
    with kept.open() as warehouse:
        schema = warehouse.reader.schema
    base = schema.rpartition("_")[0]
    with psycopg.connect(kept.location.partition("&schema=")[0], autocommit=True) as con:
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
        found = con.execute(f"SELECT customer_id FROM {schema}.list_members ORDER BY 1")
        assert [row[0] for row in found] == ["C-17", "C-18", "C-19"]


def test_what_is_held_of_a_customer_tells_the_lists_they_are_on(kept: LoadedWarehouse, tmp_path):
    kept.build(kept.file("a.csv", ROWS), profile=people_profile(tmp_path))
    take(kept, "all")
    take(kept, "others", Selection(where={"customer_id": "C-18"}))
    held = export_customer("C-17", warehouse=kept.location, settings=Settings())
    [row] = held["lists"]
    assert (row["name"], row["role"], row["customer_id"]) == ("all", "treatment", "C-17")


@ON_POSTGRESQL
def test_who_may_only_read_customers_can_look_at_lists(kept: LoadedWarehouse, tmp_path):
    kept.build(kept.file("a.csv", ROWS), profile=people_profile(tmp_path))
    take(kept, "all")
    with kept.open() as warehouse:
        role = f"{warehouse.reader.schema.rpartition('_')[0]}_reader"
        warehouse.con.con.execute(f"SET ROLE {role}")
        found = preview_list(warehouse, Selection(), settings=Settings())
        assert (found.counts.treatment, find_list(warehouse, "all").counts.treatment) == (3, 3)
