"""The `lists` commands: one session from preview to export, and errors."""

import csv
import shutil
from pathlib import Path

import pytest

from lists.conftest import SHOP
from support.terminal import output_lines, regulars
from support.warehouses import to_csv

COUNTS = [
    "5 customers selected",
    "1 left out: recent return or cancellation",
    "1 left out: suppressed",
    "1 held out as the control group",
    "2 customers to contact",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse of the small shop. Tests that change it use a copy."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "shop.csv").write_text(to_csv(SHOP))
    output_lines("build", "shop.csv", cwd=folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path, dirs_exist_ok=True)


def test_a_list_is_previewed_created_shown_exported_and_logged(folder: Path) -> None:
    assert output_lines("lists", "show", cwd=folder)[0].startswith("No lists yet")
    (folder / "not.csv").write_text("customer_id\nbob\nzoe\n")
    options = ("spring", "--exclude-returned", "14", "--suppress", "not.csv", "--control", "33.3%",
               "--seed", "a", "--author", "Ida")  # fmt: skip
    lines = output_lines("lists", "create", *options, "--preview", cwd=folder)
    assert lines[:5] == COUNTS
    assert "1 suppression entry matches no customer." in lines
    assert "To save a list with this control group, add --seed a" in lines
    assert lines[-1] == "Nothing was saved."

    *created, _, last = output_lines("lists", "create", *options, cwd=folder)
    assert created == lines[:6], "the same counts and power as in the preview"
    assert last.startswith("List saved.")
    [heading, spring] = output_lines("lists", "show", cwd=folder)
    assert heading == "List Created By Selected Left out Held out To contact Segments and filters"
    assert spring.startswith("spring ")
    assert spring.endswith(" Ida 5 2 1 2 all customers")
    shown = output_lines("lists", "show", "spring", cwd=folder)
    assert "Control group: 33.3%, stratified by segment, seed a" in shown
    assert shown[1:6] == COUNTS

    assert output_lines(
        "lists", "export", "spring", "-o", "s.csv", "--author", "Ida", cwd=folder
    ) == ["Exported 2 customers to s.csv"]
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
    assert "2 left out: contacted recently" in lines
    assert "Without a control group, the effect of this list cannot be measured." in lines


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("create", "x", "--segment", "Champion"), 2, 'Did you mean "Champions"?'),
        (("create", "x", "--where", "location"), 2, "Write it as COLUMN=VALUE"),
        (("create", "x", "--where", "location=Wels"), 2, 'Did you mean "Wales"?'),
        (("create", "x", "--control", "all"), 2, "is not a share. Write it as 10%"),
        (("create", "x", "--exclude-contacted", "0"), 2, "must be between 1 and 36,500, not 0"),
        (("create", "x", "--suppress", "no.csv"), 3, "There is no file no.csv"),
        (("show", "x"), 2, 'There is no list "x"'),
        (("results", "x"), 2, 'There is no list "x"'),
        (("export", "x", "-o", "x.csv"), 2, 'There is no list "x"'),
        (("export", "x", "-o", "x.pdf"), 2, "must end in .csv or .xlsx"),
        (("export", "x", "-o", "regulars.duckdb"), 2, "is a warehouse"),
        (("export", "x", "-o", "x.csv", "--form", "y"), 4, 'There is no export format "y"'),
    ],
)
def test_an_error_prints_one_message_and_writes_nothing(
    built: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = sorted(path.name for path in built.iterdir())
    done = regulars("lists", *arguments, cwd=built)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert sorted(path.name for path in built.iterdir()) == before


@pytest.mark.parametrize("command", ["create", "show", "export", "results", "log"])
def test_every_help_text_has_examples(command: str, tmp_path: Path) -> None:
    done = regulars("lists", command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"regulars lists {command}" in done.stdout.partition("Examples:")[2]
