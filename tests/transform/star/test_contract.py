"""A table that breaks its contract is never published."""

from collections.abc import Callable, Sequence
from pathlib import Path

import ibis
import pytest
from ibis.expr.types import Table

from regulars.core.errors import ContractError
from regulars.core.schema import DIM_ORDER, FACT_SALES, STAR, TableContract
from regulars.loads import build
from regulars.transform.star.contract import check_contract, count_breaches
from regulars.transform.star.orders import dim_order
from support.warehouses import BuiltWarehouse, build_and_open

Tables = dict[str, Table]


@pytest.fixture
def star(shop: BuiltWarehouse) -> Tables:
    return {contract.name: shop.warehouse.table(contract.name) for contract in STAR}


def check(shop: BuiltWarehouse, star: Tables, contract: TableContract) -> None:
    [counts] = shop.fetch(count_breaches(star, contract))
    check_contract(contract.name, star[contract.name].schema(), counts, contract)


@pytest.mark.parametrize("contract", STAR, ids=lambda contract: contract.name)
def test_a_small_shop_meets_every_contract(
    shop: BuiltWarehouse, star: Tables, contract: TableContract
) -> None:
    check(shop, star, contract)


@pytest.mark.parametrize("contract", STAR, ids=lambda contract: contract.name)
def test_a_shop_with_a_million_lines_meets_every_contract(
    standard: BuiltWarehouse, contract: TableContract
) -> None:
    tables = {contract.name: standard.warehouse.table(contract.name) for contract in STAR}
    check(standard, tables, contract)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fact: fact.union(fact.limit(2)), "2 duplicates"),
        (lambda fact: fact.mutate(kind=ibis.null("string")), "30 empty"),
        (lambda fact: fact.mutate(order_key=fact.order_key + 100), "30 order key orphans"),
        (lambda fact: fact.mutate(product_key=fact.product_key + 100), "30 product key orphans"),
    ],
    ids=["duplicates", "empty", "no order", "no product"],
)
def test_a_broken_fact_is_refused_with_the_number_of_rows(
    shop: BuiltWarehouse, star: Tables, change: Callable[[Table], Table], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        check(shop, star | {"fact_sales": change(star["fact_sales"])}, FACT_SALES)


def test_a_missing_column_or_a_different_type_is_refused(star: Tables) -> None:
    fact = star["fact_sales"]
    for broken in (fact.drop("discount"), fact.mutate(net_amount=fact.net_amount.cast("float64"))):
        with pytest.raises(ContractError, match="fact_sales should have the columns"):
            check_contract("fact_sales", broken.schema(), {}, FACT_SALES)


def test_the_error_names_the_table_and_its_grain(shop: BuiltWarehouse, star: Tables) -> None:
    twice = star["dim_order"].union(star["dim_order"])
    message = r"^dim_order \(one row is one order\) has 23 duplicates"
    with pytest.raises(ContractError, match=message):
        check(shop, star | {"dim_order": twice}, DIM_ORDER)


def test_a_build_that_breaks_a_contract_leaves_no_warehouse(
    tmp_path: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_wrong_keys(
        lines: Table, customers: Table, odd: Table, *, empty: Sequence[str]
    ) -> Table:
        orders = dim_order(lines, customers, lines.semi_join(odd, "order_id"), empty=empty)
        return orders.mutate(customer_key=orders.customer_key + 7)

    monkeypatch.setattr(build, "dim_order", with_wrong_keys)
    sale = {"Order ID": 1, "Date": "2024-01-01", "Customer": "A", "SKU": "T", "Qty": 1, "Price": 1}
    with pytest.raises(ContractError, match="customer key orphans"):
        build_and_open(tmp_path / "shop.duckdb", [write([sale])])
    assert not (tmp_path / "shop.duckdb").exists()
