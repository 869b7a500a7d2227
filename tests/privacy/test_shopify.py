"""Shopify identifies customers by email: with a key they get pseudonyms, without one emails."""

from pathlib import Path

import pytest

from support.loaded_warehouse import LoadedWarehouse
from support.people import all_text, pseudonym

EXPORT = """\
Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,\
Lineitem discount,Shipping Country,Cancelled at,Billing Name,Billing Address1,Billing Address2,\
Shipping Name,Phone
#1,ann@brightwater.example,2024-03-30 23:30:00,2,Tea,10.00,T1,2.50,GB,,Anneliese B,7 Quince Lane,\
Flat 2,Anneliese B,0123
#1,,2024-03-30 23:30:00,{quantity},Mug,5.00,M1,0,,,,,,,
#2,bob@oakes.example,2024-04-01 00:10:00,1,Tea,10.00,T1,0,FR,,Bob,1 Low Road,,Bob,
#3,,2024-04-01 00:10:00,1,Tea,10.00,T1,0,FR,,,,,,
"""


@pytest.fixture
def shop(tmp_path: Path) -> LoadedWarehouse:
    return LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)


def export(shop: LoadedWarehouse, name: str = "orders.csv", quantity: str = "1") -> Path:
    (shop.folder / name).write_text(EXPORT.format(quantity=quantity))
    return shop.folder / name


def customers(shop: LoadedWarehouse) -> dict[str, str | None]:
    names = {row["customer_key"]: row["customer_id"] for row in shop.rows("dim_customer")}
    return {row["order_id"]: names[row["customer_key"]] for row in shop.rows("dim_order")}


def test_with_a_key_the_star_has_no_emails(shop: LoadedWarehouse, key: str) -> None:
    report = shop.build(export(shop))
    assert report.sources[0].mapping.profile.name == "shopify-orders"
    assert customers(shop) == {
        "#1": pseudonym(key, "ann@brightwater.example"),
        "#2": pseudonym(key, "bob@oakes.example"),
        "#3": None,
    }
    addresses = {row["email"]: row["address"] for row in shop.rows("people")}
    assert addresses == {
        "ann@brightwater.example": "7 Quince Lane Flat 2",
        "bob@oakes.example": "1 Low Road",
    }


def test_without_a_key_the_star_has_emails(
    shop: LoadedWarehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    shop.build(export(shop))
    assert customers(shop)["#1"] == "ann@brightwater.example"
    assert shop.rows("people") == []
    assert not list(tmp_path.glob(".*key"))


def test_a_warehouse_with_emails_keeps_them_when_a_key_is_added(
    shop: LoadedWarehouse, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(shop.folder)
    shop.build(export(shop))
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", key)
    again = shop.load(export(shop, "again.csv"))
    assert again.duplicates
    assert customers(shop)["#1"] == "ann@brightwater.example"


def test_a_customer_can_be_forgotten_by_email(shop: LoadedWarehouse) -> None:
    shop.build(export(shop))
    shop.forget("ann@brightwater.example")
    assert customers(shop)["#1"] is None
    assert not [word for word in ("brightwater", "quince", "anneliese") if word in all_text(shop)]


def test_quarantined_rows_have_no_personal_data_in_any_column(shop: LoadedWarehouse) -> None:
    shop.build(export(shop, quantity="two"))
    [row] = shop.rows("quarantine")
    assert row["customer_id"] is not None
    export(shop).write_text(EXPORT.format(quantity="1").replace(",2,Tea", ",two,Tea"))
    shop.build(shop.folder / "orders.csv")
    text = " ".join(row["original"] for row in shop.rows("quarantine")).lower()
    assert not [word for word in ("brightwater", "quince", "anneliese", "0123") if word in text]
