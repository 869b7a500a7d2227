"""Forgetting from a terminal: the story of one customer, told once."""

import json
from pathlib import Path

import pytest

import regulars as rg
from support.people import PEOPLE_TOML, ann, bob
from support.terminal import regulars
from support.warehouses import to_csv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shop that keeps people apart, and no key yet."""
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    (tmp_path / "sales.csv").write_text(to_csv([ann("1"), ann("2"), bob("3")]))
    (tmp_path / "shop.toml").write_text(PEOPLE_TOML)
    return tmp_path


def test_the_story_of_a_customer_who_is_forgotten(folder: Path) -> None:
    done = regulars("build", "sales.csv", "--profile", "shop.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "A key was made: .regulars-people.key. Back it up" in done.stderr

    held = json.loads(regulars("export-customer", "C-17", cwd=folder).stdout)
    assert [row["email"] for row in held["people"]] == ["ann@brightwater.example"]
    done = regulars("export-customer", "C-17", "-o", "ann.xlsx", cwd=folder)
    assert done.returncode == 0
    assert (folder / "ann.xlsx").exists()

    done = regulars("forget", "C-17", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "order_lines: 2 rows named them" in told
    assert "people: 1 row named them" in told
    assert [line for line in told if line.startswith("Nothing is left in ")]
    assert "Their sales count as those of a guest." in told
    assert "brightwater" not in done.stdout.lower()

    again = regulars("export-customer", "C-17", cwd=folder)
    assert (again.returncode, again.stdout) == (2, "")
    assert "has been forgotten: nothing is held of them" in again.stderr
    assert "forget" in regulars("loads", cwd=folder).stdout


def test_from_python_it_is_one_call_each(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    rg.build("sales.csv", profile="shop.toml")
    assert len(rg.export_customer("C-17")["lines"]) == 2
    gone = rg.forget("C-17")
    assert gone.changed["dim_order"] == 2
    with pytest.raises(rg.RegularsError, match="has been forgotten"):
        rg.export_customer("C-17")
