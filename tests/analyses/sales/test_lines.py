"""The lines behind a figure: all of them, whole, and where each came from."""

from decimal import Decimal

from support.small_shop import SHOP


def test_every_accepted_line_is_told_with_the_row_it_came_from(shop):
    heading, *rows = [line.split(",") for line in SHOP.splitlines()]
    found = {line["source_row"]: line for line in shop.ask("lines")}
    assert sorted(found) == list(range(2, len(rows) + 2))  # the heading is row 1
    for number, row in enumerate(rows, 2):
        told = dict(zip(heading, row, strict=True))
        line = found[number]
        assert line["order_id"] == told["Order ID"]
        assert f"{line['ordered_on']}" == told["Order Date"][:10]
        assert (line["customer_id"] or "") == told["Customer ID"]
        assert line["location"] == told["Country"]
        assert line["quantity"] == Decimal(told["Quantity"])
        full = Decimal(told["Quantity"]) * Decimal(told["Unit Price"])
        assert line["net_amount"] == full * (1 - Decimal(told["Discount"]))


def test_the_latest_come_first_and_lines_of_an_order_in_their_order(shop):
    rows = [line.split(",") for line in SHOP.splitlines()]
    told = [(rows[line["source_row"] - 1][1], line["source_row"]) for line in shop.ask("lines")]
    by_row = sorted(told, key=lambda one: one[1])
    assert told == sorted(by_row, key=lambda one: one[0], reverse=True)


def test_lines_of_sale_and_return_come_to_net_sales_of_the_same_question(shop):
    for asked in ({}, {"where": {"location": "FR"}}, {"since": "2024-04-02"}):
        goods = [row for row in shop.ask("lines", **asked) if row["kind"] in ("sale", "return")]
        assert sum(row["net_amount"] for row in goods) == shop.one("kpis", **asked)["net_sales"]


def test_lines_of_cancelled_orders_are_there_as_what_they_are(shop):
    eve = shop.ask("lines", where={"customer_id": "Eve"})
    assert [line["kind"] for line in eve] == ["cancelled", "cancelled"]
