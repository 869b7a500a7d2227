"""An id is written the same in every row; what people cannot see never splits or merges ids."""

import ibis
import pytest

from regulars.sources.profiles.people import Nobody
from regulars.transform.staging.identifiers import (
    customer_as_stored,
    suspect_ids,
    tidy,
    tidy_customer,
    tidy_ids,
    untidy_ids,
)
from regulars.transform.staging.nobody import is_nobody

CUSTOMERS = {
    "C1": "C1",
    "c1": "c1",
    "C\u200b1": "C1",
    "\ufeffC1": "C1",
    "C1\u00ad": "C1",
    "\u202aC1\u202c": "C1",
    "C\u00a01": "C 1",
    "C \t 1": "C 1",
    '="00123"': "00123",
    "'00123": "00123",
    "00123": "00123",
    "12346.00": "12346",
    "1.2346E4": "12346",
    "1,2346E+04": "12346",
    "1E3": "1E3",
    "1.5E": "1.5E",
    "Müller": "Müller",
    "Ada@Example.COM": "ada@example.com",
    "mailto:Ada@example.com": "ada@example.com",
    "Ada Lovelace": "Ada Lovelace",
    "\u200b": None,
}


@pytest.fixture(scope="module")
def lines() -> ibis.Table:
    ids = list(CUSTOMERS)
    products = [one.upper() for one in ids]
    return ibis.memtable({"order_id": ids, "customer_id": ids, "product_id": products})


def test_a_customer_is_tidied(lines: ibis.Table) -> None:
    pairs = lines.select("customer_id", tidy=tidy_customer(lines.customer_id)).to_pyarrow()
    found = {row["customer_id"]: row["tidy"] for row in pairs.to_pylist()}
    assert found == CUSTOMERS


def test_a_tidy_id_stays_as_it_is(lines: ibis.Table) -> None:
    once = lines.select(id=tidy_customer(lines.customer_id)).filter(ibis._.id.notnull())
    again = once.filter(tidy_customer(once.id) != once.id)
    assert again.count().execute() == 0


def test_a_typed_customer_is_found_as_the_warehouse_stores_it() -> None:
    numbers = ("'00123", "12346.00", "1.2346E4", "1,2346E+04", "\u200b")
    for typed, stored in CUSTOMERS.items():
        if typed not in numbers:
            assert customer_as_stored(typed) == stored


def test_every_untidy_id_is_a_suspect(lines: ibis.Table) -> None:
    for raw, stored in CUSTOMERS.items():
        one = lines.filter(lines.customer_id == raw)
        suspects = suspect_ids(one).execute()["suspects"].sum()
        untidy = untidy_ids(one).execute()["untidy"].sum()
        assert bool(untidy) <= bool(suspects)
        if stored != raw:
            assert untidy


def test_products_are_in_capitals_and_an_order_keeps_a_number(lines: ibis.Table) -> None:
    tidied = tidy_ids(lines).execute()
    assert set(tidied["product_id"].dropna()) >= {"C1", "C 1", "MÜLLER"}
    assert tidied["order_id"].notna().all()


@pytest.mark.parametrize(("id_", "lost"), [("1.23457E+11", True), ("1.2346E4", False)])
def test_an_id_without_its_last_digits_is_found(id_: str, lost: bool) -> None:
    one = ibis.memtable({"order_id": ["1"], "customer_id": [id_], "product_id": ["T"]})
    shortened = untidy_ids(one).execute()["shortened"]
    assert (id_ in set(shortened)) == lost


@pytest.mark.parametrize(
    ("word", "nobody"),
    [("0", True), ("000", True), ("guest", True), ("Walk-In  Customer", True), ("(blank)", True),
     ("-", True), ("n/a", True), ("no-email", True), ("k.A.", True), ("-1", True),
     ("10", False), ("1", False), ("ka", False), ("Anna Gast", False), ("guest@a.example", False),
     ("house account", True), ("7", False), ("unknown", False)],
)  # fmt: skip
def test_words_for_nobody_are_recognised(word: str, nobody: bool) -> None:
    profile = Nobody(words=("House Account",), customers=("Unknown",))
    one = ibis.memtable({"word": [word]})
    [found] = one.select(found=is_nobody(tidy(one.word), profile)).execute()["found"]
    assert found == nobody
