"""Who is not to be written to: told by number or by e-mail, in a CSV file or a workbook."""

import csv
from dataclasses import replace

import duckdb
import openpyxl
import psycopg
import pytest

from lists.conftest import SHOP, previewed
from privacy.conftest import key  # noqa: F401
from regulars.core.errors import InputError, SourceError, WarehouseError
from regulars.core.settings import load_settings
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
from support.loaded_warehouse import LoadedWarehouse
from support.named_customers import ROWS, people_profile, person, pseudonym_profile, rows_by_email

HALF = Control(0.5, "none")
KEYED = pytest.mark.usefixtures("key")


def left(shop, suppressed):
    found = previewed(shop, exclusions=Exclusions(suppressed=suppressed))
    assert found.counts.suppressed + found.counts.treatment == found.counts.chosen
    return {row["customer_id"] for row in found.rows}, found.unknown


def workbook(path, rows):
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
        ("Whoever\nann\n", ["ann"]),
        ("email,Customer ID,why\na@a.example,17,asked\n", ["a@a.example", "17"]),
        ("email\n", []),
    ],
)
def test_a_csv_file_tells_them_in_the_column_of_customers(tmp_path, text, expected):
    path = tmp_path / "not.csv"
    path.write_text(text)
    assert read_suppression_file(path) == expected


def test_a_workbook_tells_them_and_its_numbers_are_as_they_look(tmp_path):
    path = workbook(tmp_path / "not.xlsx", [("Id", "Why"), (12346, "asked"), ("017", None)])
    assert read_suppression_file(path) == ["12346", "017"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("a,b\n1,2\n", "has no column that tells customers. It has: a, b"), ("", "is empty")],
)
def test_a_file_that_tells_nobody_is_refused(tmp_path, text, words):
    path = tmp_path / "not.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=words):
        read_suppression_file(path)


def test_a_line_that_cannot_be_read_is_no_consent(tmp_path):
    path = tmp_path / "not.csv"
    path.write_text('id,why\n17,asked\n18,"asked\n19,asked\n')
    with pytest.raises(SourceError, match="nobody knows whom it tells"):
        read_suppression_file(path)


def test_they_are_told_by_number_and_who_is_nobody_is_counted(shop):
    assert left(shop, ["ann", " bob ", "ANN", "zoe"]) == ({"cem", "dee", "eva"}, 2)


def test_e_mails_are_refused_where_customers_go_by_numbers(shop):
    with pytest.raises(InputError, match="this warehouse knows none"):
        left(shop, ["ann@old.example"])


def test_customers_who_go_by_their_e_mail_are_told_by_it_capitals_aside(kept: LoadedWarehouse):
    kept.build(kept.file("a.csv", rows_by_email()))
    customers, unknown = left(kept, ["ANN@OLD.EXAMPLE", "bob@oakes.example", "zoe@z.example"])
    assert customers == {"ann@new.example", "+cem@cem.example"}
    assert unknown == 1


@KEYED
def test_people_are_told_by_any_e_mail_that_was_ever_kept_of_them(kept: LoadedWarehouse, tmp_path):
    profile = people_profile(tmp_path)
    kept.build(kept.file("a.csv", ROWS[:1] + ROWS[2:]), profile=profile)
    kept.load(kept.file("b.csv", ROWS[1:2]), profile=profile)
    for email in ("ann@old.example", "ANN@new.example", "17"):
        assert left(kept, [email, "zoe@z.example"]) == ({"18", "19", "20"}, 1)


@KEYED
def test_where_they_go_by_pseudonyms_the_shops_number_tells_them(kept: LoadedWarehouse, tmp_path):
    kept.build(kept.file("a.csv", ROWS), profile=pseudonym_profile(tmp_path))
    everybody, _ = left(kept, [])
    one, unknown = left(kept, ["17", "bob@oakes.example", "99"])
    assert (len(everybody), len(one), unknown) == (4, 2, 1)
    named = min(everybody)
    assert left(kept, [named]) == (everybody - {named}, 0)


@KEYED
def test_nobody_is_written_to_because_a_key_is_missing(
    kept: LoadedWarehouse, tmp_path, monkeypatch
):
    kept.build(kept.file("a.csv", ROWS), profile=people_profile(tmp_path))
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY nor in"):
        left(kept, ["bob@oakes.example"])
    assert left(kept, ["17"]) == ({"18", "19", "20"}, 0)


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
def test_a_table_beside_the_warehouse_tells_them(kept: LoadedWarehouse, postgres):
    kept.build(kept.file("a.csv", SHOP))
    told = [
        "CREATE SCHEMA IF NOT EXISTS crm",
        'CREATE TABLE crm.unsubscribed ("Customer ID" TEXT, why TEXT)',
        "INSERT INTO crm.unsubscribed VALUES ('ann', 'asked'), (' bob', NULL), (NULL, 'who?')",
        "CREATE TABLE crm.weather (day TEXT, rain TEXT)",
    ]
    if kept.location.startswith("postgresql"):
        with psycopg.connect(postgres.uri, autocommit=True) as con:
            for statement in told:
                con.execute(statement)
    else:
        with duckdb.connect(kept.location) as con:
            for statement in told:
                con.execute(statement)
    with kept.open() as shop:
        assert sorted(read_suppression_table(shop, "crm.unsubscribed")) == ["ann", "bob"]
        assert left(kept, read_suppression_table(shop, "crm.unsubscribed"))[0] == {"cem", "dee", "eva"}
        with pytest.raises(SourceError, match=r"crm.weather has no column that tells customers"):
            read_suppression_table(shop, "crm.weather")
        for name in ("crm.nobody", "nobody", "x'; DROP TABLE crm.weather"):
            with pytest.raises(InputError, match="no table"):
                read_suppression_table(shop, name)


def test_who_is_in_the_shops_own_table_is_on_no_list_however_it_is_taken(kept: LoadedWarehouse):
    kept.build(kept.file("a.csv", SHOP))
    with duckdb.connect(kept.location) as con:
        con.execute("CREATE TABLE unsubscribed AS SELECT 'ann' AS customer_id")
    never = replace(load_settings(), suppression_table="unsubscribed")
    with kept.open() as shop:
        asked = preview_list(
            shop, Selection(), exclusions=Exclusions(suppressed=["bob"]), settings=never
        )
        assert asked.counts.suppressed == 2
    made = create_list("spring", Selection(), warehouse=kept.location, settings=never)
    assert made.counts.suppressed == 1
    with kept.open() as shop:
        assert "ann" not in {row["customer_id"] for row in shop.rows(list_members(shop, "spring"))}
    gone = replace(never, suppression_table="unsubscribers")
    with pytest.raises(InputError, match='no table "unsubscribers"'):
        create_list("summer", Selection(), warehouse=kept.location, settings=gone)
    with kept.open() as shop:
        assert [one.name for one in all_lists(shop)] == ["spring"]


def suppressed_now(kept, *customers):
    """Return settings that name a table of these customers."""
    with duckdb.connect(kept.location) as con:
        con.execute("CREATE TABLE unsubscribed (customer TEXT)")
        con.executemany("INSERT INTO unsubscribed VALUES (?)", [[one] for one in customers])
    return replace(load_settings(), suppression_table="unsubscribed")


def test_who_is_suppressed_after_a_list_was_taken_is_not_in_its_file(kept: LoadedWarehouse):
    kept.build(kept.file("a.csv", SHOP))
    create_list("spring", Selection(), warehouse=kept.location, control=HALF)
    with kept.open() as shop:
        out, held_out = (
            {row["customer_id"] for row in shop.rows(list_members(shop, "spring", role))}
            for role in (TREATMENT, CONTROL)
        )
    leaves = min(out)
    never = suppressed_now(kept, leaves, "nobody")

    def written(**told):
        path = kept.folder / "spring.csv"
        made = export_list("spring", path, warehouse=kept.location, settings=never, **told)
        with path.open(newline="") as file:
            return made, {row["customer_id"] for row in csv.DictReader(file)}

    made, them = written()
    assert them == out - {leaves}
    assert (made.rows, made.suppressed, made.without_email) == (len(out) - 1, 1, 0)
    made, them = written(control=True)  # it goes out to nobody
    assert (them, made.suppressed) == (held_out, 0)
    with kept.open() as shop:  # what is measured later is the list as it was taken
        members = {row["customer_id"] for row in shop.rows(list_members(shop, "spring"))}
        assert members == out | held_out
        assert [one["rows"] for one in export_log(shop)] == [len(held_out), len(out) - 1]


def test_a_list_of_which_all_are_suppressed_by_now_is_not_written(kept: LoadedWarehouse):
    kept.build(kept.file("a.csv", SHOP))
    create_list("spring", Selection(), warehouse=kept.location)
    with duckdb.connect(kept.location) as con:
        con.execute("CREATE TABLE never AS SELECT customer_id FROM dim_customer")
    never = replace(load_settings(), suppression_table="never")
    with pytest.raises(InputError, match="suppressed since it was taken"):
        export_list("spring", kept.folder / "to.csv", warehouse=kept.location, settings=never)
    assert not (kept.folder / "to.csv").exists()
    gone = replace(never, suppression_table="forever")
    with pytest.raises(InputError, match='no table "forever"'):
        export_list("spring", kept.folder / "to.csv", warehouse=kept.location, settings=gone)


@KEYED
@pytest.mark.parametrize("profiled", [pseudonym_profile, people_profile])
def test_who_is_suppressed_by_e_mail_after_a_list_was_taken_is_not_in_its_file(
    kept: LoadedWarehouse, tmp_path, profiled
):
    kept.build(kept.file("a.csv", ROWS), profile=profiled(tmp_path))
    create_list("spring", Selection(), warehouse=kept.location)
    never = suppressed_now(kept, "ANN@new.example")
    made = export_list(
        "spring", tmp_path / "to.csv", form="mailchimp", warehouse=kept.location, settings=never
    )
    assert (made.rows, made.suppressed, made.without_email) == (2, 1, 1)
    assert "ann@" not in (tmp_path / "to.csv").read_text()


def bobs_order_was_anns(kept, profile):
    told = kept.file("b.csv", [person("3", "17", "Ann", "van der Berg", "ann@new.example")])
    kept.load(told, profile=profile)


def built_by_number(kept, _):
    kept.build(kept.file("a.csv", ROWS), profile=people_profile(kept.folder))


@KEYED
@pytest.mark.parametrize(
    ("profiled", "then", "told"),
    [
        (pseudonym_profile, bobs_order_was_anns, "18"),
        (pseudonym_profile, bobs_order_was_anns, "Bob@Oakes.example"),
        (people_profile, bobs_order_was_anns, "18"),
        (people_profile, bobs_order_was_anns, "bob@oakes.example"),
        (pseudonym_profile, built_by_number, "18"),
        (pseudonym_profile, built_by_number, "bob@oakes.example"),
    ],
)
def test_who_is_on_a_list_and_no_customer_any_more_can_be_suppressed(
    kept: LoadedWarehouse, tmp_path, profiled, then, told
):
    profile = profiled(tmp_path)
    kept.build(kept.file("a.csv", ROWS), profile=profile)
    create_list("spring", Selection(), warehouse=kept.location)
    then(kept, profile)
    never = suppressed_now(kept, told)
    made = export_list("spring", tmp_path / "to.csv", warehouse=kept.location, settings=never)
    assert (made.rows, made.suppressed) == (3, 1)


def test_who_went_by_their_e_mail_and_is_no_customer_any_more_can_be_suppressed(
    kept: LoadedWarehouse,
):
    kept.build(kept.file("a.csv", rows_by_email()))
    create_list("spring", Selection(), warehouse=kept.location)
    kept.build(kept.file("b.csv", rows_by_email()[1:]))
    never = suppressed_now(kept, "ann@old.example")
    made = export_list("spring", kept.folder / "to.csv", warehouse=kept.location, settings=never)
    assert (made.rows, made.suppressed) == (3, 1)
    assert "Old" not in (kept.folder / "to.csv").read_text()


@pytest.mark.parametrize("kind", ["INTEGER", "DOUBLE", "DECIMAL(18, 2)", "TEXT"])
def test_a_number_is_a_number_whatever_the_column_that_tells_it(kept: LoadedWarehouse, kind):
    kept.build(kept.file("a.csv", ROWS))
    with duckdb.connect(kept.location) as con:
        con.execute(f"CREATE TABLE never AS SELECT CAST('17' AS {kind}) AS customer_id")
    with kept.open() as shop:
        assert read_suppression_table(shop, "never") == ["17"]
