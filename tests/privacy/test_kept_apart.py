"""People are kept apart from the star: who they are stands in one table, under pseudonyms."""

from pathlib import Path

import pytest

from regulars.core.errors import MappingError, ProfileError, SourceError, WarehouseError
from support.loaded_warehouse import LoadedWarehouse, balance, line, write_corrected_rows
from support.people import (
    ANN,
    PEOPLE_TOML,
    all_text,
    ann,
    bob,
    guest,
    people_profile,
    pseudonym,
    pseudonym_profile,
)
from support.warehouses import profile_from

ANYWHERE = pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)


def people_of(kept):
    return sorted(
        (row["source_id"], row["pseudonym"], row["name"], row["email"], row["address"])
        for row in kept.rows("people")
    )


@ANYWHERE
def test_names_stand_in_one_table_under_the_hmac_of_the_customers_number(kept, key, tmp_path):
    kept.build(
        kept.file("a.csv", [ann("1"), bob("2"), guest("3")]), profile=people_profile(tmp_path)
    )
    assert people_of(kept) == sorted([
        (1, pseudonym(key, "C-17"), "Anneliese Brightwater", ANN["E-Mail"], ANN["Street"]),
        (1, pseudonym(key, "C-18"), "Robert Oakes", "bob@oakes.example", "1 Low Road"),
    ])  # fmt: skip
    assert {row["customer_id"] for row in kept.rows("dim_customer")} == {None, "C-17", "C-18"}


def test_customers_can_go_by_their_pseudonyms_in_the_star_too(kept, key, tmp_path):
    kept.build(kept.file("a.csv", [ann("1"), bob("2")]), profile=pseudonym_profile(tmp_path))
    known = {row["customer_id"] for row in kept.rows("dim_customer")}
    assert known == {None, pseudonym(key, "C-17"), pseudonym(key, "C-18")}
    assert "c-17" not in all_text(kept)
    kept.load(kept.file("b.csv", [ann("4")]), profile=pseudonym_profile(tmp_path))
    orders = {row["customer_id"]: row["orders"] for row in kept.rows("dim_customer")}
    assert orders[pseudonym(key, "C-17")] == 2


def test_the_key_is_not_in_the_warehouse(kept, key, tmp_path):
    kept.build(kept.file("a.csv", [ann("1"), bob("2")]), profile=pseudonym_profile(tmp_path))
    kept.forget("C-17")
    assert key.lower() not in all_text(kept)


def test_the_quarantine_holds_no_names_and_its_rows_can_still_be_mended(kept, key, tmp_path):
    rows = [ann("1"), ann("2", price="ask"), bob("2", price="ask")]
    kept.build(kept.file("a.csv", rows), profile=pseudonym_profile(tmp_path))
    aside = " ".join(row["original"] for row in kept.rows("quarantine"))
    assert not [word for word in (*ANN.values(), "C-17", "C-18") if word in aside]
    kept.replay(
        write_corrected_rows(
            kept, kept.folder / "m.csv", row_3={"Price": "4"}, row_4={"Price": "4"}
        )
    )
    assert kept.rows("quarantine") == []
    assert {row["customer_id"] for row in kept.rows("order_lines")} == {
        pseudonym(key, "C-17"), pseudonym(key, "C-18"),
    }  # fmt: skip
    assert balance(kept) == {(0, 0)}


@ANYWHERE
def test_mended_rows_of_people_kept_apart_come_in_as_if_right_from_the_start(
    kept, new_place, tmp_path
):
    wrong = [ann("1"), bob("2", price="ask")]
    kept.build(kept.file("a.csv", wrong), profile=people_profile(tmp_path))
    kept.replay(write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Price": "2.50"}))
    whole = LoadedWarehouse(new_place(), kept.folder)
    whole.build(kept.file("right.csv", [ann("1"), bob("2")]), profile=people_profile(tmp_path))
    assert kept.contents() == whole.contents()
    assert people_of(kept) == people_of(whole)


def test_a_line_that_no_reader_could_take_apart_is_not_kept_where_it_may_name_people(
    kept, tmp_path
):
    file = kept.file("a.csv", [ann("1")])
    file.write_text(file.read_text() + "2,2024-01-01,C-17,tea,1,2,Anneliese,B,ann@x,St,more\n")
    kept.build(file, profile=people_profile(tmp_path))
    [row] = kept.rows("quarantine")
    assert row["original"].startswith("(a line without readable cells")


@ANYWHERE
def test_a_load_that_is_taken_back_takes_what_it_said_of_people_along(kept, tmp_path):
    profile = people_profile(tmp_path)
    kept.build(kept.file("a.csv", [ann("1"), bob("2")]), profile=profile)
    before = people_of(kept)
    moved = ann("1") | {"Street": "9 Elm Row"}
    kept.load(kept.file("b.csv", [moved]), profile=profile)
    assert [told[4] for told in people_of(kept) if told[0] == 2] == ["9 Elm Row"]
    kept.undo(2)
    assert people_of(kept) == before


def test_who_came_again_in_a_later_file_stays_when_the_first_is_taken_back(kept, tmp_path):
    profile = people_profile(tmp_path)
    kept.build(kept.file("a.csv", [bob("2")]), profile=profile)
    kept.load(kept.file("b.csv", [ann("1")]), profile=profile)
    again = kept.load(kept.file("c.csv", [ann("1")]), profile=profile)
    assert again.same
    kept.undo(2)
    assert [told[0] for told in people_of(kept) if told[2] == "Anneliese Brightwater"] == [3]


def test_a_column_of_people_is_not_taken_for_the_place_of_the_order(kept, tmp_path):
    profile = profile_from(tmp_path, '[people]\ncity = "City"')
    kept.build(kept.file("a.csv", [line("1") | {"City": "Penzance"}]), profile=profile)
    assert {row["location"] for row in kept.rows("dim_order")} == {None}
    assert [row["city"] for row in kept.rows("people")] == ["Penzance"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[people]\nmail = "E-Mail"', r'unknown "mail"\. Did you mean "email"\?'),
        ("[people]\nname = 3", "name must be text or a list of texts"),
        ('[people]\ncustomer_id = "hash"', 'customer_id must be "pseudonym"'),
    ],
)
def test_a_section_that_is_not_well_formed_is_refused(tmp_path, toml, said):
    with pytest.raises(ProfileError, match=said):
        profile_from(tmp_path, toml)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (PEOPLE_TOML.replace("E-Mail", "Mail"), 'no column "Mail", which profile .* for email'),
        ('[people]\nname = "First"\n[columns]\nlocation = "first"', "as location"),
        ('[people]\nemail = "E-Mail"\n[columns]\ncustomer_id = "E-Mail"',
         'Add  customer_id = "pseudonym"'),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_kept_apart_are_named(kept, tmp_path, toml, said):
    with pytest.raises(MappingError, match=said):
        kept.build(kept.file("a.csv", [ann("1")]), profile=profile_from(tmp_path, toml))


def test_pseudonyms_do_not_come_into_a_warehouse_of_numbers(kept, tmp_path):
    kept.build(kept.file("a.csv", [ann("1")]))
    with pytest.raises(SourceError, match="each would be two"):
        kept.load(kept.file("b.csv", [ann("2")]), profile=pseudonym_profile(tmp_path))


def test_numbers_that_come_into_a_warehouse_of_pseudonyms_become_some(kept, key, tmp_path):
    kept.build(kept.file("a.csv", [ann("1")]), profile=pseudonym_profile(tmp_path))
    later = [line("2", customer="C-17"), line("3", customer="C-17", price="ask")]
    kept.load(kept.file("b.csv", later))
    assert {row["customer_id"] for row in kept.rows("order_lines")} == {pseudonym(key, "C-17")}
    assert "c-17" not in all_text(kept)


def test_another_key_is_refused(kept, tmp_path, monkeypatch):
    kept.build(kept.file("a.csv", [ann("1")]), profile=people_profile(tmp_path))
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", "another key that is long enough, too")
    with pytest.raises(WarehouseError, match="not the one that this warehouse was made with"):
        kept.load(kept.file("b.csv", [ann("2")]), profile=people_profile(tmp_path))


def test_a_mended_row_keeps_its_customer_under_a_profile_that_knows_no_people(kept, key, tmp_path):
    rows = [ann("1"), ann("2", price="ask")]
    kept.build(kept.file("a.csv", rows), profile=pseudonym_profile(tmp_path))
    path = write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Price": "4"})
    kept.replay(path, profile=profile_from(tmp_path, ""))
    assert {row["customer_id"] for row in kept.rows("order_lines")} == {pseudonym(key, "C-17")}


def test_a_build_over_what_cannot_be_asked_who_was_forgotten_is_refused(kept):
    kept.build(kept.file("a.csv", [ann("1")]))
    kept.forget("C-17")
    place = Path(kept.location)
    damaged = place.read_bytes()[:12] + b"\0" * 4096
    place.write_bytes(damaged)
    with pytest.raises(WarehouseError, match="nobody knows who was forgotten there"):
        kept.build(kept.file("a.csv", [ann("1")]))
    assert place.read_bytes() == damaged
