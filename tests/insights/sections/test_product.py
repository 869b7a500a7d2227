"""The sections on one product, for the thirty-line shop and for the real one."""

from datetime import date
from typing import Any

import pytest

from regulars.insights.findings import product as findings
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.product import BuyersOf, ProductName, bought_together
from regulars.insights.sections.sales import trend
from support.sections import tables, texts
from support.warehouses import BuiltWarehouse

TEA = {"product_id": ("T1",)}
SUMMARY = {"orders": 40, "customers": 30, "first_purchase_share": 0.5, "return_rate": 0.1,
           "returns": 5}  # fmt: skip


def test_buyers_of_a_product_with_their_first_purchases(shop: BuiltWarehouse) -> None:
    section = BuyersOf(shows_customers=True)(Scope(shop.warehouse, where=TEA))
    assert section.finding == "6 known customers bought it, in 10 orders"
    assert section.detail.startswith("9.6% of its sales were returned.")  # 20 of 208
    assert "Sold from 1 January 2024 to 10 April 2024." in section.detail
    facts, customers = tables(section)
    # Units, customers, repeat rate, first purchases, their share, returns, return rate.
    assert texts(facts)[0][1:] == ["22", "6", "33.3%", "6", "100.0%", "20.00", "9.6%"]
    # Fay and Gus 50 each, Ann 43, Dee 25, Bob 20 - 10, Hal 10 - 10; the guest has no row.
    assert [row[:2] for row in texts(customers)] == [
        ["Fay", "50.00"], ["Gus", "50.00"], ["Ann", "43.00"], ["Dee", "25.00"], ["Bob", "10.00"],
        ["Hal", "0.00"],
    ]  # fmt: skip
    assert (customers.column, customers.rows[0][0].member) == ("customer", "Fay")


def test_viewers_see_no_customer_of_a_product(shop: BuiltWarehouse) -> None:
    section = BuyersOf(shows_customers=False)(Scope(shop.warehouse, where=TEA))
    assert len(tables(section)) == 1
    assert "Fay" not in str(section)


def test_first_and_last_sale_are_those_of_all_time(shop: BuiltWarehouse) -> None:
    february = Span(date(2024, 2, 1), date(2024, 2, 29))
    section = BuyersOf(shows_customers=False)(Scope(shop.warehouse, february, TEA))
    assert "Sold from 1 January 2024 to 10 April 2024." in section.detail


def test_view_without_sales_of_the_product_says_so(shop: BuiltWarehouse) -> None:
    march = Span(date(2024, 3, 1), date(2024, 3, 31))
    section = BuyersOf(shows_customers=True)(Scope(shop.warehouse, march, TEA))
    assert (section.finding, list(section.parts)) == ("No sales in this view", [])


def test_ten_orders_are_too_few_for_products_bought_together(shop: BuiltWarehouse) -> None:
    section = bought_together(Scope(shop.warehouse, where=TEA))
    assert section.finding == "Too few orders (10) to say what is bought with it"
    assert not section.has_finding
    assert list(section.parts) == []


def test_cakestand_is_bought_with_the_teacups_of_its_series(standard: BuiltWarehouse) -> None:
    scope = Scope(standard.warehouse, where={"product_id": ("22423",)})
    section = bought_together(scope)
    [[both, its, roses, everything]] = standard.sql(
        "WITH bought AS (SELECT DISTINCT order_key, product_id FROM fact_sales "
        "JOIN dim_product USING (product_key) WHERE kind = 'sale') "
        "SELECT (SELECT count(*) FROM bought a JOIN bought b USING (order_key) "
        "WHERE a.product_id = '22423' AND b.product_id = '22699'), "
        "count(*) FILTER (product_id = '22423'), count(*) FILTER (product_id = '22699'), "
        "count(DISTINCT order_key) FROM bought"
    )
    share, lift = both / its, both / its / (roses / everything)
    assert section.finding == (
        f"{share:.1%} of its orders also contain ROSES REGENCY TEACUP AND SAUCER, "
        f"{lift:.1f} times the share in all orders"
    )
    [table] = tables(section)
    row = next(row for row in table.rows if row[0].member == "22699")
    written = [f"{both:,}", f"{share:.1%}", f"{roses / everything:.1%}", f"{lift:.1f}"]
    assert [cell.text for cell in row[1:]] == written
    assert row[0].column == "product"


def test_the_unfinished_month_of_a_product_is_marked(standard: BuiltWarehouse) -> None:
    section = trend(Scope(standard.warehouse, where={"product_id": ("22423",)}))
    assert "December 2011 (to 9 Dec) is incomplete" in section.detail
    assert tables(section)[0].rows[-1][0].style == "incomplete"


def test_a_product_has_its_code_as_its_name_if_it_has_no_other(shop: BuiltWarehouse) -> None:
    scope = Scope(shop.warehouse)
    assert ProductName("T1")(scope) == ("Tea", "Drinks")
    assert ProductName("nothing")(scope) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "30 known customers bought it, 50.0% of them in their first order"),
        ({"orders": 29}, "30 known customers bought it, in 29 orders"),
        ({"customers": 0}, "0 known customers bought it, in 40 orders"),
    ],
)
def test_shares_of_buyers_need_thirty_orders(changes: dict[str, Any], sentence: str) -> None:
    assert findings.buyers(SUMMARY | changes) == sentence


@pytest.mark.parametrize(
    ("changes", "of_shop", "sentence"),
    [
        ({}, 0.02, "10.0% of its sales were returned, compared with 2.0% of all products."),
        ({"orders": 29}, 0.02, "10.0% of its sales were returned."),
        ({"returns": 0, "return_rate": 0.0}, 0.02, "Nothing was returned."),
        ({"return_rate": None}, 0.02, ""),
    ],
)
def test_returns_are_compared_with_the_shop_from_thirty_orders(
    changes: dict[str, Any], of_shop: float, sentence: str
) -> None:
    assert findings.returns(SUMMARY | changes, of_shop) == sentence


def test_a_popular_product_is_not_called_bought_together() -> None:
    popular = {"product": "Bag", "orders": 40, "share": 0.4, "lift": 1.2}
    rare = {"product": "Hook", "orders": 29, "share": 0.29, "lift": 9.0}
    often = {"product": "Cup", "orders": 31, "share": 0.31, "lift": 5.0}
    assert findings.together([popular, often, rare], 100) == (
        "31.0% of its orders also contain Cup, 5.0 times the share in all orders"
    )
    assert findings.together([popular, rare], 100) == (
        "40.0% of its orders also contain Bag, but no product is bought with it much more often "
        "than usual"
    )
    assert findings.together([], 100) == "Always bought alone"
