"""Sizes and times of orders in the small shop, counted by hand."""

from datetime import date
from typing import Any

import pytest

from regulars.insights.drilldown import DrillDown
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.order_sizes import order_sizes
from support.sections import tables
from support.warehouses import BuiltWarehouse, build_and_open, to_csv

BANDS = {
    # 5 and 5; 6, 10, 10 and 10; 20 and 20; 24, 30, 24, 45, 30, 50, 50, 38 and 23
    "value": [("over 2 to 5", 2, 10), ("over 5 to 10", 4, 36), ("over 10 to 20", 2, 40),
              ("over 20 to 50", 9, 314)],
    # 1013, 1016, 1018, 1020, 1023; 1002, 1014; 1001, 1003, 1004, 1008, 1011, 1012, 1015, 1017;
    # 1006 with 11 units and 1009 with 20
    "units": [("up to 1", 5, 40), ("over 1 to 2", 2, 58), ("over 2 to 5", 8, 248),
              ("over 10 to 20", 2, 54)],
}  # fmt: skip


@pytest.mark.parametrize("by", BANDS)
def test_orders_by_the_band_of_their_size(shop: BuiltWarehouse, by: str) -> None:
    assert shop.columns("order_sizes", "band", "orders", "net_sales", by=by) == BANDS[by]


def test_shares_are_of_all_these_orders(shop: BuiltWarehouse) -> None:
    first = shop.ask("order_sizes")[0]
    assert first["share"] == pytest.approx(2 / 17)
    assert first["share_of_net_sales"] == pytest.approx(10 / 400)


def test_a_product_selects_whole_orders(shop: BuiltWarehouse) -> None:
    # Hats are in 1004, 1008, 1014 and 1017, whose whole values are 30, 45, 38 and 23.
    sizes = shop.columns("order_sizes", "band", "orders", "net_sales", where={"product_id": "H1"})
    assert sizes == [("over 20 to 50", 4, 136)]


@pytest.mark.parametrize("by", BANDS)
def test_a_filter_finds_the_orders_of_a_band(shop: BuiltWarehouse, by: str) -> None:
    for band, orders, _ in BANDS[by]:
        assert shop.one("kpis", where={f"order_{by}": band})["orders"] == orders


@pytest.fixture(scope="module")
def returned_later(tmp_path_factory: pytest.TempPathFactory) -> BuiltWarehouse:
    """One order of 100, of which 60 come back two months later under the same number."""
    folder = tmp_path_factory.mktemp("returned_later")
    lines = [("1", "2024-01-05", 10), ("1", "2024-03-03", -6), ("2", "2024-01-06", 1)]
    rows = [
        {"Order ID": order, "Order Date": day, "Customer ID": "a", "Product ID": "T",
         "Product Name": "Tea", "Quantity": units, "Unit Price": 10}
        for order, day, units in lines
    ]  # fmt: skip
    (folder / "sales.csv").write_text(to_csv(rows), "utf-8")
    return build_and_open(folder / "shop.duckdb", [folder / "sales.csv"])


def test_the_lines_behind_a_size_are_those_of_its_period(returned_later: BuiltWarehouse) -> None:
    january = Span(date(2024, 1, 1), date(2024, 1, 31))
    scope = Scope(returned_later.warehouse, january, {}, date(2024, 3, 3))
    section = order_sizes(scope)
    assert section
    [_, large] = tables(section)[0].rows
    assert [cell.text for cell in large[:2]] == ["Over 50 to 100", "1"]
    assert large[3].text == "100.00"
    for column, shown in ((1, "Orders: 1"), (3, "Net sales: 100.00")):
        drilldown = DrillDown.of(large[column].figure, shows_customers=True)
        assert drilldown.finding(scope) == shown


def test_net_sales_of_whole_orders_have_no_lines_under_a_product(shop: BuiltWarehouse) -> None:
    section = order_sizes(Scope(shop.warehouse, where={"product_id": ("H1",)}))
    assert section
    [hats] = tables(section)[0].rows
    assert hats[3].text == "136.00"  # 60 of it for other things than hats
    assert not hats[3].figure
    assert hats[1].figure


def test_orders_by_weekday_and_hour(shop: BuiltWarehouse) -> None:
    hours = {
        (row["weekday"], row["hour"]): (row["orders"], row["net_sales"])
        for row in shop.ask("hourly_orders")
    }
    assert hours["Monday", 9] == (1, 24)  # 1001
    assert hours["Monday", 10] == (2, 15)  # 1013 and 1020
    assert hours["Tuesday", 10] == (1, 38 - 10 - 10)  # 1014, and the returns 1010 and 1021
    # 17 orders, but 1006 is from midnight: it has no time of day.
    assert sum(orders for orders, _ in hours.values()) == 16
    assert not any(hour == 0 for _, hour in hours)


@pytest.mark.parametrize(
    ("where", "orders"),
    [({"hour": "9"}, 2), ({"hour": "9", "weekday": "Monday"}, 1), ({"hour": ["9", "12"]}, 3)],
)
def test_a_filter_finds_the_orders_of_an_hour(
    shop: BuiltWarehouse, where: dict[str, Any], orders: int
) -> None:
    # At nine: 1001 on a Monday, 1023 on a Wednesday. At twelve: 1002.
    assert shop.one("kpis", where=where)["orders"] == orders
