"""Behind the Upload page: which loads can be undone, and how corrected rows are loaded."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from regulars.core.settings import Settings
from regulars.insights.parts import Cell
from regulars.warehouse.quarantine import QuarantinedRows
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.pages.upload_history import history
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.changes import (
    check_rows,
    corrected_rows,
    load_rows,
    quarantine_file,
    undo_load,
)
from regulars.web.roles import Role
from support.loaded_warehouse import LoadedWarehouse, line
from support.sections import table_of

ADAM = CurrentUser("adam", Role.ADMIN)
JANUARY = [line("1", price="5.00"), line("2", price="7.00")]
FEBRUARY = [line("2", price="8.00"), line("3", quantity="two", price="4.00"), line("4", day="?")]
"""Order 2 again with another price, and two rows that cannot be read."""


@pytest.fixture
def shop(tmp_path: Path) -> LoadedWarehouse:
    shop = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    shop.build(shop.file("january.csv", JANUARY))
    shop.load(shop.file("february.csv", FEBRUARY))
    return shop


def quarantined(shop: LoadedWarehouse) -> list[dict[str, Any]]:
    with shop.open() as warehouse:
        return list(QuarantinedRows(warehouse).rows())


def rows_of_history(shop: LoadedWarehouse) -> list[Sequence[Cell]]:
    with shop.open() as warehouse:
        section = history(warehouse.loads(), "£")
    return list(table_of(section.parts[0]).rows)


def options(shop: LoadedWarehouse) -> dict[str, Any]:
    return {"warehouse": shop.location, "settings": Settings()}


def test_the_history_has_rows_and_money_of_each_load_by_outcome(shop: LoadedWarehouse) -> None:
    february, january = rows_of_history(shop)
    assert [cell.text for cell in february] == [
        "february.csv", "3", "0", "2", "1", "Undo load 2"
    ]  # fmt: skip
    # Order 2 of 8.00 replaces that of 7.00: no more rows than before, and 1.00 more.
    assert [february[column].note for column in (2, 4)] == ["£1.00", "£7.00"]
    assert [cell.text for cell in january] == ["january.csv", "2", "2", "0", "0", "Undo load 1"]


def test_what_cannot_be_undone_says_why(shop: LoadedWarehouse) -> None:
    undo_load(ADAM, 2, **options(shop), progress=print)
    rows = rows_of_history(shop)
    undo, february, january = (cells[-1] for cells in rows)
    assert rows[0][0].note.endswith(", by adam")
    assert undo.text.startswith("It is an undo")
    assert february.text == "Undone."
    assert january.text == "It is the only load, so nothing would be left."
    assert not undo.member + february.member + january.member


def test_a_check_of_corrected_rows_changes_nothing(shop: LoadedWarehouse) -> None:
    before, rows = shop.contents(), quarantined(shop)
    edited = corrected_rows(rows, {0: {"Quantity": "2"}, 1: {"SKU": rows[1]["SKU"]}})
    assert [row["Order ID"] for row in edited] == ["3"]  # nothing has changed in the other row
    report = check_rows(ADAM, edited, **options(shop))
    assert sections.corrected_check(report, 1, "").finding == "1 of 1 row can be loaded"
    assert (shop.contents(), len(quarantined(shop))) == (before, 2)


def test_corrected_rows_are_loaded_and_the_change_adds_up(shop: LoadedWarehouse) -> None:
    edits = {0: {"Quantity": "2"}, 1: {"Order Date": "tomorrow"}}
    edited = corrected_rows(quarantined(shop), edits)
    check = sections.corrected_check(check_rows(ADAM, edited, **options(shop)), 2, "")
    assert check.finding == "1 of 2 rows can be loaded"
    report = load_rows(ADAM, edited, **options(shop), progress=print)
    [table, *_] = sections.change_result(report, "Corrected rows", "£").parts
    # Two units at 4.00 leave the quarantine, where the amount of a row without quantity was 0.
    assert [[cell.text for cell in row] for row in table_of(table).rows] == [
        ["Read", "0", "£8.00"], ["Accepted: sale", "1", "£8.00"], ["Quarantined", "−1", "£0.00"],
        ["Accounted for", "0", "£8.00"],
    ]  # fmt: skip
    assert [row["Order ID"] for row in quarantined(shop)] == ["4"]


def test_quarantined_rows_are_downloaded_with_their_reasons(shop: LoadedWarehouse) -> None:
    with shop.open() as warehouse:
        text = quarantine_file(ADAM, warehouse, "csv").decode()
        book = openpyxl.load_workbook(BytesIO(quarantine_file(ADAM, warehouse, "xlsx")))
    rows = list(csv.DictReader(StringIO(text)))
    assert rows[0]["quarantined_because"] == "The quantity is missing or is not a number."
    assert [row["Order ID"] for row in rows] == ["3", "4"]
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [2, 2]
