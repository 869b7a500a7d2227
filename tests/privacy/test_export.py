"""An export has the personal data of a customer, and every row that names them."""

import csv
import json
import stat
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from privacy.conftest import Fill
from regulars.core.errors import InputError, WarehouseError
from regulars.privacy.export import export_customer, write_customer
from support.loaded_warehouse import LoadedWarehouse
from support.people import (
    ANN,
    MakeProfile,
    ann,
    bob,
    people_profile,
    pseudonym,
    pseudonym_profile,
)

FIRST = [ann("1", price="2"), ann("2", "mug", price="5"), bob("3")]
LATER = [ann("2", "hat", price="9"), ann("5", price="ask"), bob("6")]


@pytest.fixture
def make_profile() -> MakeProfile:
    """How the shop has personal data, unless a test says otherwise."""
    return people_profile


@pytest.fixture
def ann_and_bob(shop: LoadedWarehouse, fill: Fill, make_profile: MakeProfile) -> LoadedWarehouse:
    fill(FIRST, LATER, profile=make_profile)
    return shop


@pytest.mark.parametrize(
    ("engine", "make_profile"),
    [
        ("duckdb", people_profile),
        pytest.param("duckdb", pseudonym_profile, marks=pytest.mark.thorough),
        pytest.param("postgresql", people_profile, marks=pytest.mark.thorough),
        ("postgresql", pseudonym_profile),
    ],
    indirect=["engine"],
)
def test_an_export_has_everything_about_a_customer_and_nothing_about_others(
    ann_and_bob: LoadedWarehouse, key: str
) -> None:
    data = export_customer("C-17", ann_and_bob.location)
    parts = data.parts
    assert data.pseudonym == pseudonym(key, "C-17")
    assert {row["email"] for row in parts["people"]} == {ANN["E-Mail"]}
    [customer] = parts["customer"]
    assert (customer["orders"], customer["net_sales"]) == (2, Decimal(11))
    assert sorted(row["order_id"] for row in parts["orders"]) == ["1", "2"]
    assert sorted((row["order_id"], row["product_id"]) for row in parts["lines"]) == [
        ("1", "TEA"), ("2", "HAT"),
    ]  # fmt: skip
    assert [row["product_id"] for row in parts["superseded_lines"]] == ["MUG"]
    assert [row["order_id"] for row in parts["quarantined"]] == ["5"]
    [segment] = parts["segments"]
    assert segment["customer_id"] == customer["customer_id"]
    assert "oakes" not in json.dumps(data.as_dict(), default=str).lower()


def test_unknown_and_forgotten_customers_cannot_be_exported(ann_and_bob: LoadedWarehouse) -> None:
    with pytest.raises(InputError, match='holds nothing about a customer "Zoe"'):
        export_customer("Zoe", ann_and_bob.location)
    ann_and_bob.forget("C-17")
    with pytest.raises(InputError, match="has been forgotten"):
        export_customer("C-17", ann_and_bob.location)


def test_only_the_owner_can_read_exported_files(
    ann_and_bob: LoadedWarehouse, tmp_path: Path
) -> None:
    data = export_customer("C-17", ann_and_bob.location)
    (tmp_path / ".ann.csv.part").touch(mode=0o644)  # left behind by another user
    for ending in ("json", "csv", "xlsx"):
        write_customer(data, tmp_path / f"ann.{ending}")
        assert stat.S_IMODE((tmp_path / f"ann.{ending}").stat().st_mode) == 0o600
    exported = json.loads((tmp_path / "ann.json").read_text())
    assert exported["customer"][0]["net_sales"] == "11.0000"
    cells = list(csv.DictReader((tmp_path / "ann.csv").open()))
    assert {(row["what"], row["value"]) for row in cells if row["column"] == "email"} == {
        ("people", ANN["E-Mail"])
    }
    book = openpyxl.load_workbook(tmp_path / "ann.xlsx")
    assert book.sheetnames == ["people", "customer", "orders", "lines", "superseded_lines",
                               "quarantined", "segments", "lists"]  # fmt: skip
    assert len(list(book["lines"].rows)) == 3


def test_export_refuses_other_file_types(ann_and_bob: LoadedWarehouse, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in \.json, \.csv, \.xlsx"):
        write_customer(export_customer("C-17", ann_and_bob.location), tmp_path / "ann.pdf")


def test_an_export_needs_the_key(
    ann_and_bob: LoadedWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY"):
        export_customer("C-17", ann_and_bob.location)
