"""Export and forget a customer on the command line and in Python."""

import json
from pathlib import Path

import pytest

import regulars as rg
from support.people import PEOPLE_TOML, ann, bob
from support.terminal import regulars
from support.warehouses import to_csv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with sales, a profile with personal data, and no key yet."""
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    (tmp_path / "sales.csv").write_text(to_csv([ann("1"), ann("2"), bob("3")]))
    (tmp_path / "shop.toml").write_text(PEOPLE_TOML)
    return tmp_path


def test_a_customer_can_be_exported_and_forgotten(folder: Path) -> None:
    done = regulars("build", "sales.csv", "--profile", "shop.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Created a key: .regulars-people.key. Back it up" in done.stderr

    exported = json.loads(regulars("export-customer", "C-17", cwd=folder).stdout)
    assert [row["email"] for row in exported["people"]] == ["ann@brightwater.example"]
    done = regulars("export-customer", "C-17", "-o", "ann.xlsx", cwd=folder)
    assert done.returncode == 0
    assert (folder / "ann.xlsx").exists()

    done = regulars("forget", "C-17", cwd=folder)
    assert done.returncode == 0, done.stderr
    output = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "order_lines: customer removed from 2 rows" in output
    assert "people: customer removed from 1 row" in output
    assert [line for line in output if line.startswith("Verified: no trace of the customer in ")]
    assert "The customer's sales are now guest sales." in output
    assert "brightwater" not in done.stdout.lower()

    again = regulars("export-customer", "C-17", cwd=folder)
    assert (again.returncode, again.stdout) == (2, "")
    assert "has been forgotten. The warehouse holds nothing about them." in again.stderr
    assert "forget" in regulars("loads", cwd=folder).stdout


def test_export_and_forget_are_one_call_each_in_python(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    rg.build("sales.csv", profile="shop.toml")
    assert len(rg.export_customer("C-17")["lines"]) == 2
    forgotten = rg.forget("C-17")
    assert forgotten.changed["dim_order"] == 2
    with pytest.raises(rg.RegularsError, match="has been forgotten"):
        rg.export_customer("C-17")
