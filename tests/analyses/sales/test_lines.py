"""The order lines behind a figure, each with its source row."""

from decimal import Decimal

from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse


def test_every_accepted_line_is_returned_with_its_source_row(shop: BuiltWarehouse) -> None:
    heading, *rows = [line.split(",") for line in SHOP.splitlines()]
    lines = {line["source_row"]: line for line in shop.ask("lines")}
    assert sorted(lines) == list(range(2, len(rows) + 2))  # the heading is row 1
    for number, cells in enumerate(rows, 2):
        row = dict(zip(heading, cells, strict=True))
        line = lines[number]
        assert line["order_id"] == row["Order ID"]
        assert f"{line['ordered_on']}" == row["Order Date"][:10]
        assert (line["customer_id"] or "") == row["Customer ID"]
        assert line["location"] == row["Country"]
        assert line["quantity"] == Decimal(row["Quantity"])
        gross = Decimal(row["Quantity"]) * Decimal(row["Unit Price"])
        assert line["net_amount"] == gross * (1 - Decimal(row["Discount"]))


def test_the_latest_order_comes_first_with_its_lines_in_source_order(shop: BuiltWarehouse) -> None:
    rows = [line.split(",") for line in SHOP.splitlines()]
    lines = [(rows[line["source_row"] - 1][1], line["source_row"]) for line in shop.ask("lines")]
    by_row = sorted(lines, key=lambda line: line[1])
    assert lines == sorted(by_row, key=lambda line: line[0], reverse=True)


def test_sales_and_returns_add_up_to_the_net_sales_of_the_same_filter(shop: BuiltWarehouse) -> None:
    for filters in ({}, {"where": {"location": "FR"}}, {"since": "2024-04-02"}):
        goods = [row for row in shop.ask("lines", **filters) if row["kind"] in ("sale", "return")]
        assert sum(row["net_amount"] for row in goods) == shop.one("kpis", **filters)["net_sales"]


def test_lines_of_cancelled_orders_are_included_with_their_kind(shop: BuiltWarehouse) -> None:
    lines = shop.ask("lines", where={"customer_id": "Eve"})
    assert [line["kind"] for line in lines] == ["cancelled", "cancelled"]
