"""What pages show that the report does not: trends beside headline figures, and the choices."""

from datetime import date

import pytest

from regulars.insights.drilldown import DrillDown
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.customers import rfm
from regulars.insights.sections.today import HeadlinesOf, choices

MONTHS = tuple((date(2024, month, 1), month < 4) for month in range(1, 5))
EVERYTHING = Comparison(Span(date(2024, 1, 1), date(2024, 4, 10)), None, "")
TO_MARCH = Comparison(Span(date(2024, 1, 1), date(2024, 3, 31)), None, "")


def heights(path):
    """What the points of a path stand at, from 0 at the foot to 1 at the top."""
    points = [point.split(",") for point in path.removeprefix("M").split("L")]
    return [round(1 - float(y) / 30, 2) for _, y in points]


def test_a_trend_has_a_point_for_each_month_with_what_is_not_complete_apart(shop):
    told = HeadlinesOf(EVERYTHING, MONTHS, True)(Scope(shop.warehouse)).sparks["Net sales"]
    # By hand: January 94, February 179, nothing in March, and 87 in April so far.
    assert heights(told.whole) == [round(94 / 179, 2), 1, 0]
    assert heights(told.rest) == [0, round(87 / 179, 2)]
    assert told.words == "January 2024 to April 2024"


def test_each_headline_figure_has_a_trend_and_a_ratio_of_nothing_is_a_gap(shop):
    told = HeadlinesOf(EVERYTHING, MONTHS, True)(Scope(shop.warehouse))
    shown = {kpi.label for kpi in (*told.headlines.chief, *told.headlines.others)}
    assert set(told.sparks) == shown
    # Nobody ordered in March, so no order had a value: the line ends with February.
    order_value = told.sparks["Average order value"]
    assert heights(order_value.whole) == [round(94 / 4 / (179 / 5), 2), 1]
    assert order_value.rest == ""


def test_a_trend_ends_with_the_period_and_is_told_of_three_months_at_least(shop):
    told = HeadlinesOf(TO_MARCH, MONTHS, True)(Scope(shop.warehouse)).sparks
    assert heights(told["Orders"].whole) == [4 / 5, 1, 0]
    assert {spark.rest for spark in told.values()} == {""}
    january = Comparison(Span(date(2024, 1, 1), date(2024, 2, 29)), None, "")
    assert HeadlinesOf(january, MONTHS, True)(Scope(shop.warehouse)).sparks == {}


def test_data_that_begin_in_the_middle_of_a_month_do_not_begin_with_a_fall(shop):
    begun_late = ((MONTHS[0][0], False), *MONTHS[1:])
    told = HeadlinesOf(EVERYTHING, begun_late, True)(Scope(shop.warehouse)).sparks["Net sales"]
    assert heights(told.whole) == [1, 0]  # February and March


def test_a_month_of_more_returns_than_sales_lies_below_the_line(shop):
    bob = Scope(shop.warehouse, where={"customer_id": ["Bob"]})
    told = HeadlinesOf(TO_MARCH, MONTHS, True)(bob).sparks["Net sales"]
    # 20 in January, 10 sent back in February, nothing in March: from -10 to 20.
    assert heights(told.whole) == [1, 0, pytest.approx(1 / 3, abs=0.01)]


def test_what_can_be_chosen_stands_with_the_largest_first(shop):
    told = choices(Scope(shop.warehouse))
    assert told["location"] == ["UK", "DE", "FR"]
    assert told["product_id"][0] == "T1"
    assert set(told["segment"]) == {segment for (segment,) in shop.columns("rfm", "segment")}


def test_whom_to_write_to_first_are_those_away_who_spent_most(standard):
    told = rfm(Scope(standard.warehouse)).call
    rows = {row["segment"]: row for row in standard.ask("segments")}
    lost = rows["Can't Lose"]
    assert told.finding == (
        f"{lost['customers']} customers in Can't Lose spent {lost['monetary']:,.0f} each on "
        f"average, and have not been back for {lost['recency']:.0f} days. {lost['action']}"
    )
    assert DrillDown.of(told.figure, shows_customers=True)(Scope(standard.warehouse)).finding == (
        f"Customers: {lost['customers']}"
    )


def test_where_nobody_has_been_away_there_is_nobody_to_write_to(shop):
    assert rfm(Scope(shop.warehouse, where={"customer_id": ["Hal"]})).call is None
