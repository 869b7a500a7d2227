"""Segments by month-end: each is what RFM says on the first of the next month."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

RFM = ("customer_id", "recency", "frequency", "monetary", "r", "f", "m", "segment")


def at_the_end_of(shop, month, **told):
    history = shop.warehouse.ask("segment_history", **told)
    return [
        tuple(row[name] for name in RFM)
        for row in shop.fetch(history.filter(history.month == month))
    ]


@pytest.mark.parametrize("month", [date(2009, 12, 1), date(2011, 11, 1)])
@pytest.mark.parametrize("conventions", ["standard", "lgs"])
def test_a_month_end_is_rfm_as_of_the_next_day(request, conventions, month):
    shop = request.getfixturevalue(conventions)
    next_month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    assert at_the_end_of(shop, month) == shop.columns("rfm", *RFM, as_of=next_month)


def test_months_that_are_not_over_have_no_end(shop):
    months = {row["month"] for row in shop.ask("segment_history")}
    assert months == {date(2024, month, 1) for month in (1, 2, 3)}


def test_who_moved_is_told_by_where_they_came_from(shop):
    bob = [row for row in shop.ask("segment_history") if row["customer_id"] == "Bob"]
    assert [row["came_from"] for row in bob] == ["New", *(row["segment"] for row in bob[:-1])]


def test_an_order_whose_lines_reach_into_the_next_month_is_not_of_the_future(build_shop):
    shop = build_shop([
        {"Order ID": 1, "Order Date": day, "Customer ID": "Ann", "SKU": "tea", "Quantity": 1,
         "Price": 1} for day in ("2024-01-01", "2024-01-31", "2024-03-15", "2024-03-31")
    ])  # fmt: skip
    assert shop.columns("segment_history", "month", "recency")[0] == (date(2024, 1, 1), 0)
    assert shop.columns("rfm", "recency", as_of="2024-02-01") == [(0,)]


def test_moves_count_the_history(standard):
    history = Counter(
        (row["month"], row["came_from"], row["segment"]) for row in standard.ask("segment_history")
    )
    moves = standard.ask("segment_moves")
    assert {(m["month"], m["came_from"], m["segment"]): m["customers"] for m in moves} == history
    of_each = Counter()
    for move in moves:
        of_each[move["month"], move["came_from"]] += move["share"]
    assert all(total == pytest.approx(1) for total in of_each.values())


def test_nobody_is_lost_between_two_months(standard):
    months = {}
    for row in standard.ask("segment_history"):
        months.setdefault(row["month"], set()).add(row["customer_id"])
    ordered = [months[month] for month in sorted(months)]
    assert all(before <= after for before, after in pairwise(ordered))
