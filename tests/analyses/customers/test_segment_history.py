"""Segment history: each month end equals RFM as of the first of the next month."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from support.warehouses import BuiltWarehouse

RFM = ("customer_id", "recency", "frequency", "monetary", "r", "f", "m", "segment")


def month_end(shop: BuiltWarehouse, month: date) -> list[tuple[Any, ...]]:
    history = shop.warehouse.ask("segment_history")
    return [
        tuple(row[name] for name in RFM)
        for row in shop.fetch(history.filter(history.month == month))
    ]


@pytest.mark.parametrize("month", [date(2009, 12, 1), date(2011, 11, 1)])
@pytest.mark.parametrize("conventions", ["standard", "lgs"])
def test_a_month_end_equals_rfm_as_of_the_next_day(
    request: pytest.FixtureRequest, conventions: str, month: date
) -> None:
    shop: BuiltWarehouse = request.getfixturevalue(conventions)
    next_month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    assert month_end(shop, month) == shop.columns("rfm", *RFM, as_of=next_month)


def test_incomplete_months_are_left_out(shop: BuiltWarehouse) -> None:
    months = {row["month"] for row in shop.ask("segment_history")}
    assert months == {date(2024, month, 1) for month in (1, 2, 3)}


def test_came_from_is_the_segment_of_the_previous_month(shop: BuiltWarehouse) -> None:
    bob = [row for row in shop.ask("segment_history") if row["customer_id"] == "Bob"]
    assert [row["came_from"] for row in bob] == ["New", *(row["segment"] for row in bob[:-1])]


def test_recency_is_not_negative_if_an_order_has_lines_in_the_next_month(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([
        {"Order ID": 1, "Order Date": day, "Customer ID": "Ann", "SKU": "tea", "Quantity": 1,
         "Price": 1} for day in ("2024-01-01", "2024-01-31", "2024-03-15", "2024-03-31")
    ])  # fmt: skip
    assert shop.columns("segment_history", "month", "recency")[0] == (date(2024, 1, 1), 0)
    assert shop.columns("rfm", "recency", as_of="2024-02-01") == [(0,)]


def test_moves_add_up_the_history(standard: BuiltWarehouse) -> None:
    history = Counter(
        (row["month"], row["came_from"], row["segment"]) for row in standard.ask("segment_history")
    )
    moves = standard.ask("segment_moves")
    assert {(m["month"], m["came_from"], m["segment"]): m["customers"] for m in moves} == history
    shares: Counter[tuple[date, str]] = Counter()
    for move in moves:
        shares[move["month"], move["came_from"]] += move["share"]
    assert all(total == pytest.approx(1) for total in shares.values())


def test_no_customer_disappears_from_one_month_to_the_next(standard: BuiltWarehouse) -> None:
    months: dict[date, set[str]] = {}
    for row in standard.ask("segment_history"):
        months.setdefault(row["month"], set()).add(row["customer_id"])
    ordered = [months[month] for month in sorted(months)]
    assert all(before <= after for before, after in pairwise(ordered))


def test_a_period_limits_the_months_and_changes_no_score(shop: BuiltWarehouse) -> None:
    february = [row for row in shop.ask("segment_history") if row["month"] == date(2024, 2, 1)]
    period = {"since": "2024-02-01", "until": "2024-02-29"}
    assert shop.ask("segment_history", **period) == february
    assert {row["came_from"] for row in february} > {"New"}


def test_a_filter_shows_customers_from_their_first_matching_sale_on(shop: BuiltWarehouse) -> None:
    # Dee first bought tea in February, Ann in January; Cid, who bought hats only, never did.
    everyone = {(row["month"], row["customer_id"]): row for row in shop.ask("segment_history")}
    shown = shop.ask("segment_history", where={"product_id": "T1"})
    assert [(row["month"].month, row["customer_id"]) for row in shown] == [
        (1, "Ann"), (1, "Bob"),
        *((month, name) for month in (2, 3) for name in ("Ann", "Bob", "Dee", "Fay", "Gus")),
    ]  # fmt: skip
    assert shown == [everyone[row["month"], row["customer_id"]] for row in shown]
