"""The commands load, loads, undo, quarantine and replay in a terminal."""

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest

from regulars.lists.saved import author_or_user
from support.terminal import output_lines, regulars

HEADING = "Order ID,Order Date,Customer ID,Product,Quantity,Unit Price,Country\n"
MONDAY = HEADING + (
    "A1,2024-01-05 10:00:00,ann,Tea,2,2.50,Wales\nA2,2024-01-20 11:00:00,bob,Cake,1,4.00,Kent\n"
)
TUESDAY = HEADING + (
    "A2,2024-01-20 11:00:00,bob,Cake,2,4.00,Kent\n"
    "A3,2024-02-03 12:00:00,ann,=1+1,1,3.25,Wales\n"
    "A4,soon,ann,Tea,1,2.50,Kent\n"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse of Monday's sales and a file of Tuesday's."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "monday.csv").write_text(MONDAY)
    (folder / "tuesday.csv").write_text(TUESDAY)
    output_lines("build", "monday.csv", cwd=folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test."""
    return shutil.copytree(built, tmp_path, dirs_exist_ok=True)


def test_new_corrected_repeated_empty_and_quarantined_sales_are_loaded(folder: Path) -> None:
    lines = output_lines("load", "tuesday.csv", cwd=folder)
    assert "Orders: 1 new, 1 changed." in lines
    assert "Difference 0 0.00" in lines
    assert "Warehouse: regulars.duckdb (load 2)" in lines

    (folder / "again.csv").write_text(TUESDAY)
    repeated = output_lines("load", "again.csv", cwd=folder)
    message = "again.csv has the same content as tuesday.csv (load 2). Nothing new to load."
    assert message in repeated

    (folder / "sunday.csv").write_text(HEADING)
    empty = output_lines("load", "sunday.csv", cwd=folder)
    assert "sunday.csv has a header but no rows." in empty
    assert "No orders changed." in empty

    quarantined = output_lines("quarantine", cwd=folder)
    assert quarantined[0] == "1 The order date is missing or is not a date."
    assert quarantined[1].startswith("tuesday.csv, row 4: ")

    output_lines("quarantine", "-o", "rows.xlsx", cwd=folder)
    book = openpyxl.load_workbook(folder / "rows.xlsx")
    names = [cell.value for cell in book.active[1]]
    book.active.cell(2, names.index("Order Date") + 1).value = "2024-02-29 12:00:00"
    book.save(folder / "rows.xlsx")
    assert "Orders: 1 new." in output_lines("replay", "rows.xlsx", cwd=folder)
    assert output_lines("quarantine", cwd=folder) == ["No rows need fixing."]

    loads = output_lines("loads", cwd=folder)
    assert [line.split()[0] for line in loads] == ["Load", "1", "2", "3", "4", "5"]
    user = author_or_user(None)
    assert all(user in line for line in loads[1:])


def test_an_undone_load_is_marked(folder: Path) -> None:
    output_lines("load", "tuesday.csv", cwd=folder)
    assert "Load 2 undone in regulars.duckdb" in output_lines("undo", "2", cwd=folder)
    undone = [line for line in output_lines("loads", cwd=folder) if "(undone)" in line]
    assert len(undone) == 1
    assert "tuesday.csv" in undone[0]
    with (folder / "answer.csv").open("w") as file:
        file.write("\n".join(output_lines("show", "kpis", "--format", "csv", cwd=folder)))
    [row] = csv.DictReader((folder / "answer.csv").open())
    assert (row["orders"], row["net_sales"]) == ("2", "9.0000")


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("undo", "9"), "There is no load 9", 2),
        (("undo", "1"), "would leave the warehouse empty", 2),
        (("replay",), "no row is quarantined", 2),
        (("load", "nowhere.csv"), "nowhere.csv", 3),
        (("load", "tuesday.csv", "-w", "none.duckdb"), "There is no warehouse none.duckdb", 5),
        (("load", "tuesday.csv", "--strict"), "Nothing was loaded", 7),
        (("quarantine", "-o", "rows.parquet"), "exported as .csv or .xlsx", 2),
        (("quarantine", "-o", "rows.txt"), "Use the extension .csv", 2),
    ],
    ids=str,
)
def test_an_error_prints_one_message(
    folder: Path, arguments: tuple[str, ...], message: str, code: int
) -> None:
    done = regulars(*arguments, cwd=folder)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize("command", ["load", "loads", "undo", "quarantine", "replay"])
def test_every_help_text_has_examples(command: str, tmp_path: Path) -> None:
    done = regulars(command, "--help", cwd=tmp_path)
    assert f"regulars {command}" in done.stdout.partition("Examples:")[2]


def test_a_file_with_quarantined_rows_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("half corrected")
    done = regulars("quarantine", "-o", "rows.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "already exists and may contain fixes" in done.stderr
    assert (tmp_path / "rows.csv").read_text() == "half corrected"
