"""Findings on days and distributions, from rows made up here."""

from datetime import date
from typing import Any

import pytest

from regulars.insights.findings import days, distributions


def money(value: Any) -> str:
    return f"£{value:,.0f}"


def day(n: int, net_sales: float, verdict: str = "usual", **more: Any) -> dict[str, Any]:
    return {
        "day": date(2024, 1, n), "weekday": f"{date(2024, 1, n):%A}", "net_sales": net_sales,
        "verdict": verdict, "usual": 100.0, "orders": 3, "one_order": None, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ([day(1, 1, "unknown")], "Too few weeks to say which days are unusual: 8 are needed"),
        ([day(1, 99)], "No unusual days in May"),
        (
            [day(1, 30, "lower"), day(2, 90)],
            "1 of 2 days in May was unusual. It was Monday, 1 January 2024: £30, against the usual "
            "£100",
        ),
        (
            [day(1, 60, "lower"), day(2, 250, "higher", one_order=200)],
            "2 of 2 days in May were unusual. The most unusual was Tuesday, 2 January 2024: "
            "£250, 2.5 times the usual £100, with one order of £200",
        ),
        (
            [day(1, 300, "higher"), day(2, 0, "lower", orders=0)],
            "2 of 2 days in May were unusual. The most unusual was Tuesday, 2 January 2024: "
            "no orders, against the usual £100",
        ),
    ],
)
def test_unusual_days_name_the_furthest(rows: list[dict[str, Any]], finding: str) -> None:
    assert days.unusual(rows, "May", money) == finding


def test_a_week_is_compared_with_weeks_of_enough_orders() -> None:
    this, last, year_ago = (
        {"net_sales": net_sales, "orders": orders}
        for net_sales, orders in ((150, 40), (100, 30), (200, 29))
    )
    against = [(last, "last week"), (year_ago, "the same week last year")]
    found = days.week(this, against, "Monday", money)
    assert found == "Monday: net sales of £150, up 50.0% on last week"


def test_the_largest_tenth_of_orders_is_compared_with_its_net_sales() -> None:
    bands = [
        {"band": "over 50 to 100", "orders": 46, "share": 0.92, "share_of_net_sales": 0.6},
        {"band": "over 1,000 to 2,000", "orders": 3, "share": 0.06, "share_of_net_sales": 0.3},
        {"band": "over 2,000 to 5,000", "orders": 1, "share": 0.02, "share_of_net_sales": 0.1},
    ]
    assert distributions.order_sizes(bands, 80, money) == (
        "Half of the orders are below £80; the 8.0% above £1,000 make up 40.0% of their total value"
    )


def test_second_orders_are_claimed_for_30_customers_or_more() -> None:
    rows = [
        {"within_days": days, "customers": customers, "share": share, "ordered_again": 1}
        for days, customers, share in ((30, 60, 0.1), (60, 30, 0.25), (90, 29, 0.3))
    ]
    found = distributions.second_orders(rows)
    assert found == "10.0% of new customers order again within 30 days and 25.0% within 60"


def test_moves_between_lost_segments_are_no_loss() -> None:
    rows = [
        {"segment_before": "A", "segment": "At Risk", "customers": 5},
        {"segment_before": "B", "segment": "Can't Lose", "customers": 2},
        {"segment_before": "Can't Lose", "segment": "At Risk", "customers": 9},
    ]
    assert distributions.moves(rows, ["Can't Lose", "At Risk"], 90) == (
        "7 customers moved to Can't Lose or At Risk in the last 90 days, 5 of them from A"
    )


def test_the_best_place_has_30_customers_or_more() -> None:
    places = [
        {"location": location, "customers": customers, "share": share}
        for location, customers, share in (("UK", 300, 0.2), ("DE", 30, 0.3), ("FR", 29, 0.9))
    ]
    assert distributions.high_value({"share": 0.21}, places) == (
        "21.0% of customers are high value; the highest share is in DE: 30.0% of 30"
    )
