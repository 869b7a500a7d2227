"""A table that breaks what is promised of it is never published."""

import ibis
import pytest

from regulars.core.errors import ContractError
from regulars.core.schema import DIM_ORDER, FACT_SALES, STAR
from regulars.loads import build
from regulars.transform.star.contract import breaches, check
from support.warehouses import build_and_open


@pytest.fixture
def star(shop):
    return {contract.name: shop.warehouse.table(contract.name) for contract in STAR}


def checked(shop, star, contract):
    [counts] = shop.fetch(breaches(star, contract))
    check(contract.name, star[contract.name].schema(), counts, contract)


@pytest.mark.parametrize("contract", STAR, ids=lambda contract: contract.name)
def test_a_shop_keeps_every_promise(shop, star, contract):
    checked(shop, star, contract)


@pytest.mark.parametrize("contract", STAR, ids=lambda contract: contract.name)
def test_a_shop_of_a_million_lines_keeps_every_promise(standard, contract):
    tables = {contract.name: standard.warehouse.table(contract.name) for contract in STAR}
    checked(standard, tables, contract)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda fact: fact.union(fact.limit(2)), "2 duplicates"),
        (lambda fact: fact.mutate(kind=ibis.null("string")), "30 empty"),
        (lambda fact: fact.mutate(order_key=fact.order_key + 100), "30 order key orphans"),
        (lambda fact: fact.mutate(product_key=fact.product_key + 100), "30 product key orphans"),
    ],
    ids=["duplicates", "empty", "no order", "no product"],
)
def test_a_broken_fact_is_refused_with_the_number_of_rows(shop, star, broken, words):
    with pytest.raises(ContractError, match=words):
        checked(shop, star | {"fact_sales": broken(star["fact_sales"])}, FACT_SALES)


def test_a_missing_column_or_another_type_is_refused(star):
    fact = star["fact_sales"]
    for broken in (fact.drop("discount"), fact.mutate(net_amount=fact.net_amount.cast("float64"))):
        with pytest.raises(ContractError, match="fact_sales should have the columns"):
            check("fact_sales", broken.schema(), {}, FACT_SALES)


def test_the_words_name_the_table_and_what_one_row_of_it_is(shop, star):
    twice = star["dim_order"].union(star["dim_order"])
    words = r"^dim_order \(one row is one order\) has 23 duplicates"
    with pytest.raises(ContractError, match=words):
        checked(shop, star | {"dim_order": twice}, DIM_ORDER)


def test_a_build_that_breaks_a_promise_leaves_no_warehouse(tmp_path, write, monkeypatch):
    honest = build.dim_order

    def careless(lines, customers, odd):
        orders = honest(lines, customers, odd)
        return orders.mutate(customer_key=orders.customer_key + 7)

    monkeypatch.setattr(build, "dim_order", careless)
    sale = {"Order ID": 1, "Date": "2024-01-01", "Customer": "A", "SKU": "T", "Qty": 1, "Price": 1}
    with pytest.raises(ContractError, match="customer key orphans"):
        build_and_open(tmp_path / "shop.duckdb", [write([sale])])
    assert not (tmp_path / "shop.duckdb").exists()
