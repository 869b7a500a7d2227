"""Personal data in a shop database: read only with a key, and never again once forgotten."""

from importlib.resources import files
from pathlib import Path

import pytest

import regulars
import regulars.sources.profiles
from regulars.demo.sample_shop import DemoShop
from support.synced_warehouse import SyncedWarehouse, source_lines


def test_without_a_key_no_personal_data_is_read(
    shop: DemoShop, synced: SyncedWarehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REGULARS_PEOPLE_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    synced.sync()
    assert synced.lines() == source_lines(shop)
    assert synced.warehouse.rows("people") == []
    assert b"@example.com" not in Path(synced.location).read_bytes()


def test_with_a_key_personal_data_is_stored_outside_the_star(
    shop: DemoShop, synced: SyncedWarehouse, key: None
) -> None:
    synced.sync()
    bought = {customer for _, customer, *_ in source_lines(shop) if customer}
    people = synced.warehouse.rows("people")
    assert {row["email"] for row in people} == {f"customer{one}@example.com" for one in bought}
    assert not bought & {row["pseudonym"] for row in people}


def test_a_forgotten_customer_stays_forgotten_in_later_syncs(
    shop: DemoShop, synced_on_any_engine: SyncedWarehouse, key: None
) -> None:
    synced_on_any_engine.sync()
    number = next(iter(customer for _, customer, *_ in source_lines(shop) if customer))
    regulars.forget(number, warehouse=synced_on_any_engine.location)
    rows, worth = synced_on_any_engine.totals()[1:]
    assert (rows, worth) == shop.totals()[1:]
    shop.connection.cursor().execute(
        "UPDATE orders SET updated_at = %s, status = 'sent' WHERE customer_id = %s",
        (shop.now, int(number)),
    )
    shop.trade(30)
    synced_on_any_engine.sync()
    assert synced_on_any_engine.totals() == shop.totals()
    customers = {row["customer_id"] for row in synced_on_any_engine.warehouse.rows("dim_customer")}
    assert number not in customers
    assert len(customers) > 10
    assert synced_on_any_engine.sync().load == 0


def test_forgetting_a_customer_does_not_start_storing_others(
    shop: DemoShop, synced: SyncedWarehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REGULARS_PEOPLE_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    synced.sync()
    number = next(iter(customer for _, customer, *_ in source_lines(shop) if customer))
    regulars.forget(number, warehouse=synced.location)
    shop.trade(20)
    synced.sync()
    assert synced.warehouse.rows("people") == []


def test_a_new_customer_id_with_a_known_email_is_the_same_person_in_a_later_sync(
    shop: DemoShop, synced: SyncedWarehouse, key: None, tmp_path: Path
) -> None:
    shipped = files(regulars.sources.profiles) / "shop-database.toml"
    merging = tmp_path / "merging.toml"
    merging.write_text(
        shipped.read_text("utf-8").replace("[people]", '[people]\nsame_person_by = ["email"]')
    )

    def customers() -> set[str]:
        rows = synced.warehouse.rows("dim_customer")
        return {row["customer_id"] for row in rows if row["is_known"]}

    one, other = sorted({line[1] for line in source_lines(shop) if line[1]}, key=int)[:2]
    cursor = shop.connection.cursor()
    cursor.execute("UPDATE customers SET email = (SELECT email FROM customers WHERE "
                   "customer_id = %s) WHERE customer_id = %s", (int(one), int(other)))  # fmt: skip
    shop.connection.commit()
    synced.sync(profile=str(merging))
    bought = {customer for _, customer, *_ in source_lines(shop) if customer}
    assert len(customers()) == len(bought) - 1
    shop.trade(10)
    # The first customer opens another account, which takes over the last order.
    cursor.execute("INSERT INTO customers SELECT 9999, name, upper(email), country, %s FROM "
                   "customers WHERE customer_id = %s", (shop.now, int(one)))  # fmt: skip
    cursor.execute("UPDATE orders SET customer_id = 9999, updated_at = %s WHERE order_id = "
                   "(SELECT max(order_id) FROM orders)", (shop.now,))  # fmt: skip
    shop.connection.commit()
    synced.sync(profile=str(merging))
    assert any(line[1] == "9999" for line in synced.lines())
    assert synced.totals() == shop.totals()
    merged = {row["customer_id"] for row in synced.warehouse.rows("customer_merges")}
    assert merged == {one, other, "9999"}
    assert len(customers() & merged) == 1
