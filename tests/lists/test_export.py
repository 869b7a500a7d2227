"""Exports: complete, safe in a spreadsheet, private, all or nothing, and logged."""

import csv
import stat
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lists.conftest import Create, create_in, members_by_role
from privacy.conftest import Fill, key  # noqa: F401
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
from regulars.lists.export import ExportResult, ExportRows
from support.loaded_warehouse import LoadedWarehouse, line
from support.named_customers import ROWS, people_profile, pseudonym_profile, rows_by_email
from support.people import MakeProfile, pseudonym

KEYED = pytest.mark.usefixtures("key")


def export(
    shop: LoadedWarehouse, name: str, file: str = "list.csv", **options: Any
) -> ExportResult:
    options = {"author": "Olga", "settings": Settings(), **options}
    return export_list(name, shop.folder / file, warehouse=shop.location, **options)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_export_equals_the_list_members(shop: LoadedWarehouse, create: Create) -> None:
    create("all", control=Control(0.4, "none", "a"))
    result = export(shop, "all", "all.csv")
    with shop.open() as warehouse:
        members = list(warehouse.rows(list_members(warehouse, "all", "treatment")))
    rows = read(result.file)
    assert [tuple(row.values()) for row in rows] == [
        tuple(
            f"{row[name]:.2f}" if name == "monetary" else str(row[name] or "")
            for name in ("customer_id", "segment", "recency", "frequency", "monetary",
                         "favourite_category", "reason")
        )
        for row in members
    ]  # fmt: skip
    assert (result.rows, result.without_email, len(members)) == (3, 0, 3)


def test_the_control_group_is_exported_only_on_request(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("held", control=Control(0.4, "none", "b"))
    roles = members_by_role(shop, "held")
    treated = read(export(shop, "held", "out.csv").file)
    held_out = read(export(shop, "held", "c.csv", control=True).file)
    assert {row["customer_id"] for row in treated} == roles["treatment"]
    assert {row["customer_id"] for row in held_out} == roles["control"]
    create("none held")
    with pytest.raises(InputError, match='"none held" has no control group'):
        export(shop, "none held", "x.csv", control=True)


def test_a_workbook_has_the_same_rows_with_numeric_cells(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("book")
    export(shop, "book", "book.xlsx")
    sheet = openpyxl.load_workbook(shop.folder / "book.xlsx").active
    heading, *rows = sheet.iter_rows(values_only=True)
    assert heading[:5] == ("customer_id", "segment", "recency", "orders", "net_sales")
    assert [(row[0], *row[2:6]) for row in rows] == [
        ("ann", 28, 2, 40, "Books"), ("bob", 13, 1, 20, "Toys"), ("cem", 7, 2, 60, "Books"),
        ("dee", 3, 1, 0, "Toys"), ("eva", 44, 1, 5, None),
    ]  # fmt: skip


def test_each_export_is_logged_with_its_author(shop: LoadedWarehouse, create: Create) -> None:
    create("logged")
    export(shop, "logged", "one.csv", author="Ida")
    export(shop, "logged", "two.xlsx", author=" ")
    with shop.open() as warehouse:
        two, one = (row for row in export_log(warehouse) if row["name"] == "logged")
    assert (one["author"], one["role"], one["format"], one["rows"], one["file"]) == (
        "Ida", "treatment", "plain", 5, "one.csv"
    )  # fmt: skip
    assert two["author"]  # the user name on this machine
    assert two["exported_at"] >= one["exported_at"]
    assert two["exported_at"].date() == date.today()


def test_an_export_replaces_a_file_and_only_the_owner_can_read_it(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("private")
    path = shop.folder / "private.csv"
    path.write_text("older")
    path.chmod(0o666)
    export(shop, "private", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read(path)) == 5


@pytest.mark.parametrize(
    ("limit", "sheets"),
    [
        (2, [2, 2, 1]),
        (5, [5]),
        pytest.param(4, [4, 1], marks=pytest.mark.thorough),
        pytest.param(9, [5], marks=pytest.mark.thorough),
    ],
)
def test_a_workbook_continues_on_another_sheet_when_one_is_full(
    shop: LoadedWarehouse,
    create: Create,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    sheets: list[int],
) -> None:
    create(f"sheets of {limit}")
    monkeypatch.setattr("regulars.core.files.EXCEL_ROWS", limit)
    export(shop, f"sheets of {limit}", f"whole-{limit}.xlsx")
    export(shop, f"sheets of {limit}", f"whole-{limit}.csv")
    path = shop.folder / f"whole-{limit}.xlsx"
    book = openpyxl.load_workbook(path)
    assert [page.max_row - 1 for page in book] == sheets
    assert book.sheetnames == ["list", "list 2", "list 3"][: len(sheets)]
    with (shop.folder / f"whole-{limit}.csv").open(encoding="utf-8") as file:
        exported = [row["customer_id"] for row in csv.DictReader(file)]
    assert read_suppression_file(path) == exported  # every sheet is read back


def test_a_failed_export_leaves_no_file_and_is_not_logged(
    shop: LoadedWarehouse, create: Create
) -> None:
    create("whole")
    before = shop.rows("list_exports")
    with pytest.raises(InputError, match=r"must end in \.csv or \.xlsx"):
        export(shop, "whole", "list.txt")
    with pytest.raises(ProfileError, match=r'"mailchip"\. Did you mean "mailchimp"'):
        export(shop, "whole", form="mailchip")
    with pytest.raises(InputError, match=r"None of the 5 .* has an email address here"):
        export(shop, "whole", "m.csv", form="mailchimp")
    with pytest.raises(InputError, match='no list "hole"'):
        export(shop, "hole", "m.csv")
    assert not [path for path in shop.folder.iterdir() if path.name.startswith((".m", "m."))]
    assert shop.rows("list_exports") == before


def test_a_list_that_changes_during_the_export_is_not_exported(
    shop: LoadedWarehouse, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("changing", Selection(where={"customer_id": ["ann", "bob"]}))

    def write_rows(rows: ExportRows, path: Path, file_type: str) -> None:
        rows.members = 1

    monkeypatch.setattr("regulars.lists.api.write_rows", write_rows)
    with pytest.raises(WarehouseError, match="changed during the export"):
        export(shop, "changing", "changing.csv")
    assert not (shop.folder / "changing.csv").exists()


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠A"],
)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert escape_formula(cell) == "'" + cell


@pytest.mark.parametrize("cell", [-1, Decimal("-1.5"), None, "a=1", "", "12-3", date(2024, 1, 1)])
def test_numbers_and_other_text_are_unchanged(cell: object) -> None:
    assert escape_formula(cell) is cell


def test_formulas_are_harmless_in_csv_and_workbooks(fresh: LoadedWarehouse) -> None:
    rows = [line("1", customer="=1+1"), line("2", customer="a;=2+2")]
    rows = [row | {"Category": "@SUM(A1)"} for row in rows]
    fresh.build(fresh.file("a.csv", rows))
    create_in(fresh, "formulas")
    export(fresh, "formulas", "f.csv")
    text = (fresh.folder / "f.csv").read_text()
    assert '"\'=1+1"' in text
    assert '"a;=2+2"' in text  # quoted, so one cell even where semicolons separate cells
    assert [row["favourite_category"] for row in read(fresh.folder / "f.csv")] == ["'@SUM(A1)"] * 2
    export(fresh, "formulas", "f.xlsx")
    sheet = openpyxl.load_workbook(fresh.folder / "f.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} == {"s", "n"}
    assert sheet["A2"].value == "'=1+1"


@KEYED
@pytest.mark.parametrize("make_profile", [people_profile, pseudonym_profile])
def test_email_tools_get_the_columns_they_import(
    fresh: LoadedWarehouse,
    fill: Fill,
    make_profile: MakeProfile,
    key: str,  # noqa: F811
) -> None:
    fill(ROWS, profile=make_profile)
    create_in(fresh, "spring, again")
    result = export(fresh, "spring, again", form="mailchimp")
    assert (result.rows, result.without_email) == (3, 1)
    rows = {row["Email Address"]: row for row in read(result.file)}
    assert rows["ann@new.example"] == {
        "Email Address": "ann@new.example", "First Name": "Ann", "Last Name": "van der Berg",
        "Customer ID": rows["ann@new.example"]["Customer ID"], "Last Order Date": "2024-01-02",
        "Tags": "spring  again",
    }  # fmt: skip
    assert rows["'+cem@cem.example"]["First Name"] == "'=cmd|'"
    export(fresh, "spring, again", "k.csv", form="klaviyo")
    [ann] = [row for row in read(fresh.folder / "k.csv") if row["Email"] == "ann@new.example"]
    assert next(iter(ann)) == "Email"
    assert (ann["First Name"], ann["Orders"], ann["Net Sales"]) == ("Ann", "2", "5.00")
    # Ann's orders are of January 1 and 2; the list is of the day after.
    assert (ann["Last Order Date"], ann["Days Since Last Order"]) == ("2024-01-02", "1")
    assert ann["Customer ID"] in ("17", pseudonym(key, "17"))


@KEYED
@pytest.mark.parametrize("conventions", ["standard", "lgs"])  # lgs counts days of 24 hours
def test_the_last_order_is_the_last_before_the_list(
    fresh: LoadedWarehouse, tmp_path: Path, conventions: str
) -> None:
    profile = people_profile(tmp_path)
    fresh.build(fresh.file("a.csv", ROWS), profile=profile, conventions=conventions)
    days = {}
    for as_of in ("2024-01-02", "2024-01-03"):
        create_in(fresh, as_of, Selection(as_of=as_of))
        file = export(fresh, as_of, f"{as_of}.xlsx", form="klaviyo").file
        heading, *rows = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
        [ann] = [row for row in rows if "Ann" in row]
        days[as_of] = ann[heading.index("Last Order Date")].date()
    # Ann's orders are of January 1 and 2.
    assert days == {"2024-01-02": date(2024, 1, 1), "2024-01-03": date(2024, 1, 2)}


@KEYED
def test_an_export_with_emails_needs_the_key(
    fresh: LoadedWarehouse, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ROWS, profile=people_profile)
    create_in(fresh, "spring")
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY nor in"):
        export(fresh, "spring", "m.csv", form="mailchimp")
    assert export(fresh, "spring", "p.csv").rows == 4
    assert not (tmp_path / ".regulars-people.key").exists()


def test_customers_identified_by_email_need_no_key(fresh: LoadedWarehouse, fill: Fill) -> None:
    fill(rows_by_email())
    create_in(fresh, "mails")
    export(fresh, "mails", form="mailchimp")
    emails = {row["Email Address"] for row in read(fresh.folder / "list.csv")}
    assert emails == {
        "ann@old.example",
        "ann@new.example",
        "bob@oakes.example",
        "'+cem@cem.example",
    }


def test_a_custom_format_is_a_toml_file(
    shop: LoadedWarehouse, create: Create, tmp_path: Path
) -> None:
    file = tmp_path / "post.toml"
    file.write_text('[columns]\n"Who" = "customer_id"\n"Worth" = "net_sales"\n')
    create("custom format")
    rows = read(export(shop, "custom format", "own.csv", form=str(file)).file)
    assert rows[0] == {"Who": "ann", "Worth": "40.00"}
    file.write_text('[columns]\n"Who" = "custmer_id"\n')
    with pytest.raises(ProfileError, match=r'cannot hold "custmer_id".*"customer_id"'):
        export(shop, "custom format", "own.csv", form=str(file))
