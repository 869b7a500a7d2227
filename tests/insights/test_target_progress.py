"""Actual figures against targets, worked out by hand.

February 2023 has 40 orders of 10.00 from 40 customers, two a day to the 20th, and a return of 10.00
on the 28th: net sales of 390.00. February 2024 has 15 orders of 20.00, one a day to the 15th, where
the data ends: five are from customers of 2023, ten from new ones.
"""

from datetime import date
from decimal import Decimal

import pytest

from lists.conftest import build_on_engine
from regulars.insights.findings import targets as findings
from regulars.insights.target_progress import TargetProgress, target_progress
from regulars.warehouse.targets import Target, TargetPeriod
from support.loaded_warehouse import LoadedWarehouse, line
from support.present import present


def order(number: str, day: str, customer: str, price: str, quantity: str = "1") -> dict[str, str]:
    return line(number, quantity=quantity, price=price, day=day, customer=customer)


LINES = [
    *(order(f"a{n}", f"2023-02-{n // 2 + 1:02}", f"old{n}", "10") for n in range(40)),
    order("back", "2023-02-28", "old39", "10", "-1"),
    *(
        order(f"b{n}", f"2024-02-{n + 1:02}", f"old{n}" if n < 5 else f"new{n}", "20")
        for n in range(15)
    ),
]


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LoadedWarehouse:
    return build_on_engine(request, tmp_path_factory, "targets", LINES)


def target(period: str, amount: int, metric: str = "net_sales") -> Target:
    return Target(TargetPeriod.parse(period), Decimal(amount), metric)


def test_what_is_reached_and_how_much_of_the_period_is_over(shop: LoadedWarehouse) -> None:
    targets = [
        target("2024-02", 500), target("2024-02", 20, "orders"),
        target("2024-02", 10, "new_customers"), target("2024-Q1", 600), target("2023-02", 400),
        target("2024-03", 100), target("2023-01", 100),
    ]  # fmt: skip
    with shop.open() as warehouse:
        month, orders, new, quarter, before, later, earlier = target_progress(warehouse, targets)
    # 15 x 20 = 300 of 500. A year before, 30 of the 40 orders were made by the 15th: 300 of 390.
    assert (month.state, month.actual, month.reached) == ("running", Decimal(300), 0.6)
    assert (month.last_day, month.days_over) == (date(2024, 2, 15), 15 / 29)
    assert month.last_year == pytest.approx(300 / 390)
    assert (orders.actual, orders.last_year) == (15, 0.75)  # 30 of 40 orders
    assert (new.actual, new.is_met, new.last_year) == (10, True, 0.75)
    # The data starts in February 2023, so it has no first quarter of 2023: 46 of 91 days.
    assert (quarter.actual, quarter.last_year) == (Decimal(300), None)
    assert quarter.days_over == pytest.approx((31 + 15) / 91)
    assert (before.state, before.actual, before.difference) == ("over", Decimal(390), Decimal(-10))
    assert (later.state, later.actual, later.reached) == ("not started", None, None)
    assert (earlier.state, earlier.actual) == ("not covered", None)


def test_findings_say_what_the_pace_is_compared_with(shop: LoadedWarehouse) -> None:
    targets = [
        target("2024-02", 500), target("2024-02", 20, "orders"), target("2024-Q1", 600),
        target("2023-02", 400), target("2023-02", 39, "orders"), target("2024-02", 300),
    ]  # fmt: skip
    with shop.open() as warehouse:
        progress = target_progress(warehouse, targets)
    month, orders, quarter, missed, beaten, met = progress
    assert findings.finding(month, "£") == (
        "Net sales in February 2024 reached 60.0% of the target by 15 February: £300.00 of £500.00"
    )
    # 60.0 - 76.9 points
    assert findings.detail(month) == (
        "By 15 February 2023, February 2023 had reached 76.9% of its net sales, so this is "
        "16.9 points behind last year's pace."
    )
    assert findings.pace(orders) == "level with last year's pace"  # 15 of 20, as 30 of 40
    assert findings.detail(quarter) == "50.5% of the days in Q1 2024 are over."  # 46 of 91
    assert findings.finding(missed, "£") == (
        "Net sales in February 2023 missed the target by £10.00: £390.00 of £400.00, 97.5%"
    )
    assert findings.finding(beaten, "") == (
        "Orders in February 2023 beat the target by 1: 40 of 39, 102.6%"
    )
    assert findings.finding(met, "£").startswith("Net sales in February 2024 met the target by 15")
    assert present(findings.latest(progress)) is month
    assert present(findings.latest([missed, beaten])) is missed


def test_a_target_that_is_just_missed_is_never_rounded_to_met() -> None:
    almost = TargetProgress(target("2023-02", 1_000_000), "over", Decimal(999_999))
    assert (findings.share_reached(almost), almost.is_met) == ("99.9%", False)
