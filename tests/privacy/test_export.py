"""What is held of a customer is handed over: who they are, and every row that names them."""

import csv
import json
import stat
from decimal import Decimal

import openpyxl
import pytest

from regulars.core.errors import InputError, WarehouseError
from regulars.privacy.export import export_customer, write_customer
from support.people import ANN, ann, bob, people_profile, pseudonym, pseudonym_profile

ANYWHERE = pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)


@pytest.fixture(params=[people_profile, pseudonym_profile], ids=["apart", "by pseudonym"])
def held(request, kept, tmp_path):
    profile = request.param(tmp_path)
    first = [ann("1", price="2"), ann("2", "mug", price="5"), bob("3")]
    kept.build(kept.file("a.csv", first), profile=profile)
    later = [ann("2", "hat", price="9"), ann("5", price="ask"), bob("6")]
    kept.load(kept.file("b.csv", later), profile=profile)
    return kept


@ANYWHERE
def test_everything_that_names_them_is_there_and_nothing_of_others(held, key):
    found = export_customer("C-17", held.location)
    parts = found.parts
    assert found.pseudonym == pseudonym(key, "C-17")
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
    assert "oakes" not in json.dumps(found.as_dict(), default=str).lower()


def test_of_nobody_nothing_is_handed_over(held):
    with pytest.raises(InputError, match='Nothing is held of a customer "Zoe"'):
        export_customer("Zoe", held.location)
    held.forget("C-17")
    with pytest.raises(InputError, match="has been forgotten"):
        export_customer("C-17", held.location)


def test_it_goes_into_files_that_their_owner_alone_can_read(held, tmp_path):
    found = export_customer("C-17", held.location)
    (tmp_path / ".ann.csv.part").touch(mode=0o644)  # left by somebody else
    for ending in ("json", "csv", "xlsx"):
        write_customer(found, tmp_path / f"ann.{ending}")
        assert stat.S_IMODE((tmp_path / f"ann.{ending}").stat().st_mode) == 0o600
    told = json.loads((tmp_path / "ann.json").read_text())
    assert told["customer"][0]["net_sales"] == "11.0000"
    cells = list(csv.DictReader((tmp_path / "ann.csv").open()))
    assert {(row["what"], row["value"]) for row in cells if row["column"] == "email"} == {
        ("people", ANN["E-Mail"])
    }
    book = openpyxl.load_workbook(tmp_path / "ann.xlsx")
    assert book.sheetnames == ["people", "customer", "orders", "lines", "superseded_lines",
                               "quarantined", "segments", "lists"]  # fmt: skip
    assert len(list(book["lines"].rows)) == 3


def test_a_file_of_another_kind_is_refused(held, tmp_path):
    with pytest.raises(InputError, match=r"must end in \.json, \.csv, \.xlsx"):
        write_customer(export_customer("C-17", held.location), tmp_path / "ann.pdf")


def test_without_the_key_nobody_can_be_looked_up(held, tmp_path, monkeypatch):
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY"):
        export_customer("C-17", held.location)
