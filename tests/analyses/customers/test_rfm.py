"""RFM: who counts as a buyer, and how buyers are scored."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.analyses.segments.scores import rfm_scores
from support.warehouses import BuiltWarehouse

SCORES = range(1, 6)


def lines(*orders: tuple[object, ...]) -> list[dict[str, object]]:
    """Return order lines from tuples: order, day, customer, quantity, price and optional status."""
    names = ("Order ID", "Order Date", "Customer ID", "Quantity", "Price", "Status")
    rows = ((*order, "paid")[:6] for order in orders)
    return [dict(zip(names, row, strict=True), Product="Tea") for row in rows]


def scored(shop: BuiltWarehouse, *columns: str, **options: Any) -> dict[str, tuple[Any, ...]]:
    rows = shop.ask("rfm", **options)
    return {row["customer_id"]: tuple(row[column] for column in columns) for row in rows}


def test_a_refund_is_not_an_order(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop(lines(
        (1, "2024-01-01", "Ann", 2, 10),
        (2, "2024-03-01", "Ann", -1, 10),
        (3, "2024-03-10", "Bob", 1, 10),
    ))  # fmt: skip
    assert scored(shop, "recency", "frequency", "monetary") == {
        "Ann": (70, 1, 10),
        "Bob": (1, 1, 10),
    }


def test_guests_are_not_scored(build_shop: Callable[..., BuiltWarehouse]) -> None:
    guests = [(n, "2024-03-10", None, 9, 100) for n in range(100, 150)]
    known = [(1, "2024-01-01", "Ann", 1, 1), (2, "2024-02-01", "Bob", 1, 1)]
    shop = build_shop(lines(*known, *guests))
    assert set(scored(shop)) == {"Ann", "Bob"}
    assert sum(row["customers"] for row in shop.ask("segments")) == 2


def test_a_customer_who_only_cancelled_is_not_scored(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(lines(
        (1, "2024-01-01", "Ann", 1, 10),
        (2, "2024-01-02", "Eve", 1, 10, "cancelled"),
        (3, "2024-01-03", "Ivy", -1, 10),
    ))  # fmt: skip
    assert set(scored(shop)) == {"Ann"}


def test_equal_customers_get_equal_scores(build_shop: Callable[..., BuiltWarehouse]) -> None:
    # Nine customers buy the same on the same day; the tenth buys more, later.
    same = [(n, "2024-01-01", f"C{n}", 1, 10) for n in range(9)]
    shop = build_shop(lines(*same, (9, "2024-02-01", "C9", 5, 10), (10, "2024-02-02", "C9", 1, 1)))
    scores = scored(shop, "r", "f", "m", "segment")
    assert len({scores[f"C{n}"] for n in range(9)}) == 1
    assert scores["C9"][:3] == (5, 5, 5)
    assert scores["C0"][1:3] == (1, 1)


def test_a_single_customer_is_scored(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop(lines((1, "2024-01-01", "Ann", 1, 10)))
    [row] = shop.ask("rfm")
    assert all(row[score] in SCORES for score in "rfm")


def test_recency_counts_calendar_days(build_shop: Callable[..., BuiltWarehouse]) -> None:
    late, early = "2024-01-01 23:59", "2024-01-02 00:00"
    shop = build_shop(lines((1, late, "Ann", 1, 10), (2, early, "Bob", 1, 1)))
    assert scored(shop, "recency") == {"Ann": (2,), "Bob": (1,)}


def test_every_customer_is_in_exactly_one_segment(standard: BuiltWarehouse) -> None:
    rows = standard.ask("rfm")
    assert {row["segment"] for row in rows} == {row["segment"] for row in standard.ask("segments")}
    assert "Unmapped" not in {row["segment"] for row in rows}
    assert len({row["customer_id"] for row in rows}) == len(rows)


def test_lgs_conventions_break_ties_of_frequency_by_customer_id(lgs: BuiltWarehouse) -> None:
    rows = sorted(lgs.ask("rfm"), key=lambda row: int(row["customer_id"]))
    scores = [row["f"] for row in rows if row["frequency"] == 1]
    assert scores == sorted(scores)
    assert len(set(scores)) > 1


def score(values: pd.Series) -> pd.DataFrame:
    names = ("recency", "frequency", "monetary")
    frame = pd.DataFrame(dict.fromkeys(names, values) | {"customer_id": values.map(str)})
    table = ibis.memtable(frame)
    return rfm_scores(table).to_pandas().sort_values("recency").reset_index(drop=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=60, unique=True))
def test_scores_of_distinct_values_equal_pandas_qcut(values: list[int]) -> None:
    ascending = pd.Series(sorted(values))
    result = score(ascending)
    expected = pd.qcut(ascending, 5, labels=False) + 1
    assert list(result.m) == list(result.f) == list(expected)
    assert list(result.r) == [6 - s for s in expected]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_equal_values_score_equally_and_larger_values_never_lower(values: list[int]) -> None:
    result = score(pd.Series(values))
    assert result.groupby("monetary").m.nunique().max() == 1
    assert result.m.is_monotonic_increasing
    assert result.r.is_monotonic_decreasing
    assert set(result.m) | set(result.f) | set(result.r) <= set(SCORES)


def test_the_default_snapshot_is_the_day_after_the_last_order(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(lines((1, "2024-01-01", "Ann", 1, 10), (2, "2024-01-31", "Bob", -1, 10)))
    assert shop.warehouse.last_order_on == date(2024, 1, 1)
    assert scored(shop, "recency") == {"Ann": (1,)}
    later = date(2024, 1, 1) + timedelta(days=30)
    assert scored(shop, "recency", as_of=later) == {"Ann": (30,)}


@pytest.mark.parametrize("conventions", ["standard", "lgs"])
def test_scores_are_the_same_on_every_run(request: pytest.FixtureRequest, conventions: str) -> None:
    shop: BuiltWarehouse = request.getfixturevalue(conventions)
    assert shop.ask("rfm") == shop.ask("rfm")


def test_the_map_counts_every_customer_once_and_repeats_the_figures_of_the_segment(
    standard: BuiltWarehouse,
) -> None:
    counted = Counter((row["r"], row["f"], row["segment"]) for row in standard.ask("rfm"))
    cells = standard.ask("rfm_map")
    assert {(c["r"], c["f"], c["segment"]): c["customers_here"] for c in cells} == counted
    segments = {row["segment"]: row for row in standard.ask("segments")}
    for cell in cells:
        segment = segments[cell["segment"]]
        assert {name: cell[name] for name in segment} == segment
    assert list(dict.fromkeys(cell["segment"] for cell in cells)) == list(segments)


def test_no_customer_is_new_if_all_ordered_equally_often(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    monthly = [(f"{month}-{n}", f"2024-0{month}-10", f"C{n}", 1, 10)
               for n in range(10) for month in range(1, 6)]  # fmt: skip
    shop = build_shop(lines(*monthly))
    assert set(scored(shop, "segment").values()) == {("Not Ranked",)}
    [row] = shop.ask("segments")
    assert "too uniform" in row["reason"]


def test_only_a_customer_with_a_single_order_is_new(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    """Ann and Bob order least often, and most recently; only Bob is new."""
    others = [(f"{n}-{m}", f"2024-0{m}-01", f"C{n}", 1, 10) for n in range(8) for m in range(1, 6)]
    ann = [("A1", "2024-06-28", "Ann", 1, 10), ("A2", "2024-06-30", "Ann", 1, 10)]
    shop = build_shop(lines(*others, *ann, ("B1", "2024-06-30", "Bob", 1, 10)))
    found = scored(shop, "r", "f", "segment")
    assert found["Ann"] == (5, 1, "Potential Loyalists")
    assert found["Bob"] == (5, 1, "New Customers")


def test_the_latest_customers_are_new_if_all_ordered_once(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(lines(*((n, f"2024-01-{n:02}", f"C{n}", 1, 10) for n in range(1, 11))))
    assert scored(shop, "segment")["C10"] == ("New Customers",)
