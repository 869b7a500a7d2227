"""The customer, product and order dimensions: one row each, with the right name and figures."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.build import build
from regulars.warehouse.warehouse import open_warehouse
from support.warehouses import BuiltWarehouse, build_and_open, request_for


def sale(order: int, sku: str, name: str = "", /, **cells: object) -> dict[str, object]:
    row = {
        "Order ID": order, "Order Date": "2024-01-01 10:00", "Customer ID": "Ann", "SKU": sku,
        "Description": name, "Quantity": 1, "Price": 1, "Country": "UK",
    }  # fmt: skip
    return row | cells


def test_a_product_has_its_most_frequent_name(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop([sale(1, "A", "Tea"), sale(2, "A", "Chai"), sale(3, "A", "Tea")])
    assert shop.sql("SELECT product_name, names_seen FROM dim_product WHERE product_key > 0") == [
        ("Tea", 2)
    ]


def test_the_latest_of_equally_frequent_names_is_used(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    later = {"Order Date": "2024-01-02 10:00"}
    rows = [sale(1, "A", "Tea"), sale(2, "A", "Tea"), sale(3, "A", "Chai", **later)]
    shop = build_shop([*rows, sale(4, "A", "Chai")])
    assert shop.sql("SELECT product_name FROM dim_product WHERE product_key > 0") == [("Chai",)]


def test_a_note_on_a_line_without_a_price_is_not_a_name(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    notes = [sale(n, "A", "damaged", Price=0) for n in range(5)]
    only = [sale(9, "B", "smashed", Price=0)]
    shop = build_shop([*notes, sale(8, "A", "Tea"), *only])
    named = "SELECT product_id, product_name FROM dim_product WHERE product_key > 0 ORDER BY 1"
    assert shop.sql(named) == [("A", "Tea"), ("B", "smashed")]


def test_product_codes_ignore_case_and_spaces(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop([sale(1, "a1b"), sale(2, "A1B"), sale(3, " A1b ")])
    assert shop.sql("SELECT product_id FROM dim_product WHERE product_key > 0") == [("A1B",)]


def test_guests_are_one_unknown_customer_without_orders(shop: BuiltWarehouse) -> None:
    [guest] = [row for row in shop.table("dim_customer") if not row["is_known"]]
    assert guest["customer_key"] == 0
    assert guest["customer_id"] is None
    assert (guest["orders"], guest["net_sales"], guest["is_high_value"]) == (0, 0, False)
    assert shop.sql("SELECT count(*) FROM fact_sales WHERE customer_key = 0") == [(3,)]


def test_customers_with_their_orders_and_net_sales(shop: BuiltWarehouse) -> None:
    result = shop.sql(
        "SELECT customer_id, location, other_locations, orders, net_sales::INT, is_high_value,"
        " first_order_at, last_order_at FROM dim_customer WHERE is_known ORDER BY 1"
    )
    at = datetime
    assert result == [
        ("Ann", "UK", 0, 4, 76, True, at(2024, 1, 1, 9), at(2024, 4, 10, 10)),
        ("Bob", "UK", 0, 3, 53, False, at(2024, 1, 5, 12), at(2024, 4, 10, 9)),
        ("Cid", "FR", 0, 1, 20, False, at(2024, 1, 31, 23, 59, 59), at(2024, 1, 31, 23, 59, 59)),
        ("Dee", "FR", 1, 3, 61, True, at(2024, 2, 10, 10), at(2024, 4, 5, 10)),
        ("Eve", "UK", 0, 0, 0, False, None, None),
        ("Fay", "DE", 0, 1, 50, False, at(2024, 2, 29, 10), at(2024, 2, 29, 10)),
        ("Gus", "DE", 0, 1, 50, False, at(2024, 2, 29, 10), at(2024, 2, 29, 10)),
        ("Hal", "UK", 0, 1, 0, False, at(2024, 4, 8, 10), at(2024, 4, 8, 10)),
        ("Ivy", "UK", 0, 0, -10, False, None, None),
    ]


def test_high_value_is_lifetime_net_sales_above_the_80th_percentile_of_buyers(
    standard: BuiltWarehouse,
) -> None:
    everyone = standard.sql(
        "SELECT orders, net_sales::DOUBLE, is_high_value FROM dim_customer WHERE is_known"
    )
    bar = np.quantile([net for orders, net, _ in everyone if orders], 0.8)
    assert [high for *_, high in everyone] == [bool(n) and net > bar for n, net, _ in everyone]


def test_the_percentile_of_high_value_can_be_set(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [sale(n, "A", **{"Customer ID": f"C{n}", "Quantity": n}) for n in range(1, 11)]
    request = request_for([write(rows)], settings=Settings(high_value_percentile=0.5))
    build(request, engine_of(tmp_path / "shop.duckdb"))
    with open_warehouse(tmp_path / "shop.duckdb") as warehouse:
        rich = warehouse.con.con.sql("SELECT customer_id FROM dim_customer WHERE is_high_value")
        assert {name for (name,) in rich.fetchall()} == {"C6", "C7", "C8", "C9", "C10"}


def test_customers_tied_at_the_top_are_all_high_value(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    """C1 to C6 bought for 1, C7 to C10 for 9: the 80th percentile is 9 itself."""
    rows = [sale(n, "A", **{"Customer ID": f"C{n}", "Price": 1 if n < 7 else 9})
            for n in range(1, 11)]  # fmt: skip
    shop = build_shop(rows)
    rich = shop.sql("SELECT customer_id FROM dim_customer WHERE is_high_value ORDER BY 1")
    assert rich == [("C10",), ("C7",), ("C8",), ("C9",)]


def test_the_fiscal_year_can_be_set(write: Callable[..., Path], tmp_path: Path) -> None:
    shop = build_and_open(tmp_path / "shop.duckdb", [write([sale(1, "A")])],
                 settings=Settings(fiscal_year_start=4))  # fmt: skip
    try:
        assert shop.sql("SELECT DISTINCT fiscal_year, fiscal_quarter FROM dim_date") == [(2024, 4)]
    finally:
        shop.warehouse.close()


def test_an_order_has_the_location_and_customer_of_most_of_its_lines(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    def line(location: str, customer: str) -> dict[str, object]:
        return sale(1, "A", **{"Country": location, "Customer ID": customer})

    lines = [line("Graz", "Ann"), line("Graz", "Bob"), line("Wien", "Ann"), line("Graz", "")]
    shop = build_shop(lines)
    named = "SELECT o.location, customer_id FROM dim_order o JOIN dim_customer USING (customer_key)"
    assert shop.sql(named) == [("Graz", "Ann")]
    assert (shop.report.shared, shop.report.spread) == (["1"], [])


def test_an_order_over_several_days_is_reported_and_recent_as_its_last_line(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    lines = [
        sale(1, "A", **{"Order Date": "2024-01-05", "Customer ID": "Ann"}),
        sale(1, "A", **{"Order Date": "2024-03-09", "Customer ID": "Ann"}),
        sale(2, "A", **{"Order Date": "2024-02-01", "Customer ID": "Bob"}),
    ]
    shop = build_shop(lines)
    assert (shop.report.shared, shop.report.spread) == ([], ["1"])
    assert shop.columns("rfm", "customer_id", "recency", "monetary") == [
        ("Ann", 1, shop.one("kpis", where={"customer_id": "Ann"})["net_sales"]),
        ("Bob", 38, shop.one("kpis", where={"customer_id": "Bob"})["net_sales"]),
    ]


def test_an_order_is_dated_by_its_first_line(build_shop: Callable[..., BuiltWarehouse]) -> None:
    late = {"Order Date": "2024-02-01 00:05"}
    shop = build_shop([sale(1, "A", **late), sale(1, "B", **{"Order Date": "2024-01-31 23:55"})])
    dated = "SELECT ordered_at, ordered_on::VARCHAR, month::VARCHAR, weekday FROM dim_order"
    assert shop.sql(dated) == [(datetime(2024, 1, 31, 23, 55), "2024-01-31", "2024-01-01", 3)]


def test_keys_do_not_depend_on_the_order_of_rows(build_shop: Callable[..., BuiltWarehouse]) -> None:
    rows = [sale(n, f"P{n % 5}", **{"Customer ID": f"C{n % 7}"}) for n in range(40)]
    forward, backward = build_shop(rows), build_shop(rows[::-1])
    for table in ("dim_order", "dim_customer", "dim_product"):
        assert sorted(forward.table(table), key=repr) == sorted(backward.table(table), key=repr)
