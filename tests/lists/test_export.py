"""Lists in files: complete, harmless, private, whole or not there, and logged."""

import csv
import stat
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from lists.conftest import by_role, take
from privacy.conftest import key  # noqa: F401
from regulars.core.errors import InputError, ProfileError, WarehouseError
from regulars.core.files import escape_formula
from regulars.core.settings import Settings
from regulars.lists.api import (
    Control,
    Selection,
    export_list,
    export_log,
    list_members,
    read_suppression_file,
)
from support.loaded_warehouse import LoadedWarehouse, line
from support.named_customers import ROWS, people_profile, pseudonym_profile, rows_by_email

KEYED = pytest.mark.usefixtures("key")


def export(shop, name, file="list.csv", **told):
    told = {"author": "Olga", "settings": Settings(), **told}
    return export_list(name, shop.folder / file, warehouse=shop.location, **told)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_file_is_what_a_query_of_the_list_gives(shop, created):
    created("all", control=Control(0.4, "none", "a"))
    told = export(shop, "all", "all.csv")
    with shop.open() as warehouse:
        members = list(warehouse.rows(list_members(warehouse, "all", "treatment")))
    rows = read(told.file)
    assert [tuple(row.values()) for row in rows] == [
        tuple(
            f"{row[name]:.2f}" if name == "monetary" else str(row[name] or "")
            for name in ("customer_id", "segment", "recency", "frequency", "monetary",
                         "favourite_category", "reason")
        )
        for row in members
    ]  # fmt: skip
    assert (told.rows, told.without_email, len(members)) == (3, 0, 3)


def test_the_control_group_goes_out_only_where_it_is_asked_for(shop, created):
    created("held", control=Control(0.4, "none", "b"))
    roles = by_role(shop, "held")
    out = {row["customer_id"] for row in read(export(shop, "held", "out.csv").file)}
    held = {row["customer_id"] for row in read(export(shop, "held", "c.csv", control=True).file)}
    assert (out, held) == (roles["treatment"], roles["control"])
    created("none held")
    with pytest.raises(InputError, match='"none held" has no control group'):
        export(shop, "none held", "x.csv", control=True)


def test_a_workbook_says_the_same_and_its_numbers_are_numbers(shop, created):
    created("book")
    export(shop, "book", "book.xlsx")
    sheet = openpyxl.load_workbook(shop.folder / "book.xlsx").active
    heading, *rows = sheet.iter_rows(values_only=True)
    assert heading[:5] == ("customer_id", "segment", "recency", "orders", "net_sales")
    assert [(row[0], *row[2:6]) for row in rows] == [
        ("ann", 28, 2, 40, "Books"), ("bob", 13, 1, 20, "Toys"), ("cem", 7, 2, 60, "Books"),
        ("dee", 3, 1, 0, "Toys"), ("eva", 44, 1, 5, None),
    ]  # fmt: skip


def test_each_file_is_logged_with_who_wrote_it(shop, created):
    created("logged")
    export(shop, "logged", "one.csv", author="Ida")
    export(shop, "logged", "two.xlsx", author=" ")
    with shop.open() as warehouse:
        two, one = (row for row in export_log(warehouse) if row["name"] == "logged")
    assert (one["author"], one["role"], one["form"], one["rows"], one["file"]) == (
        "Ida", "treatment", "plain", 5, "one.csv"
    )  # fmt: skip
    assert two["author"]  # the user of this system
    assert two["exported_at"] >= one["exported_at"]
    assert two["exported_at"].date() == date.today()


def test_a_file_is_for_its_owner_alone_and_takes_the_place_of_another(shop, created):
    created("private")
    path = shop.folder / "private.csv"
    path.write_text("older")
    path.chmod(0o666)
    export(shop, "private", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read(path)) == 5


@pytest.mark.parametrize(("most", "sheets"), [(2, [2, 2, 1]), (5, [5]), (4, [4, 1]), (9, [5])])
def test_a_workbook_goes_on_with_another_sheet_where_one_is_full(
    shop, created, monkeypatch, most, sheets
):
    created(f"sheets of {most}")
    monkeypatch.setattr("regulars.core.files.EXCEL_ROWS", most)
    export(shop, f"sheets of {most}", f"whole-{most}.xlsx")
    export(shop, f"sheets of {most}", f"whole-{most}.csv")
    path = shop.folder / f"whole-{most}.xlsx"
    book = openpyxl.load_workbook(path)
    assert [page.max_row - 1 for page in book] == sheets
    assert book.sheetnames == ["list", "list 2", "list 3"][: len(sheets)]
    with (shop.folder / f"whole-{most}.csv").open(encoding="utf-8") as file:
        written = [row["customer_id"] for row in csv.DictReader(file)]
    assert read_suppression_file(path) == written  # and it can be told back whole


def test_what_cannot_be_written_leaves_nothing_and_is_not_logged(shop, created):
    created("whole")
    before = shop.rows("list_exports")
    with pytest.raises(InputError, match=r"must end in \.csv or \.xlsx"):
        export(shop, "whole", "list.txt")
    with pytest.raises(ProfileError, match=r'no form "mailchip"\. Did you mean "mailchimp"'):
        export(shop, "whole", form="mailchip")
    with pytest.raises(InputError, match=r"None of the 5 .* has an e-mail address here"):
        export(shop, "whole", "m.csv", form="mailchimp")
    with pytest.raises(InputError, match='no list "hole"'):
        export(shop, "hole", "m.csv")
    assert not [path for path in shop.folder.iterdir() if path.name.startswith((".m", "m."))]
    assert shop.rows("list_exports") == before


def test_a_list_that_changes_while_it_is_written_is_not_handed_out(shop, created, monkeypatch):
    created("changing", Selection(where={"customer_id": ["ann", "bob"]}))

    def write(written, path, ending):
        written.read = 1

    monkeypatch.setattr("regulars.lists.api.write", write)
    with pytest.raises(WarehouseError, match="has changed while it was written"):
        export(shop, "changing", "changing.csv")
    assert not (shop.folder / "changing.csv").exists()


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠A"],
)
def test_text_that_a_spreadsheet_would_run_is_put_behind_an_apostrophe(cell):
    assert escape_formula(cell) == "'" + cell


@pytest.mark.parametrize("cell", [-1, Decimal("-1.5"), None, "a=1", "", "12-3", date(2024, 1, 1)])
def test_numbers_and_other_text_stay_as_they_are(cell):
    assert escape_formula(cell) is cell


def test_formulas_are_harmless_in_both_kinds_of_file(kept: LoadedWarehouse):
    rows = [line("1", customer="=1+1"), line("2", customer="a;=2+2")]
    rows = [row | {"Category": "@SUM(A1)"} for row in rows]
    kept.build(kept.file("a.csv", rows))
    take(kept, "formulas")
    export(kept, "formulas", "f.csv")
    text = (kept.folder / "f.csv").read_text()
    assert '"\'=1+1"' in text
    assert '"a;=2+2"' in text  # in quotes it is one cell, wherever semicolons part cells
    assert [row["favourite_category"] for row in read(kept.folder / "f.csv")] == ["'@SUM(A1)"] * 2
    export(kept, "formulas", "f.xlsx")
    sheet = openpyxl.load_workbook(kept.folder / "f.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} == {"s", "n"}
    assert sheet["A2"].value == "'=1+1"


@KEYED
@pytest.mark.parametrize("profiled", [people_profile, pseudonym_profile])
def test_e_mail_tools_get_the_columns_they_import(kept: LoadedWarehouse, tmp_path, profiled):
    kept.build(kept.file("a.csv", ROWS), profile=profiled(tmp_path))
    take(kept, "spring, again")
    told = export(kept, "spring, again", form="mailchimp")
    assert (told.rows, told.without_email) == (3, 1)
    found = {row["Email Address"]: row for row in read(told.file)}
    assert found["ann@new.example"] == {
        "Email Address": "ann@new.example", "First Name": "Ann", "Last Name": "van der Berg",
        "Tags": "spring  again",
    }  # fmt: skip
    assert found["'+cem@cem.example"]["First Name"] == "'=cmd|'"
    export(kept, "spring, again", "k.csv", form="klaviyo")
    [ann] = [row for row in read(kept.folder / "k.csv") if row["Email"] == "ann@new.example"]
    assert next(iter(ann)) == "Email"
    assert (ann["First Name"], ann["Orders"], ann["Net Sales"]) == ("Ann", "2", "5.00")
    assert ann["Days Since Last Order"] == "1"


@KEYED
def test_without_the_key_it_is_said_what_is_missing(kept: LoadedWarehouse, tmp_path, monkeypatch):
    kept.build(kept.file("a.csv", ROWS), profile=people_profile(tmp_path))
    take(kept, "spring")
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY nor in"):
        export(kept, "spring", "m.csv", form="mailchimp")
    assert export(kept, "spring", "p.csv").rows == 4
    assert not (tmp_path / ".regulars-people.key").exists()


def test_customers_who_go_by_their_e_mail_need_no_key(kept: LoadedWarehouse):
    kept.build(kept.file("a.csv", rows_by_email()))
    take(kept, "mails")
    export(kept, "mails", form="mailchimp")
    found = {row["Email Address"] for row in read(kept.folder / "list.csv")}
    assert found == {"Ann@Old.example", "ann@new.example", "bob@oakes.example", "'+cem@cem.example"}


def test_a_form_of_ones_own_is_a_file(shop, created, tmp_path):
    form = tmp_path / "post.toml"
    form.write_text('[columns]\n"Who" = "customer_id"\n"Worth" = "net_sales"\n')
    created("own form")
    rows = read(export(shop, "own form", "own.csv", form=str(form)).file)
    assert rows[0] == {"Who": "ann", "Worth": "40.00"}
    form.write_text('[columns]\n"Who" = "custmer_id"\n')
    with pytest.raises(ProfileError, match=r'cannot hold "custmer_id".*"customer_id"'):
        export(shop, "own form", "own.csv", form=str(form))
