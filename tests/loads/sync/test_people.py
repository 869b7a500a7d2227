"""People in a shop's database: read only where they are kept apart, and forgotten for good."""

from pathlib import Path

import pytest

import regulars
from support.synced_warehouse import source_lines

KEY = "a key of the tests that is long enough"


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", KEY)


def test_without_a_key_no_name_is_read(shop, synced, monkeypatch, tmp_path):
    monkeypatch.delenv("REGULARS_PEOPLE_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    synced.sync()
    assert synced.lines() == source_lines(shop)
    assert synced.warehouse.rows("people") == []
    assert b"@example.com" not in Path(synced.location).read_bytes()


def test_with_a_key_names_are_kept_apart(shop, synced, key):
    synced.sync()
    bought = {customer for _, customer, *_ in source_lines(shop) if customer}
    people = synced.warehouse.rows("people")
    assert {row["email"] for row in people} == {f"customer{one}@example.com" for one in bought}
    assert not bought & {row["pseudonym"] for row in people}


def test_who_was_forgotten_stays_so_whatever_the_shop_says(shop, synced_anywhere, key):
    synced_anywhere.sync()
    number = next(iter(customer for _, customer, *_ in source_lines(shop) if customer))
    regulars.forget(number, warehouse=synced_anywhere.location)
    rows, worth = synced_anywhere.totals()[1:]
    assert (rows, worth) == shop.totals()[1:]
    shop.connection.cursor().execute(
        "UPDATE orders SET updated_at = %s, status = 'sent' WHERE customer_id = %s",
        (shop.now, int(number)),
    )
    shop.trade(30)
    synced_anywhere.sync()
    assert synced_anywhere.totals() == shop.totals()
    customers = {row["customer_id"] for row in synced_anywhere.warehouse.rows("dim_customer")}
    assert number not in customers
    assert len(customers) > 10
    assert synced_anywhere.sync().load == 0


def test_who_forgets_somebody_does_not_begin_to_keep_all_others(
    shop, synced, monkeypatch, tmp_path
):
    monkeypatch.delenv("REGULARS_PEOPLE_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    synced.sync()
    number = next(iter(customer for _, customer, *_ in source_lines(shop) if customer))
    regulars.forget(number, warehouse=synced.location)
    shop.trade(20)
    synced.sync()
    assert synced.warehouse.rows("people") == []
