"""A refunded order is a sale and a return, unless the refund is in the source already."""

from collections.abc import Callable
from typing import Any

from support.warehouses import BuiltWarehouse


def line(number: int, status: str, **cells: object) -> dict[str, object]:
    row = {
        "Order ID": number, "Order Date": "2024-01-01", "Customer ID": f"C{number}", "SKU": "S",
        "Product name": "Mug", "Quantity": 1, "Price": 10,
        "Status": status,
    }  # fmt: skip
    return row | cells


def kinds(shop: BuiltWarehouse) -> list[tuple[Any, ...]]:
    query = "SELECT order_id, f.kind, net_amount FROM fact_sales f JOIN dim_order USING (order_key)"
    return sorted(shop.sql(query))


def test_a_refunded_order_is_a_sale_and_its_return(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([line(1, "complete"), line(2, "refunded")])
    assert kinds(shop) == [("1", "sale", 10), ("2", "return", -10), ("2", "sale", 10)]
    headline = shop.one("kpis")
    assert (headline["gross_sales"], headline["returns"], headline["net_sales"]) == (20, 10, 10)


def test_the_row_of_a_refund_is_the_return(build_shop: Callable[..., BuiltWarehouse]) -> None:
    rows = [line(1, "complete"), line(2, "refunded"), line(2, "refunded", Quantity=-1)]
    shop = build_shop(rows)
    assert kinds(shop) == [("1", "sale", 10), ("2", "return", -10), ("2", "sale", 10)]


def test_shipping_of_a_refunded_order_stays_a_fee(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([line(1, "refunded"), line(1, "refunded", **{"Product name": "Shipping"})])
    assert [kind for _, kind, _ in kinds(shop)] == ["fee", "return", "sale"]
