"""Discounts and refunds of whole orders: exact shares, and returns beside the lines."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from support.warehouses import BuiltWarehouse, profile_from

COLUMNS = '[columns]\norder_discount = "order discount"\norder_refund = "refunded"\n'
HEADER = "order_id,order_date,customer_id,sku,quantity,price,order discount,refunded\n"
AMOUNTS = (
    "SELECT source_row, quantity, discount_amount, net_amount, kind FROM fact_sales ORDER BY 1"
)


def test_a_discount_is_spread_to_the_cent_by_largest_remainder(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = "".join(f"A,2024-01-01,C,S{n},1,10.00,{10 if n == 1 else 0},\n" for n in (1, 2, 3))
    shop = build_shop(HEADER + rows, profile=profile_from(tmp_path, COLUMNS))
    off = [row[2] for row in shop.sql(AMOUNTS)]
    assert off == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]


def test_a_discount_leaves_fees_and_free_lines_alone(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = "A,2024-01-01,C,S1,1,10.00,4.00,\nA,2024-01-01,C,GIFT,1,0.00,4.00,\n"
    shop = build_shop(HEADER + rows, profile=profile_from(tmp_path, COLUMNS))
    assert [row[2] for row in shop.sql(AMOUNTS)] == [4, 0]


def test_a_refund_that_is_no_number_quarantines_its_line(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = "A,2024-01-01,C,S1,1,10.00,,-\nB,2024-01-02,D,S1,1,5.00,,2 of 3\n"
    shop = build_shop(HEADER + rows, profile=profile_from(tmp_path, COLUMNS))
    assert shop.sql(AMOUNTS) == [(2, 1, 0, 10, "sale")]
    assert shop.sql("SELECT source_row, reasons FROM quarantine") == [
        (3, "A discount of the order, or what was refunded or returned, is not a number.")
    ]


def test_a_refund_is_a_return_with_the_negative_row_number(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = "A,2024-01-01,C,S1,4,10.00,,10.00\nB,2024-01-02,D,S1,1,5.00,,\n"
    shop = build_shop(HEADER + rows, profile=profile_from(tmp_path, COLUMNS))
    assert shop.sql(AMOUNTS) == [
        (-2, -1, 0, -10, "return"),
        (2, 4, 0, 40, "sale"),
        (3, 1, 0, 5, "sale"),
    ]
    assert shop.report.total("read") == (3, Decimal(35))
