"""Suppression: customers never to contact, by ID or email, from a file or a table."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import psycopg
import pytest

from lists.conftest import SHOP, preview_in
from privacy.conftest import Fill, key  # noqa: F401
from regulars.core.errors import InputError, SourceError, WarehouseError
from regulars.core.settings import Settings, load_settings
from regulars.lists.api import (
    CONTROL,
    TREATMENT,
    Control,
    Exclusions,
    Selection,
    all_lists,
    create_list,
    export_list,
    export_log,
    list_members,
    preview_list,
    read_suppression_file,
    read_suppression_table,
)
from regulars.lists.export import ExportResult
from regulars.sources.profiles.profile import Profile
from support.loaded_warehouse import LoadedWarehouse
from support.named_customers import ROWS, people_profile, person, pseudonym_profile, rows_by_email
from support.people import MakeProfile, pseudonym
from support.postgres import Postgres

HALF = Control(0.5, "none")
KEYED = pytest.mark.usefixtures("key")


def remaining(shop: LoadedWarehouse, suppressed: Sequence[str]) -> tuple[set[str], int]:
    """Return the customers left to contact, and how many entries match no customer."""
    preview = preview_in(shop, exclusions=Exclusions(suppressed=suppressed))
    assert preview.counts.suppressed + preview.counts.treatment == preview.counts.chosen
    return {row["customer_id"] for row in preview.rows}, preview.unknown


def workbook(path: Path, rows: list[tuple[object, ...]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer_id\n17\n 18 \n\n", ["17", "18"]),
        ("Name;E-Mail Address\nAnn;ann@a.example\nBob;\n", ["ann@a.example"]),
        ("17\n18\n", ["17", "18"]),
        ("Anyone\nann\n", ["ann"]),
        ("email,Customer ID,why\na@a.example,17,asked\n", ["a@a.example", "17"]),
        ("email\n", []),
    ],
)
def test_a_csv_file_is_read_by_its_customer_columns(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    path = tmp_path / "not.csv"
    path.write_text(text)
    assert read_suppression_file(path) == expected


def test_workbook_numbers_are_read_as_displayed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "not.xlsx", [("Id", "Why"), (12346, "asked"), ("017", None)])
    assert read_suppression_file(path) == ["12346", "017"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b\n1,2\n", "has no customer column. It has: a, b"), ("", "is empty")],
)
def test_a_file_without_customers_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "not.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=message):
        read_suppression_file(path)


def test_a_file_with_an_unreadable_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "not.csv"
    path.write_text('id,why\n17,asked\n18,"asked\n19,asked\n')
    with pytest.raises(SourceError, match="a suppressed customer may be missed"):
        read_suppression_file(path)


def test_customers_are_matched_by_number_and_unknown_entries_counted(shop: LoadedWarehouse) -> None:
    assert remaining(shop, ["ann", " bob ", "ANN", "zoe"]) == ({"cem", "dee", "eva"}, 2)


def test_emails_are_refused_if_the_warehouse_has_only_numbers(shop: LoadedWarehouse) -> None:
    with pytest.raises(InputError, match="this warehouse has only customer IDs"):
        remaining(shop, ["ann@old.example"])


def test_email_customer_ids_match_in_any_case(fresh: LoadedWarehouse, fill: Fill) -> None:
    fill(rows_by_email())
    customers, unknown = remaining(fresh, ["ANN@OLD.EXAMPLE", "bob@oakes.example", "zoe@z.example"])
    assert customers == {"ann@new.example", "+cem@cem.example"}
    assert unknown == 1


@KEYED
def test_any_email_stored_for_a_customer_matches(fresh: LoadedWarehouse, tmp_path: Path) -> None:
    profile = people_profile(tmp_path)
    fresh.build(fresh.file("a.csv", ROWS[:1] + ROWS[2:]), profile=profile)
    fresh.load(fresh.file("b.csv", ROWS[1:2]), profile=profile)
    for email in ("ann@old.example", "ANN@new.example"):
        assert remaining(fresh, [email, "zoe@z.example"]) == ({"18", "19", "20"}, 1)


@KEYED
def test_pseudonymised_customers_match_by_shop_number(
    fresh: LoadedWarehouse,
    fill: Fill,
    key: str,  # noqa: F811
) -> None:
    fill(ROWS, profile=pseudonym_profile)
    ann, bob, cem, dee = (pseudonym(key, number) for number in ("17", "18", "19", "20"))
    assert remaining(fresh, ["17", "bob@oakes.example", "99"]) == ({cem, dee}, 1)
    assert remaining(fresh, [ann]) == ({bob, cem, dee}, 0)


@KEYED
def test_a_missing_key_stops_the_list_instead_of_skipping_emails(
    fresh: LoadedWarehouse, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ROWS, profile=people_profile)
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY nor in"):
        remaining(fresh, ["bob@oakes.example"])
    assert remaining(fresh, ["17"]) == ({"18", "19", "20"}, 0)


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_a_table_in_the_same_database_is_read(
    fresh: LoadedWarehouse, fill: Fill, postgres: Postgres
) -> None:
    fill(SHOP)
    statements = [
        "CREATE SCHEMA IF NOT EXISTS crm",
        'CREATE TABLE crm.unsubscribed ("Customer ID" TEXT, why TEXT)',
        "INSERT INTO crm.unsubscribed VALUES ('ann', 'asked'), (' bob', NULL), (NULL, 'who?')",
        "CREATE TABLE crm.weather (day TEXT, rain TEXT)",
    ]
    if fresh.location.startswith("postgresql"):
        with psycopg.connect(postgres.uri, autocommit=True) as con:
            for statement in statements:
                con.execute(statement)
    else:
        with duckdb.connect(fresh.location) as con:
            for statement in statements:
                con.execute(statement)
    with fresh.open() as shop:
        assert sorted(read_suppression_table(shop, "crm.unsubscribed")) == ["ann", "bob"]
        suppressed = read_suppression_table(shop, "crm.unsubscribed")
        assert remaining(fresh, suppressed)[0] == {"cem", "dee", "eva"}
        with pytest.raises(SourceError, match=r"crm.weather has no customer column"):
            read_suppression_table(shop, "crm.weather")
        for name in ("crm.nobody", "nobody", "x'; DROP TABLE crm.weather"):
            with pytest.raises(InputError, match="no suppression table"):
                read_suppression_table(shop, name)


def test_the_suppression_table_applies_to_previews_and_lists(
    fresh: LoadedWarehouse, fill: Fill
) -> None:
    fill(SHOP)
    with duckdb.connect(fresh.location) as con:
        con.execute("CREATE TABLE unsubscribed AS SELECT 'ann' AS customer_id")
    settings = replace(load_settings(), suppression_table="unsubscribed")
    with fresh.open() as shop:
        preview = preview_list(
            shop, Selection(), exclusions=Exclusions(suppressed=["bob"]), settings=settings
        )
        assert preview.counts.suppressed == 2
    saved = create_list("spring", Selection(), warehouse=fresh.location, settings=settings)
    assert saved.counts.suppressed == 1
    with fresh.open() as shop:
        assert "ann" not in {row["customer_id"] for row in shop.rows(list_members(shop, "spring"))}
    missing_table = replace(settings, suppression_table="unsubscribers")
    with pytest.raises(InputError, match='no suppression table "unsubscribers"'):
        create_list("summer", Selection(), warehouse=fresh.location, settings=missing_table)
    with fresh.open() as shop:
        assert [one.name for one in all_lists(shop)] == ["spring"]


def suppress(fresh: LoadedWarehouse, *customers: str) -> Settings:
    """Return settings that name a suppression table with these customers."""
    with duckdb.connect(fresh.location) as con:
        con.execute("CREATE OR REPLACE TABLE unsubscribed (customer TEXT)")
        con.executemany("INSERT INTO unsubscribed VALUES (?)", [[one] for one in customers])
    return replace(load_settings(), suppression_table="unsubscribed")


def test_customers_suppressed_after_the_list_was_created_are_not_exported(
    fresh: LoadedWarehouse, fill: Fill
) -> None:
    fill(SHOP)
    create_list("spring", Selection(), warehouse=fresh.location, control=HALF)
    with fresh.open() as shop:
        treated, held_out = (
            {row["customer_id"] for row in shop.rows(list_members(shop, "spring", role))}
            for role in (TREATMENT, CONTROL)
        )
    suppressed = min(treated)
    settings = suppress(fresh, suppressed, "nobody")

    def export(**options: Any) -> tuple[ExportResult, set[str]]:
        path = fresh.folder / "spring.csv"
        result = export_list("spring", path, warehouse=fresh.location, settings=settings, **options)
        with path.open(newline="") as file:
            return result, {row["customer_id"] for row in csv.DictReader(file)}

    result, exported = export()
    assert exported == treated - {suppressed}
    assert (result.rows, result.suppressed, result.without_email) == (len(treated) - 1, 1, 0)
    result, exported = export(control=True)  # never contacted, so complete
    assert (exported, result.suppressed) == (held_out, 0)
    with fresh.open() as shop:  # the saved list is unchanged, so that the campaign can be measured
        members = {row["customer_id"] for row in shop.rows(list_members(shop, "spring"))}
        assert members == treated | held_out
        assert [one["rows"] for one in export_log(shop)] == [len(held_out), len(treated) - 1]


def test_a_list_with_everyone_suppressed_is_not_exported(
    fresh: LoadedWarehouse, fill: Fill
) -> None:
    fill(SHOP)
    create_list("spring", Selection(), warehouse=fresh.location)
    with duckdb.connect(fresh.location) as con:
        con.execute("CREATE TABLE never AS SELECT customer_id FROM dim_customer")
    settings = replace(load_settings(), suppression_table="never")
    with pytest.raises(InputError, match="suppressed after it was created"):
        export_list("spring", fresh.folder / "to.csv", warehouse=fresh.location, settings=settings)
    assert not (fresh.folder / "to.csv").exists()
    missing_table = replace(settings, suppression_table="forever")
    with pytest.raises(InputError, match='no suppression table "forever"'):
        export_list(
            "spring", fresh.folder / "to.csv", warehouse=fresh.location, settings=missing_table
        )


@KEYED
@pytest.mark.parametrize("make_profile", [pseudonym_profile, people_profile])
def test_customers_suppressed_by_email_later_are_not_exported(
    fresh: LoadedWarehouse, fill: Fill, tmp_path: Path, make_profile: MakeProfile
) -> None:
    fill(ROWS, profile=make_profile)
    create_list("spring", Selection(), warehouse=fresh.location)
    settings = suppress(fresh, "ANN@new.example")
    result = export_list(
        "spring", tmp_path / "to.csv", form="mailchimp", warehouse=fresh.location, settings=settings
    )
    assert (result.rows, result.suppressed, result.without_email) == (2, 1, 1)
    assert "ann@" not in (tmp_path / "to.csv").read_text()


def give_bobs_order_to_ann(fresh: LoadedWarehouse, profile: Profile) -> None:
    file = fresh.file("b.csv", [person("3", "17", "Ann", "van der Berg", "ann@new.example")])
    fresh.load(file, profile=profile)


def build_with_customer_numbers(fresh: LoadedWarehouse, _: object) -> None:
    fresh.build(fresh.file("a.csv", ROWS), profile=people_profile(fresh.folder))


@KEYED
@pytest.mark.parametrize(
    ("make_profile", "change"),
    [
        (pseudonym_profile, give_bobs_order_to_ann),
        (people_profile, give_bobs_order_to_ann),
        (pseudonym_profile, build_with_customer_numbers),
    ],
)
def test_list_members_who_are_no_longer_customers_can_be_suppressed(
    fresh: LoadedWarehouse,
    fill: Fill,
    tmp_path: Path,
    make_profile: MakeProfile,
    change: Callable[[LoadedWarehouse, Profile], None],
) -> None:
    fill(ROWS, profile=make_profile)
    create_list("spring", Selection(), warehouse=fresh.location)
    change(fresh, make_profile(tmp_path))
    for bob in ("18", "Bob@Oakes.example"):
        settings = suppress(fresh, bob)
        result = export_list(
            "spring", tmp_path / "to.csv", warehouse=fresh.location, settings=settings
        )
        assert (result.rows, result.suppressed) == (3, 1)


def test_former_customers_identified_by_email_can_be_suppressed(
    fresh: LoadedWarehouse, fill: Fill
) -> None:
    fill(rows_by_email())
    create_list("spring", Selection(), warehouse=fresh.location)
    fresh.build(fresh.file("b.csv", rows_by_email()[1:]))
    settings = suppress(fresh, "ann@old.example")
    result = export_list(
        "spring", fresh.folder / "to.csv", warehouse=fresh.location, settings=settings
    )
    assert (result.rows, result.suppressed) == (3, 1)
    assert "Old" not in (fresh.folder / "to.csv").read_text()


def test_customer_numbers_match_in_any_column_type(fresh: LoadedWarehouse, fill: Fill) -> None:
    fill(SHOP)
    kinds = {"whole": "INTEGER", "real": "DOUBLE", "exact": "DECIMAL(18, 2)", "words": "TEXT"}
    with duckdb.connect(fresh.location) as con:
        for name, kind in kinds.items():
            con.execute(f"CREATE TABLE {name} AS SELECT CAST('17' AS {kind}) AS customer_id")
    with fresh.open() as shop:
        for name in kinds:
            assert read_suppression_table(shop, name) == ["17"], name
