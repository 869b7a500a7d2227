"""Customers one by one: what they bought, and when their next order is due. All by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from support.warehouses import BuiltWarehouse


def summary_of(shop: BuiltWarehouse, customer: str, **where: str) -> dict[str, Any]:
    return shop.one("customer_summary", where={"customer_id": customer, **where})


def test_every_known_customer_has_a_row_and_guests_have_none(shop: BuiltWarehouse) -> None:
    assert shop.columns("customer_summary", "customer_id", "orders", "net_sales", "returns") == [
        ("Ann", 4, 76, 0),  # 24 + 24 + 5 + 23
        ("Dee", 3, 61, 0),  # 45 + 6 + 10
        ("Bob", 3, 53, 10),  # 20 + 38 + 5, minus 10
        ("Fay", 1, 50, 0),
        ("Gus", 1, 50, 0),
        ("Cid", 1, 20, 10),
        ("Eve", 0, 0, 0),  # cancelled
        ("Hal", 1, 0, 10),
        ("Ivy", 0, -10, 10),
    ]


def test_next_order_is_due_after_the_median_gap(shop: BuiltWarehouse) -> None:
    # 1 January, 1 February, 1 April and 10 April: gaps of 31, 60 and 9 days.
    ann = summary_of(shop, "Ann")
    assert (ann["first_order_on"], ann["last_order_on"]) == (date(2024, 1, 1), date(2024, 4, 10))
    assert (ann["order_days"], ann["median_gap"]) == (4, 31)
    assert ann["next_order_on"] == date(2024, 5, 11)
    assert ann["average_order_value"] == 76 / 4


def test_two_gaps_are_too_few_for_a_next_order_date(shop: BuiltWarehouse) -> None:
    bob = summary_of(shop, "Bob")
    assert (bob["order_days"], bob["median_gap"], bob["next_order_on"]) == (3, None, None)


def test_customer_without_an_order_has_no_segment_and_no_days(shop: BuiltWarehouse) -> None:
    eve = summary_of(shop, "Eve")
    names = ("segment", "first_order_on", "last_order_on", "order_days", "average_order_value")
    assert [eve[name] for name in names] == [None] * 5


def test_half_a_day_is_rounded_up_and_a_second_order_on_one_day_is_no_gap(
    build_shop: Any,
) -> None:
    # Days 1, 2, 2, 4, 8 and 13 of March: gaps of 1, 2, 4 and 5 days, so a median of 3. Of the
    # other customer 1, 2, 4, 5 and 10: gaps of 1, 2, 1 and 5, so 1.5, and 12 is two days after 10.
    days = {"often": (1, 2, 2, 4, 8, 13), "half": (1, 2, 4, 5, 10)}
    rows = [
        {"Order ID": f"{customer}{n}", "Order Date": f"2024-03-{day:02}", "Customer ID": customer,
         "Product ID": "tea", "Quantity": 1, "Unit Price": 2}
        for customer, its in days.items()
        for n, day in enumerate(its)
    ]  # fmt: skip
    shop = build_shop(rows)
    often, half = summary_of(shop, "often"), summary_of(shop, "half")
    assert (often["orders"], often["order_days"], often["median_gap"]) == (6, 5, 3)
    assert often["next_order_on"] == date(2024, 3, 16)
    assert (half["median_gap"], half["next_order_on"]) == (1.5, date(2024, 3, 12))


def test_under_a_product_filter_only_its_sales_count_but_the_segment_stays(
    shop: BuiltWarehouse,
) -> None:
    ann = summary_of(shop, "Ann", product_id="T1")
    assert ann["net_sales"] == 20 + 9 + 14
    assert ann["net_sales_per_order"] == pytest.approx(43 / 3)
    assert ann["segment"] == summary_of(shop, "Ann")["segment"]


def test_orders_are_listed_with_returns_and_cancelled_ones_the_latest_first(
    shop: BuiltWarehouse,
) -> None:
    columns = ("order_id", "kind", "net_sales", "returns", "left_out", "units", "main_product")
    cid = shop.columns("order_history", *columns, where={"customer_id": "Cid"})
    assert cid == [
        ("1010", "return", -10, 10, 0, 0, "Hat"),
        ("1004", "sale", 30, 0, 0, 3, "Hat"),
    ]
    eve = shop.columns("order_history", *columns, where={"customer_id": "Eve"})
    assert eve == [
        ("1019", "cancelled", 0, 0, 5, 0, "Mug"),
        ("1005", "cancelled", 0, 0, 20, 0, "Hat"),
    ]


def test_an_order_is_named_after_its_largest_product(shop: BuiltWarehouse) -> None:
    [*_, first] = shop.ask("order_history", where={"customer_id": "Dee"})
    # Two mugs for 10, two teas for 15, a hat for 20.
    assert (first["order_id"], first["products"], first["main_product"]) == ("1008", 3, "Hat")
    assert (first["net_sales"], first["units"]) == (Decimal(45), 5)


def test_every_order_number_is_in_the_history_once(shop: BuiltWarehouse) -> None:
    history = shop.ask("order_history")
    assert len({row["order_id"] for row in history}) == len(history) == 23
    assert sum(row["net_sales"] for row in history) == 360
