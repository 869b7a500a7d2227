"""Shopify's orders export: values given once per order apply to all of its lines."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from support.warehouses import BuiltWarehouse, build_and_open

EXPORT = """\
Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,\
Lineitem price,Lineitem sku,Lineitem discount,Shipping Country,Cancelled at
#1001,ann@example.com,paid,GBP,42.50,2024-03-30 23:30:00 +0000,2,Tea,10.00,T1,2.50,GB,
#1001,,,,,2024-03-30 23:30:00 +0000,1,Mug,5.00,M1,0.00,,
#1001,,,,,2024-03-30 23:30:00 +0000,1,Gift Card - 20,20.00,,0.00,,
#1002,bob@example.com,voided,GBP,15.00,2024-04-01 00:10:00 +0100,1,Tea,10.00,T1,0.00,FR,2024-04-02 09:00:00 +0100
#1002,,,,,2024-04-01 00:10:00 +0100,1,Mug,5.00,M1,0.00,,
#1003,,paid,GBP,5.00,2024-04-02 10:00:00 +0100,1,Mug,5.00,M1,0.00,GB,
#1004,ann@example.com,paid,GBP,0.00,2024-04-03 10:00:00 +0100,1,Sample,0.00,S1,0.00,GB,
"""  # noqa: E501


pytestmark = pytest.mark.builds


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """The export, built once for the tests that only read it."""
    folder = tmp_path_factory.mktemp("shopify")
    (folder / "orders.csv").write_text(EXPORT, "utf-8")
    shop = build_and_open(folder / "shop.duckdb", [folder / "orders.csv"])
    with shop.warehouse:
        yield shop


def test_the_export_is_recognised_by_its_columns(export: BuiltWarehouse) -> None:
    assert export.report.sources[0].mapping.profile.name == "shopify-orders"
    assert export.report.total("accepted")[0] == 7


def test_a_line_takes_its_kind_from_the_first_line_of_its_order(export: BuiltWarehouse) -> None:
    rows = export.sql(
        "SELECT order_id, product_name, f.kind FROM fact_sales f JOIN dim_order USING (order_key)"
        " JOIN dim_product USING (product_key) ORDER BY source_row"
    )
    assert rows == [
        ("#1001", "Tea", "sale"),
        ("#1001", "Mug", "sale"),
        ("#1001", "Gift Card - 20", "voucher"),
        ("#1002", "Tea", "cancelled"),
        ("#1002", "Mug", "cancelled"),
        ("#1003", "Mug", "sale"),
        ("#1004", "Sample", "adjustment"),
    ]


def test_customer_and_location_apply_to_the_whole_order(export: BuiltWarehouse) -> None:
    rows = export.sql(
        "SELECT order_id, customer_id, o.location FROM dim_order o JOIN dim_customer c"
        " USING (customer_key) ORDER BY 1"
    )
    assert rows == [
        ("#1001", "ann@example.com", "GB"),
        ("#1002", "bob@example.com", "FR"),
        ("#1003", None, "GB"),
        ("#1004", "ann@example.com", "GB"),
    ]


def test_the_discount_is_money_off_the_whole_line(export: BuiltWarehouse) -> None:
    row = export.one("kpis")
    assert (row["gross_sales"], row["discounts"], row["net_sales"]) == (30, Decimal("2.50"), 27.5)
    assert (row["orders"], row["customers"]) == (2, 1)


def test_times_are_in_the_shops_local_time(export: BuiltWarehouse) -> None:
    rows = export.sql("SELECT ordered_at FROM dim_order ORDER BY order_id LIMIT 2")
    assert rows == [(datetime(2024, 3, 30, 23, 30),), (datetime(2024, 4, 1, 0, 10),)]


def test_a_repeated_order_is_replaced_with_its_filled_in_values(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(EXPORT, EXPORT)
    assert (shop.report.repeated, shop.report.differing) == (4, [])
    assert shop.report.total("accepted") == shop.report.total("superseded")
    assert shop.one("kpis")["net_sales"] == 27.5


@pytest.mark.parametrize("first", ["web shop", "store"])
def test_a_second_source_with_another_profile_changes_nothing(
    build_shop: Callable[..., BuiltWarehouse], first: str
) -> None:
    store = "Receipt,Date,Customer,SKU,Qty,Unit Price\nR1,2024-01-01,Zed,T1,1,10\n"
    files = (EXPORT, store) if first == "web shop" else (store, EXPORT)
    shop = build_shop(*files)
    kinds = dict(shop.sql("SELECT order_id, kind FROM dim_order"))
    assert kinds["#1002"] == "cancelled"
    assert shop.one("kpis")["net_sales"] == 27.5 + 10
