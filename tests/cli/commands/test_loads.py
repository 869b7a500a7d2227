"""Keeping a warehouse from a terminal: load, look, take back, mend; one story, told once."""

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest

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
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse of Monday's sales, and the file of Tuesday's; to be copied."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "monday.csv").write_text(MONDAY)
    (folder / "tuesday.csv").write_text(TUESDAY)
    output_lines("build", "monday.csv", cwd=folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A folder of this test alone with a warehouse of Monday's sales, and the file of Tuesday's."""
    return shutil.copytree(made, tmp_path, dirs_exist_ok=True)


def test_the_story_of_a_warehouse_that_is_kept(folder: Path) -> None:
    lines = output_lines("load", "tuesday.csv", cwd=folder)
    assert "Orders: 1 new, 1 changed." in lines
    assert "Left over 0 0.00" in lines
    assert "Load 2 into regulars.duckdb" in lines

    (folder / "again.csv").write_text(TUESDAY)
    again = output_lines("load", "again.csv", cwd=folder)
    assert "again.csv says what tuesday.csv (load 2) has said: nothing of it is new." in again

    (folder / "sunday.csv").write_text(HEADING)
    nothing = output_lines("load", "sunday.csv", cwd=folder)
    assert "sunday.csv has a heading but no rows." in nothing
    assert "No order has changed." in nothing

    waiting = output_lines("quarantine", cwd=folder)
    assert waiting[0] == "1 The order date is missing or cannot be read as a date."
    assert waiting[1].startswith("tuesday.csv, row 4: ")

    output_lines("quarantine", "-o", "rows.xlsx", cwd=folder)
    book = openpyxl.load_workbook(folder / "rows.xlsx")
    names = [cell.value for cell in book.active[1]]
    book.active.cell(2, names.index("Order Date") + 1).value = "2024-02-29 12:00:00"
    book.save(folder / "rows.xlsx")
    assert "Orders: 1 new." in output_lines("replay", "rows.xlsx", cwd=folder)
    assert output_lines("quarantine", cwd=folder) == ["No row waits to be mended."]

    loads = output_lines("loads", cwd=folder)
    assert [line.split()[0] for line in loads] == ["Load", "1", "2", "3", "4", "5"]


def test_a_load_that_was_taken_back_is_marked(folder: Path) -> None:
    output_lines("load", "tuesday.csv", cwd=folder)
    assert "Load 2 has been taken back in regulars.duckdb" in output_lines("undo", "2", cwd=folder)
    marked = [line for line in output_lines("loads", cwd=folder) if "(taken back)" in line]
    assert len(marked) == 1
    assert "tuesday.csv" in marked[0]
    with (folder / "answer.csv").open("w") as file:
        file.write("\n".join(output_lines("show", "kpis", "--format", "csv", cwd=folder)))
    [row] = csv.DictReader((folder / "answer.csv").open())
    assert (row["orders"], row["net_sales"]) == ("2", "9.0000")


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("undo", "9"), "There is no load 9", 2),
        (("undo", "1"), "there would be nothing left", 2),
        (("replay",), "No row is quarantined", 2),
        (("load", "nowhere.csv"), "nowhere.csv", 3),
        (("load", "tuesday.csv", "-w", "none.duckdb"), "There is no warehouse none.duckdb", 5),
        (("load", "tuesday.csv", "--strict"), "Nothing was loaded", 7),
        (("quarantine", "-o", "rows.parquet"), "end the file in .csv or .xlsx", 2),
        (("quarantine", "-o", "rows.txt"), "End the file in .csv", 2),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_told_in_a_line(
    folder: Path, arguments: tuple[str, ...], words: str, code: int
) -> None:
    done = regulars(*arguments, cwd=folder)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize("command", ["load", "loads", "undo", "quarantine", "replay"])
def test_the_help_of_every_command_has_an_example(command: str, tmp_path: Path) -> None:
    done = regulars(command, "--help", cwd=tmp_path)
    assert f"regulars {command}" in done.stdout.partition("Example:")[2]


def test_a_file_of_rows_that_somebody_may_be_mending_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("half mended")
    asked = regulars("quarantine", "-o", "rows.csv", cwd=tmp_path)
    assert asked.returncode == 2
    assert "is there already, and somebody may be mending it" in asked.stderr
    assert (tmp_path / "rows.csv").read_text() == "half mended"
