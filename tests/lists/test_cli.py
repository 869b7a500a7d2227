"""Lists from a terminal: one story, told once, and what is refused."""

import csv
import shutil
from pathlib import Path

import pytest

from lists.conftest import SHOP
from support.terminal import output_lines, regulars
from support.warehouses import to_csv


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the warehouse of the shop drawn by hand; to be copied."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "shop.csv").write_text(to_csv(SHOP))
    output_lines("build", "shop.csv", cwd=folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path, dirs_exist_ok=True)


def test_the_story_of_a_list(folder: Path) -> None:
    assert output_lines("lists", "show", cwd=folder)[0].startswith("There are no lists yet")
    (folder / "not.csv").write_text("customer_id\nbob\nzoe\n")
    asked = ("spring", "--exclude-returned", "14", "--suppress", "not.csv", "--control", "33.3%",
             "--seed", "a", "--author", "Ida")  # fmt: skip
    lines = output_lines("lists", "create", *asked, "--preview", cwd=folder)
    counts = [
        "5 customers are chosen.",
        "1 are left out: returned or cancelled something lately",
        "1 are left out: suppressed",
        "1 are held out as the control group",
        "2 go out.",
    ]
    assert lines[:5] == counts
    assert "Of those to be suppressed, 1 are no customers here." in lines
    assert "To hold out the same when the list is taken: --seed a" in lines
    assert lines[-1] == "Nothing was written."

    assert output_lines("lists", "create", *asked, cwd=folder)[:5] == counts
    [heading, spring] = output_lines("lists", "show", cwd=folder)
    assert heading == "List Taken By Chosen Goes out Held out Left out Of"
    assert spring.startswith("spring ")
    assert spring.endswith(" Ida 5 2 1 2 every customer")
    shown = output_lines("lists", "show", "spring", cwd=folder)
    assert "Control group: 33.30%, stratified by segment, seed a" in shown
    assert shown[1:6] == counts

    assert output_lines(
        "lists", "export", "spring", "-o", "s.csv", "--author", "Ida", cwd=folder
    ) == ["2 customers in s.csv"]
    with (folder / "s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["customer_id"] for row in rows} < {"ann", "cem", "eva"}
    held_out = ("-o", "c.xlsx", "--control-group", "--author", "Olga")
    output_lines("lists", "export", "spring", *held_out, cwd=folder)
    log = output_lines("lists", "log", cwd=folder)
    assert [line.split(" ", 2)[2] for line in log[1:]] == [
        "Olga spring control plain 1 c.xlsx",
        "Ida spring treatment plain 2 s.csv",
    ]
    lines = output_lines(
        "lists", "create", "later", "--exclude-contacted", "7", "--preview", cwd=folder
    )
    assert "2 are left out: on another list that was exported lately" in lines


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("create", "x", "--segment", "Champion"), 2, 'Did you mean "Champions"?'),
        (("create", "x", "--where", "location"), 2, "should be COLUMN=VALUE"),
        (("create", "x", "--where", "location=Wels"), 2, 'Did you mean "Wales"?'),
        (("create", "x", "--control", "all"), 2, "is no share; write it as 10%"),
        (("create", "x", "--exclude-contacted", "0"), 2, "0 days cannot be"),
        (("create", "x", "--suppress", "no.csv"), 3, "There is no file no.csv"),
        (("show", "x"), 2, 'There is no list "x"'),
        (("export", "x", "-o", "x.csv"), 2, 'There is no list "x"'),
        (("export", "x", "-o", "x.pdf"), 2, "must end in .csv or .xlsx"),
        (("export", "x", "-o", "regulars.duckdb"), 2, "is a warehouse"),
        (("export", "x", "-o", "x.csv", "--form", "y"), 4, 'There is no form "y"'),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    made: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = sorted(path.name for path in made.iterdir())
    done = regulars("lists", *arguments, cwd=made)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert sorted(path.name for path in made.iterdir()) == before


@pytest.mark.parametrize("command", ["create", "show", "export", "log"])
def test_the_help_of_every_command_has_an_example(command: str, tmp_path: Path) -> None:
    done = regulars("lists", command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"regulars lists {command}" in done.stdout.partition("Example:")[2]
