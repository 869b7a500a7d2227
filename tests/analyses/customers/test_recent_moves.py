"""Who moved to another segment in 90 days, compared with the segments as they were then."""

from collections import Counter

import pytest

from regulars.analyses.customers.recent_moves import days_before
from regulars.core.errors import InputError
from support.warehouses import BuiltWarehouse

NOW, BEFORE = "2024-04-11", "2024-01-12"  # 90 days, of which 29 in February


@pytest.fixture(scope="module")
def moves(shop: BuiltWarehouse) -> dict[str, tuple[str, str]]:
    """Return each customer's segments before and now, from the segments of the two days."""
    then, now = (
        dict(shop.columns("rfm", "customer_id", "segment", as_of=day)) for day in (BEFORE, NOW)
    )
    assert set(then) == {"Ann", "Bob"}
    return {customer: (then.get(customer, "New"), segment) for customer, segment in now.items()}


def test_moves_count_the_customers_of_each_pair(
    shop: BuiltWarehouse, moves: dict[str, tuple[str, str]]
) -> None:
    rows = shop.columns("recent_moves", "segment_before", "segment", "customers")
    assert {(before, now): customers for before, now, customers in rows} == Counter(moves.values())
    from_new = [row for row in shop.ask("recent_moves") if row["segment_before"] == "New"]
    assert sum(row["share"] for row in from_new) == pytest.approx(1)


def test_customers_who_stayed_have_not_moved(
    shop: BuiltWarehouse, moves: dict[str, tuple[str, str]]
) -> None:
    rows = shop.columns("moved_customers", "customer_id", "segment_before", "segment")
    expected = [(customer, *pair) for customer, pair in moves.items() if pair[0] != pair[1]]
    assert rows == sorted(expected)


def test_both_segments_are_filters(shop: BuiltWarehouse, moves: dict[str, tuple[str, str]]) -> None:
    for before, now in set(moves.values()):
        where = {"segment_before": before, "segment": now}
        people = [customer for customer, pair in moves.items() if pair == (before, now)]
        assert shop.columns("rfm", "customer_id", where=where) == [(one,) for one in people]


def test_moves_look_back_from_a_past_snapshot(shop: BuiltWarehouse) -> None:
    # 90 days before 1 February is before the first order.
    rows = shop.ask("recent_moves", until="2024-01-31")
    assert {row["segment_before"] for row in rows} == {"New"}
    assert sum(row["customers"] for row in rows) == len(shop.ask("rfm", until="2024-01-31"))


def test_another_number_of_days_compares_with_the_segments_of_that_day(
    shop: BuiltWarehouse,
) -> None:
    # 30 days before 11 April.
    then, now = (
        dict(shop.columns("rfm", "customer_id", "segment", as_of=day))
        for day in ("2024-03-12", NOW)
    )
    assert set(then) > {"Ann", "Bob"}
    pairs = {one: (then.get(one, "New"), segment) for one, segment in now.items()}
    moved = shop.columns("moved_customers", "customer_id", "segment_before", "segment", days="30")
    assert moved == sorted((one, *pair) for one, pair in pairs.items() if pair[0] != pair[1])
    rows = shop.columns("recent_moves", "segment_before", "segment", "customers", days=30)
    assert {(before, after): number for before, after, number in rows} == Counter(pairs.values())
    for before in set(then.values()):
        where = {"segment_30_days_before": before}
        people = sorted(one for one, segment in then.items() if segment == before)
        assert shop.columns("rfm", "customer_id", where=where) == [(one,) for one in people]


@pytest.mark.parametrize(
    ("column", "days"),
    [
        ("segment_before", 90), ("segment_180_days_before", 180), ("segment_0_days_before", None),
        ("segment_30_days_before_now", None), ("segment", None),
    ],
)  # fmt: skip
def test_a_column_names_its_number_of_days(column: str, days: int | None) -> None:
    assert days_before(column) == days


def test_days_that_are_no_number_or_too_many_are_refused(shop: BuiltWarehouse) -> None:
    for days in ("soon", "0", "4000"):
        with pytest.raises(InputError, match="days = "):
            shop.ask("recent_moves", days=days)
