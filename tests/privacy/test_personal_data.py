"""Personal data is stored in one table, by pseudonym, and never in the star."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from privacy.conftest import Fill
from regulars.core.errors import MappingError, ProfileError, SourceError, WarehouseError
from support.built_once import BuiltOnce
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

ON_BOTH = pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
ON_POSTGRESQL_TOO = pytest.mark.parametrize(
    "engine", ["duckdb", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
"""For what happens in code that engines share."""

BOTH = [ann("1"), bob("2")]


def people_of(shop: LoadedWarehouse) -> list[tuple[Any, ...]]:
    return sorted(
        (row["source_id"], row["pseudonym"], row["name"], row["email"], row["address"])
        for row in shop.rows("people")
    )


@ON_BOTH
def test_personal_data_is_stored_by_the_hmac_of_the_customer_id(
    shop: LoadedWarehouse, key: str, tmp_path: Path
) -> None:
    shop.build(
        shop.file("a.csv", [ann("1"), bob("2"), guest("3")]), profile=people_profile(tmp_path)
    )
    assert people_of(shop) == sorted([
        (1, pseudonym(key, "C-17"), "Anneliese Brightwater", ANN["E-Mail"], ANN["Street"]),
        (1, pseudonym(key, "C-18"), "Robert Oakes", "bob@oakes.example", "1 Low Road"),
    ])  # fmt: skip
    assert {row["customer_id"] for row in shop.rows("dim_customer")} == {None, "C-17", "C-18"}


def test_the_star_can_have_pseudonyms_for_customer_ids(
    shop: LoadedWarehouse, fill: Fill, key: str, tmp_path: Path
) -> None:
    fill(BOTH, profile=pseudonym_profile)
    known = {row["customer_id"] for row in shop.rows("dim_customer")}
    assert known == {None, pseudonym(key, "C-17"), pseudonym(key, "C-18")}
    assert "c-17" not in all_text(shop)
    shop.load(shop.file("b.csv", [ann("4")]), profile=pseudonym_profile(tmp_path))
    orders = {row["customer_id"]: row["orders"] for row in shop.rows("dim_customer")}
    assert orders[pseudonym(key, "C-17")] == 2


def test_the_key_is_not_in_the_warehouse(shop: LoadedWarehouse, fill: Fill, key: str) -> None:
    fill(BOTH, profile=pseudonym_profile)
    shop.forget("C-17")
    assert key.lower() not in all_text(shop)


def test_the_quarantine_has_no_personal_data_and_its_rows_can_be_replayed(
    shop: LoadedWarehouse, key: str, tmp_path: Path
) -> None:
    rows = [ann("1"), ann("2", price="ask"), bob("2", price="ask")]
    shop.build(shop.file("a.csv", rows), profile=pseudonym_profile(tmp_path))
    quarantined = " ".join(row["original"] for row in shop.rows("quarantine"))
    assert not [word for word in (*ANN.values(), "C-17", "C-18") if word in quarantined]
    shop.replay(
        write_corrected_rows(
            shop, shop.folder / "m.csv", row_3={"Price": "4"}, row_4={"Price": "4"}
        )
    )
    assert shop.rows("quarantine") == []
    assert {row["customer_id"] for row in shop.rows("order_lines")} == {
        pseudonym(key, "C-17"), pseudonym(key, "C-18"),
    }  # fmt: skip
    assert balance(shop) == {(0, 0)}


@ON_POSTGRESQL_TOO
def test_replayed_rows_with_personal_data_give_the_same_warehouse_as_a_correct_file(
    shop: LoadedWarehouse, built_once: BuiltOnce, new_location: Callable[[], str], tmp_path: Path
) -> None:
    wrong = [ann("1"), bob("2", price="ask")]
    shop.build(shop.file("a.csv", wrong), profile=people_profile(tmp_path))
    shop.replay(write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Price": "2.50"}))
    expected = LoadedWarehouse(new_location(), shop.folder)
    built_once.fill(expected, BOTH, profile=people_profile)
    assert shop.contents() == expected.contents()
    assert people_of(shop) == people_of(expected)


def test_a_line_without_readable_cells_is_not_stored_if_it_may_have_personal_data(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    file = shop.file("a.csv", [ann("1")])
    file.write_text(file.read_text() + "2,2024-01-01,C-17,tea,1,2,Anneliese,B,ann@x,St,more\n")
    shop.build(file, profile=people_profile(tmp_path))
    [row] = shop.rows("quarantine")
    assert row["original"].startswith("(removed: a line without readable cells")


@ON_POSTGRESQL_TOO
def test_undoing_a_load_removes_its_personal_data(
    shop: LoadedWarehouse, fill: Fill, tmp_path: Path
) -> None:
    profile = people_profile(tmp_path)
    fill(BOTH, profile=people_profile)
    before = people_of(shop)
    moved = ann("1") | {"Street": "9 Elm Row"}
    shop.load(shop.file("b.csv", [moved]), profile=profile)
    assert [row[4] for row in people_of(shop) if row[0] == 2] == ["9 Elm Row"]
    shop.undo(2)
    assert people_of(shop) == before


def test_personal_data_stays_if_a_later_file_has_it_too(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    profile = people_profile(tmp_path)
    shop.build(shop.file("a.csv", [bob("2")]), profile=profile)
    shop.load(shop.file("b.csv", [ann("1")]), profile=profile)
    again = shop.load(shop.file("c.csv", [ann("1")]), profile=profile)
    assert again.duplicates
    shop.undo(2)
    assert [row[0] for row in people_of(shop) if row[2] == "Anneliese Brightwater"] == [3]


def test_a_column_with_personal_data_is_not_used_as_location(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    profile = profile_from(tmp_path, '[people]\ncity = "City"')
    shop.build(shop.file("a.csv", [line("1") | {"City": "Penzance"}]), profile=profile)
    assert {row["location"] for row in shop.rows("dim_order")} == {None}
    assert [row["city"] for row in shop.rows("people")] == ["Penzance"]


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[people]\nmail = "E-Mail"', r'unknown "mail"\. Did you mean "email"\?'),
        ("[people]\nname = 3", "name must be a string or a list of strings"),
        ('[people]\ncustomer_id = "hash"', 'customer_id must be "pseudonym"'),
    ],
)
def test_a_malformed_people_section_is_refused(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        profile_from(tmp_path, toml)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (PEOPLE_TOML.replace("E-Mail", "Mail"), 'no column "Mail", which profile .* maps to email'),
        ('[people]\nname = "First"\n[columns]\nlocation = "first"', "as location"),
        ('[people]\nemail = "E-Mail"\n[columns]\ncustomer_id = "E-Mail"',
         'Add  customer_id = "pseudonym"'),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_stored_as_personal_data_are_named(
    shop: LoadedWarehouse, tmp_path: Path, toml: str, message: str
) -> None:
    with pytest.raises(MappingError, match=message):
        shop.build(shop.file("a.csv", [ann("1")]), profile=profile_from(tmp_path, toml))


def test_a_warehouse_with_plain_ids_accepts_no_pseudonyms(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    shop.build(shop.file("a.csv", [ann("1")]))
    with pytest.raises(SourceError, match="every customer would be in it twice"):
        shop.load(shop.file("b.csv", [ann("2")]), profile=pseudonym_profile(tmp_path))


def test_a_pseudonymous_warehouse_converts_plain_ids(
    shop: LoadedWarehouse, fill: Fill, key: str
) -> None:
    fill([ann("1")], profile=pseudonym_profile)
    later = [line("2", customer="C-17"), line("3", customer="C-17", price="ask")]
    shop.load(shop.file("b.csv", later))
    assert {row["customer_id"] for row in shop.rows("order_lines")} == {pseudonym(key, "C-17")}
    assert "c-17" not in all_text(shop)


def test_another_key_is_refused(
    shop: LoadedWarehouse, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(BOTH, profile=people_profile)
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", "another key that is long enough, too")
    with pytest.raises(WarehouseError, match="is not the key of this warehouse"):
        shop.load(shop.file("b.csv", [ann("2")]), profile=people_profile(tmp_path))


def test_a_replayed_row_keeps_its_customer_under_a_profile_without_people(
    shop: LoadedWarehouse, key: str, tmp_path: Path
) -> None:
    rows = [ann("1"), ann("2", price="ask")]
    shop.build(shop.file("a.csv", rows), profile=pseudonym_profile(tmp_path))
    path = write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Price": "4"})
    shop.replay(path, profile=profile_from(tmp_path, ""))
    assert {row["customer_id"] for row in shop.rows("order_lines")} == {pseudonym(key, "C-17")}


def test_build_refuses_to_replace_a_warehouse_whose_forgotten_customers_it_cannot_read(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("a.csv", [ann("1")]))
    shop.forget("C-17")
    path = Path(shop.location)
    damaged = path.read_bytes()[:12] + b"\0" * 4096
    path.write_bytes(damaged)
    with pytest.raises(WarehouseError, match="forgotten customers cannot be read"):
        shop.build(shop.file("a.csv", [ann("1")]))
    assert path.read_bytes() == damaged
