"""Products one by one: sales, returns, buyers, first purchases, and what is bought with them."""

from datetime import date

import pytest

from support.warehouses import BuiltWarehouse

TEA = {"product_id": "T1"}


def test_figures_of_a_product(shop: BuiltWarehouse) -> None:
    # Ann 20, 9 and 14; Bob 20; Dee 15 and 10; Fay 50; Gus 50; Hal 10; a guest 10. Bob and Hal
    # return 10 each. Ann and Dee buy again, and each of the six has tea in their first order.
    assert shop.one("product_summary", where=TEA) == {
        "product_id": "T1", "product_name": "Tea", "category": "Drinks",
        "net_sales": 208 - 20, "units": 22, "orders": 10, "customers": 6,
        "repeat_rate": pytest.approx(2 / 6), "net_sales_per_order": pytest.approx(188 / 10),
        "returns": 20, "return_rate": pytest.approx(20 / 208),
        "first_purchases": 6, "first_purchase_share": 1,
        "first_sold_on": date(2024, 1, 1), "last_sold_on": date(2024, 4, 10),
    }  # fmt: skip


def test_first_purchases_count_only_the_first_order_of_a_customer(shop: BuiltWarehouse) -> None:
    names = ("product_id", "customers", "first_purchases")
    assert shop.columns("product_summary", *names) == [
        ("T1", 6, 6),
        ("H1", 4, 2),  # Cid and Dee, but Bob and Ann bought other things first
        ("P1", 2, 0),  # Ann and Dee bought other things first
        ("M1", 3, 2),  # Ann and Dee, but Bob bought tea first
    ]


def test_products_bought_together(shop: BuiltWarehouse) -> None:
    # Tea is in 10 orders: with a hat in 1008 and 1017, with a mug in 1001 and 1008, with pens in
    # 1006; the pen in 1011 is a gift and no sale. The shop has 17 orders.
    columns = ("product_id", "orders", "share", "share_of_all", "lift")
    assert shop.columns("bought_together", *columns, where=TEA) == [
        ("H1", 2, 0.2, pytest.approx(4 / 17), pytest.approx(0.2 / (4 / 17))),
        ("M1", 2, 0.2, pytest.approx(5 / 17), pytest.approx(0.2 / (5 / 17))),
        ("P1", 1, 0.1, pytest.approx(3 / 17), pytest.approx(0.1 / (3 / 17))),
    ]


def test_products_bought_together_in_a_period_are_compared_with_its_orders(
    shop: BuiltWarehouse,
) -> None:
    # In January, tea is in 1001 and 1002, a mug in 1001 and 1003, and there are four orders.
    columns = ("product_id", "orders", "share", "share_of_all", "lift")
    january = shop.columns("bought_together", *columns, where=TEA, until="2024-01-31")
    assert january == [("M1", 1, 0.5, 0.5, 1)]


def test_products_bought_together_in_a_place_are_compared_with_its_orders(
    shop: BuiltWarehouse,
) -> None:
    # In France, tea is in 1008 and 1016, with a hat and a mug in 1008. Hats are in 1004 and 1008,
    # mugs in 1008, and there are four orders: 1004, 1008, 1009 and 1016.
    columns = ("product_id", "orders", "share", "share_of_all", "lift")
    france = shop.columns("bought_together", *columns, where=TEA | {"location": "FR"})
    assert france == [("H1", 1, 0.5, 0.5, 1), ("M1", 1, 0.5, 0.25, 2)]


def test_products_of_a_category_are_not_bought_with_themselves(shop: BuiltWarehouse) -> None:
    drinks = shop.columns("bought_together", "product_id", where={"category": "Drinks"})
    assert drinks == [("H1",), ("P1",)]


def test_nothing_is_bought_together_with_everything(shop: BuiltWarehouse) -> None:
    assert shop.ask("bought_together") == []
