"""The sections on one customer of the thirty-line shop, worked out on paper."""

from datetime import date

import pytest

from regulars.insights.findings import customer as findings
from regulars.insights.scope import Scope
from regulars.insights.sections import customer as sections
from support.present import present
from support.sections import tables, texts
from support.warehouses import BuiltWarehouse

GAP = {"orders": 9, "order_days": 9, "median_gap": 10.0, "next_order_on": date(2024, 5, 1)}


def of(shop: BuiltWarehouse, customer: str) -> Scope:
    return Scope(shop.warehouse, where={"customer_id": (customer,)})


def test_overview_says_what_a_customer_is_worth_and_when_the_next_order_is_due(
    shop: BuiltWarehouse,
) -> None:
    ann = sections.overview(of(shop, "Ann"))
    assert ann.finding == "Spent 76.00 in 4 orders"
    # Gaps of 31, 60 and 9 days.
    rhythm = "The median gap between orders is 31 days"
    assert f"{rhythm}, so the next order is due on 11 May 2024." in ann.detail
    shown = {kpi.label: kpi.value for kpi in [*ann.main, *ann.others]}
    assert shown["Average order value"] == "19.00"
    assert (shown["First order"], shown["Last order"]) == ("1 January 2024", "10 April 2024")
    assert "Returns" not in shown


def test_a_customer_with_only_cancelled_orders_has_a_page(shop: BuiltWarehouse) -> None:
    eve = of(shop, "Eve")
    assert sections.overview(eve).finding == "No orders that count"
    orders = sections.orders(eve)
    assert orders.finding == "0 orders and 2 cancelled orders"
    [table] = tables(orders)
    assert [[cell.note for cell in row][1] for row in table.rows] == ["Cancelled", "Cancelled"]
    assert sections.favourites(eve) is None
    assert sections.segments(eve).finding == "In no segment: no orders that count"


def test_orders_name_their_largest_product_and_mark_returns(shop: BuiltWarehouse) -> None:
    orders = sections.orders(of(shop, "Cid"))
    assert orders.finding == "1 order and 1 return"
    [table] = tables(orders)
    assert texts(table) == [
        ["20 February 2024", "1010", "Hat", "0", "−10.00", "10.00"],
        ["31 January 2024", "1004", "Hat", "3", "30.00", "0.00"],
    ]
    assert [row[1].note for row in table.rows] == ["Return", ""]
    dee = tables(sections.orders(of(shop, "Dee")))[0]
    assert [row[2].note for row in dee.rows] == ["", "", "and 2 more"]


def test_favourite_products_are_those_most_was_spent_on(shop: BuiltWarehouse) -> None:
    section = present(sections.favourites(of(shop, "Ann")))
    # Tea for 20 + 9 + 14, pens for 15, mugs for 4 + 5, a hat for 9.
    assert section.finding == "Spent most on Tea: 43.00, in 3 of 4 orders"
    [table] = tables(section)
    assert [row[:2] for row in texts(table)] == [
        ["Tea", "43.00"], ["Pen", "15.00"], ["Hat", "9.00"], ["Mug", "9.00"],
    ]  # fmt: skip
    assert (table.column, table.rows[0][0].member) == ("product", "T1")


def test_segments_over_time_end_with_the_last_complete_month(shop: BuiltWarehouse) -> None:
    section = sections.segments(of(shop, "Ann"))
    [table] = tables(section)
    # January to March are complete, and every month has a segment.
    assert sum(int(row[3]) for row in texts(table)) == 3
    assert texts(table)[0][2] == "March 2024"
    assert texts(table)[-1][1] == "January 2024"


@pytest.mark.parametrize(
    ("last_day", "ending"),
    [
        (date(2024, 4, 30), "so the next order is due on 1 May 2024."),
        (date(2024, 5, 1), "so the next order is due on the last day of the data."),
        (date(2024, 5, 2), "so an order was due on 1 May 2024, 1 day before the data ends."),
    ],
)
def test_rhythm_says_whether_the_next_order_is_due(last_day: date, ending: str) -> None:
    assert findings.rhythm(GAP, last_day).endswith(ending)


def test_few_orders_give_no_next_order_date() -> None:
    few = GAP | {"order_days": 3, "median_gap": None, "next_order_on": None}
    assert findings.rhythm(few, date(2024, 5, 1)) == (
        "Orders on 3 days so far; it takes 4 days to say when the next order is due."
    )


def test_months_in_one_segment_are_one_spell() -> None:
    history = [
        {"month": date(2024, month, 1), "segment": segment}
        for month, segment in enumerate(("A", "A", "B", "A"), 1)
    ]
    spells = findings.spells(history)
    assert [(one.segment, one.first.month, one.last.month, one.months) for one in spells] == [
        ("A", 4, 4, 1), ("B", 3, 3, 1), ("A", 1, 2, 2),
    ]  # fmt: skip
    assert findings.segment("A", spells) == "In A since the end of April 2024; before that, in B"
    assert findings.segment("B", spells) == "In B; in A until the end of April 2024"
