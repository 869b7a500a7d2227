"""What the dashboard shows beyond the report: trends, filter choices, the call to action."""

import statistics
from datetime import date

import pytest

from regulars.insights.charts.sparklines import Sparkline
from regulars.insights.drilldown import DrillDown
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.customers import rfm
from regulars.insights.sections.today import HeadlinesOf, choices
from support.present import present
from support.warehouses import BuiltWarehouse

Months = tuple[tuple[date, bool], ...]

MONTHS: Months = tuple((date(2024, month, 1), month < 4) for month in range(1, 5))
EVERYTHING = Comparison(Span(date(2024, 1, 1), date(2024, 4, 10)), None, "")
TO_MARCH = Comparison(Span(date(2024, 1, 1), date(2024, 3, 31)), None, "")


def heights(path: str) -> list[float]:
    """Return the height of each point of a path, from 0 at the bottom to 1 at the top."""
    points = [point.split(",") for point in path.removeprefix("M").split("L")]
    return [round(1 - float(y) / 30, 2) for _, y in points]


def trends(
    scope: Scope, compared: Comparison, months: Months = MONTHS
) -> dict[str, Sparkline | None]:
    """Return the sparkline of each headline figure, by its label."""
    headlines = HeadlinesOf(compared, months, True)(scope)
    return {kpi.label: kpi.sparkline for kpi in (*headlines.main, *headlines.others)}


def test_a_trend_has_a_point_for_each_month_with_incomplete_months_apart(
    shop: BuiltWarehouse,
) -> None:
    trend = present(trends(Scope(shop.warehouse), EVERYTHING)["Net sales"])
    # By hand: January 94, February 179, nothing in March, and 87 in April so far.
    assert heights(trend.complete) == [round(94 / 179, 2), 1, 0]
    assert heights(trend.incomplete) == [0, round(87 / 179, 2)]
    assert trend.label == "January 2024 to April 2024"


def test_the_leading_figures_have_a_trend_and_a_ratio_of_nothing_is_a_gap(
    shop: BuiltWarehouse,
) -> None:
    found = trends(Scope(shop.warehouse), EVERYTHING)
    leading = ["Net sales", "Orders", "Customers", "Average order value"]
    assert [label for label, trend in found.items() if trend] == leading
    # There was no order in March, so no average either: the line ends with February.
    order_value = present(found["Average order value"])
    assert heights(order_value.complete) == [round(94 / 4 / (179 / 5), 2), 1]
    assert order_value.incomplete == ""


def test_a_trend_ends_with_the_period_and_needs_three_months(shop: BuiltWarehouse) -> None:
    found = trends(Scope(shop.warehouse), TO_MARCH)
    assert heights(present(found["Orders"]).complete) == [4 / 5, 1, 0]
    assert {trend.incomplete for trend in found.values() if trend} == {""}
    to_february = Comparison(Span(date(2024, 1, 1), date(2024, 2, 29)), None, "")
    assert set(trends(Scope(shop.warehouse), to_february).values()) == {None}


def test_a_trend_leaves_out_an_incomplete_first_month(shop: BuiltWarehouse) -> None:
    late_start = ((MONTHS[0][0], False), *MONTHS[1:])
    trend = present(trends(Scope(shop.warehouse), EVERYTHING, late_start)["Net sales"])
    assert heights(trend.complete) == [1, 0]  # February and March


def test_a_month_with_more_returns_than_sales_is_below_the_zero_line(shop: BuiltWarehouse) -> None:
    bob = Scope(shop.warehouse, where={"customer_id": ["Bob"]})
    trend = present(trends(bob, TO_MARCH)["Net sales"])
    # 20 in January, 10 returned in February, nothing in March: from -10 to 20.
    assert heights(trend.complete) == [1, 0, pytest.approx(1 / 3, abs=0.01)]


def test_the_choices_of_a_filter_start_with_the_largest(shop: BuiltWarehouse) -> None:
    values = choices(Scope(shop.warehouse))
    assert values["location"] == ["UK", "DE", "FR"]
    assert values["product_id"][0] == "T1"
    assert set(values["segment"]) == {segment for (segment,) in shop.columns("rfm", "segment")}


def test_the_call_to_action_names_the_lapsed_segment_that_spent_the_most(
    standard: BuiltWarehouse,
) -> None:
    call = present(rfm(Scope(standard.warehouse)).call)
    rows = {row["segment"]: row for row in standard.ask("segments")}
    lost, days = rows["Can't Lose"], round(rows["Can't Lose"]["recency"])
    spent = [row["monetary"] for row in standard.ask("rfm") if row["segment"] == "Can't Lose"]
    mean, median = sum(spent) / len(spent), statistics.median(spent)
    assert call.finding == (
        f"{lost['customers']} customers in Can't Lose spent a median of {median:,.2f} ("
        f"{mean:,.2f} on average) and have not been back for {days} days. {lost['action']}"
    )
    assert DrillDown.of(call.figure, shows_customers=True)(Scope(standard.warehouse)).finding == (
        f"Customers: {lost['customers']}"
    )


def test_without_lapsed_customers_there_is_no_call_to_action(shop: BuiltWarehouse) -> None:
    assert rfm(Scope(shop.warehouse, where={"customer_id": ["Hal"]})).call is None
