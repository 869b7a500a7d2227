"""Findings claim only what the rows of an analysis support."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from regulars.core.columns import ColumnCard
from regulars.core.formatting import change
from regulars.insights.findings import customers as customer_findings
from regulars.insights.findings import sales
from regulars.insights.findings.shared import shortened
from support.warehouses import ResultRows, Rows


def written(value: Decimal | float) -> str:
    return f"{value:,}"


def months(*sales: int, first_complete: bool = True, last_complete: bool = True) -> ResultRows:
    """Return months of net sales from January 2024, with growth as the analysis computes it."""
    rows: ResultRows = [
        {
            "month": date(2024 + n // 12, n % 12 + 1, 1), "net_sales": net, "growth": None,
            "is_complete": (first_complete or n > 0) and (last_complete or n < len(sales) - 1),
        }
        for n, net in enumerate(sales)
    ]  # fmt: skip
    for before, row in pairwise(rows):
        if before["is_complete"] and row["is_complete"] and before["net_sales"] > 0:
            row["growth"] = row["net_sales"] / before["net_sales"] - 1
    return rows


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (months(100, 80, 120), "March 2024 was the best month yet: 120, 50.0% above February"),
        (months(100, 80, 60), "March 2024 was the weakest month yet: 60, 25.0% below February"),
        (months(120, 80, 120), "March 2024 equalled the best month: 120, 50.0% above February"),
        (months(120, 80, 100), "March 2024: net sales of 100, 25.0% above February"),
        (months(120, 50, 50), "March 2024: net sales of 50, level with February"),
        (months(50, 100), "February 2024: net sales of 100, 100.0% above January"),
        (months(10, 300), "February 2024: net sales of 300, 30 times as much as in January"),
        (months(9, 0, 4), "March 2024: net sales of 4"),
        (months(100), "Net sales in January 2024, the only complete month, were 100"),
        (months(7, last_complete=False), "No month is complete yet; net sales so far: 7"),
    ],
)
def test_the_trend_describes_the_last_complete_month(rows: Rows, finding: str) -> None:
    assert sales.trend(rows, written) == finding


@pytest.mark.parametrize(
    ("orders", "finding"),
    [
        ((30, 30), "February 2024: net sales of 120, 20.0% above January"),
        ((29, 30), "February 2024: net sales of 120"),
        ((30, 29), "Net sales in February 2024 were 120, from only 29 orders"),
        ((30, 1), "Net sales in February 2024 were 120, from only 1 order"),
    ],
)
def test_months_with_fewer_than_30_orders_are_not_compared(
    orders: tuple[int, int], finding: str
) -> None:
    rows = [row | {"orders": n} for row, n in zip(months(100, 120), orders, strict=True)]
    assert sales.trend(rows, written) == finding


def test_a_finding_on_few_orders_says_how_few() -> None:
    assert sales.qualified("UK leads", 30) == "UK leads"
    assert sales.qualified("UK leads", 29) == "UK leads (only 29 orders)"
    assert sales.qualified("", 29) == ""


def test_an_incomplete_month_is_not_compared() -> None:
    incomplete = months(100, 80, 120, 999, last_complete=False)
    assert sales.trend(incomplete, written) == sales.trend(months(100, 80, 120), written)
    late = months(1, 80, 120, first_complete=False)
    assert sales.trend(late, written) == "March 2024: net sales of 120, 50.0% above February"


def test_the_detail_compares_with_a_year_earlier_and_the_best_month() -> None:
    year = [100, *[150] * 10, 400, 110]
    assert sales.trend_detail(months(*year), written) == (
        "That is 10.0% above January 2024. The best month was December 2024 with 400."
    )
    assert sales.trend_detail(months(100), written) == ""


@pytest.mark.parametrize(
    ("now", "before", "finding"),
    [
        (110, 100, "Net sales of 110, up 10.0% on November 2023"),
        (100, 100, "Net sales of 100, flat (+0.0%) on November 2023"),
        (100, None, "Net sales of 100"),
    ],
)
def test_the_headline_names_the_earlier_period(now: int, before: int | None, finding: str) -> None:
    moved = change(now, before, ColumnCard("Net sales", "money"))
    assert sales.headline("Net sales", written(now), moved, "November 2023") == finding


def customers(*counts: tuple[int, int], complete: bool = True) -> ResultRows:
    return [
        {"month": date(2024, n, 1), "active": new + old, "new": new, "returning": old,
         "is_complete": complete}
        for n, (new, old) in enumerate(counts, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (
            customers((9, 0), (10, 30)),
            "75.0% of customers in February 2024 had bought before (30 of 40)",
        ),
        (
            customers((9, 0), (7, 22)),  # fewer than 30 customers have no percentage
            "22 of 29 customers in February 2024 had bought before",
        ),
        (customers((9, 0)), "9 customers ordered in January 2024, the first month of data"),
        (customers((9, 0), (0, 0)), "No known customer ordered in February 2024"),
        (
            customers((1, 0), complete=False),
            "1 customer ordered in January 2024 so far, the first month of data",
        ),
        (
            customers((0, 0)),
            "No order has a customer ID, so new and returning customers cannot be separated",
        ),
    ],
)
def test_the_share_of_returning_customers_is_of_the_last_complete_month(
    rows: Rows, finding: str
) -> None:
    assert customer_findings.returning(rows, written) == finding


def buyers(*months: tuple[int, int, int], complete: bool = True) -> ResultRows:
    names = ("returning", "new", "guests")
    parts = [dict(zip(names, map(Decimal, amounts), strict=True)) for amounts in months]
    return [
        {"month": date(2024, n, 1), "net_sales": sum(one.values()), **one,
         "is_complete": complete or n < len(parts)}
        for n, one in enumerate(parts, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (
            buyers((0, 9, 1), (80, 15, 5)),
            "Returning customers made up 80.0% of net sales in February 2024, "
            "new customers 15.0%, guests 5.0%",
        ),
        (
            buyers((0, 9, 0), (3, 1, 0), (1, 99, 0), complete=False),
            "Returning customers made up 75.0% of net sales in February 2024, new customers 25.0%",
        ),
        (
            buyers((0, 9, 1)),
            "January 2024 is the first month of data, so all its customers count as new",
        ),
        (
            buyers((0, 9, 0), (5, -1, 0)),
            "February 2024: some customers returned more than they bought",
        ),
        (
            buyers((0, 0, 9), (0, 0, 3)),
            "No order has a customer ID, so sales cannot be split by customer type",
        ),
    ],
)
def test_sales_by_customer_type_are_of_the_last_complete_month(rows: Rows, finding: str) -> None:
    assert customer_findings.buyers(rows) == finding


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ((80, 20), (30, 90), "March 2025 had 120 active customers, 20.0% above March 2024."),
        ((80, 20), (10, 40), "March 2025 had 50 active customers, 50.0% below March 2024."),
        ((40, 10), (0, 50), "March 2025 had 50 active customers, level with March 2024."),
        ((40, 10), (10, 19), "March 2025 had 29 active customers."),
        ((19, 10), (40, 10), "March 2025 had 50 active customers."),
        ((0, 0), (1, 0), "March 2025 had 1 active customer."),
    ],
)
def test_active_customers_are_compared_with_the_same_month_a_year_earlier(
    before: tuple[int, int], now: tuple[int, int], sentence: str
) -> None:
    rows = [customers(before)[0] | {"month": date(2024, 3, 1)},
            customers(now)[0] | {"month": date(2025, 3, 1)},
            customers((99, 9), complete=False)[0] | {"month": date(2025, 4, 1)}]  # fmt: skip
    assert customer_findings.active(rows, written) == sentence


def test_without_a_complete_month_active_customers_are_left_out() -> None:
    assert customer_findings.active(customers((1, 2), complete=False), written) == ""


def segment(
    name: str, customers: int, of_customers: float, of_sales: float | None
) -> dict[str, object]:
    return {"segment": name, "customers": customers, "share_of_customers": of_customers,
            "share_of_net_sales": of_sales}  # fmt: skip


def test_the_top_segment_comes_with_its_share_of_customers_and_spending() -> None:
    rows = [segment("Champions", 14, 0.14, 0.53), segment("Others", 86, 0.86, 0.47)]
    assert customer_findings.segments(rows, written) == (
        "Champions: 14.0% of customers, 53.0% of customer spending"
    )


def test_shares_are_left_out_if_they_cannot_be_computed() -> None:
    rows = [segment("Champions", 1, 0.5, None), segment("Others", 1, 0.5, None)]
    assert customer_findings.segments(rows, written) == "2 customers are in 2 segments"
    assert customer_findings.segments([], written) == "No known customers to segment"


def test_frequent_customers_who_have_been_away_are_counted() -> None:
    cells = [{"r": r, "f": f, "customers": 1} for r in range(1, 6) for f in range(1, 6)]
    assert customer_findings.lapsed_regulars(cells, written).startswith(
        "4 frequent customers have been away"
    )
    assert customer_findings.lapsed_regulars([], written) == ""


def cohort(month: int, *customers: int, complete: bool) -> ResultRows:
    return [
        {"cohort": date(2024, month, 1), "months_since": n, "customers": count,
         "is_complete": complete if n == len(customers) - 1 and n else True}
        for n, count in enumerate(customers)
    ]  # fmt: skip


def test_retention_covers_all_cohorts_but_the_first_and_incomplete_months() -> None:
    rows = [
        *cohort(1, 100, 90, complete=True),
        *cohort(2, 10, 4, complete=True),
        *cohort(3, 30, 4, complete=True),
        *cohort(4, 10, 9, complete=False),
    ]
    assert customer_findings.retention(rows, written, date(2024, 1, 1)) == (
        "20.0% of 40 new customers bought again in the month after their first order"
    )


@pytest.mark.parametrize(
    ("size", "ending"), [(40, ", and 25.0% of 40 twelve months later"), (29, "")]
)
def test_retention_after_a_year_needs_thirty_customers(size: int, ending: str) -> None:
    year = [8, *[0] * 10, 10]
    rows = [
        *cohort(1, 9, 9, complete=True),
        *cohort(2, size, *year, complete=True),
        *cohort(3, 40, 8, complete=True),
    ]
    sentence = customer_findings.retention(rows, written, date(2024, 1, 1))
    assert sentence.endswith(
        f"new customers bought again in the month after their first order{ending}"
    )


def test_few_new_customers_produce_no_finding() -> None:
    rows = [*cohort(1, 9, 9, complete=True), *cohort(2, 29, 7, complete=True)]
    assert customer_findings.retention(rows, written, date(2024, 1, 1)) == (
        "Too few new customers so far (29) to say how many come back"
    )


@pytest.mark.parametrize(
    ("amount", "net_sales", "note"),
    [
        ("25", "100", "spent 25, 25.0% of the shop's net sales. They are in no segment"),
        ("0.05", "100", ""),
        ("5", "-10", ""),
        ("15", "10", ""),
    ],
)
def test_sales_to_guests_are_noted_if_more_than_a_trace(
    amount: str, net_sales: str, note: str
) -> None:
    sentence = customer_findings.guests(
        Decimal(amount), Decimal(net_sales), written, "the shop's net sales"
    )
    assert note in sentence
    assert bool(sentence) == bool(note)


def test_it_can_be_too_early_for_retention() -> None:
    early = "It is too early to say how many new customers come back"
    assert (
        customer_findings.retention(cohort(1, 10, 5, complete=True), written, date(2024, 1, 1))
        == early
    )
    assert customer_findings.retention([], written, date(2024, 1, 1)) == early


def places(*shares: float, total: int = 100) -> ResultRows:
    return [
        {"location": name, "net_sales": share * total, "share": share}
        for name, share in zip("ABCDEFGHIJKL", shares, strict=False)
    ]


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (places(0.85, 0.1, 0.05), "A makes up 85.0% of net sales; B is next with 10.0%"),
        (places(1.0), "A makes up 100.0% of net sales"),
        (places(0.4, 0.35, 0.25), "A leads with 40.0% of net sales"),
        (places(0.25, 0.25, 0.25, 0.25), "A, B, C and 1 more lead with 25.0% of net sales each"),
        (places(1.5, -0.5), "A is the home market"),
        (places(1.0, total=-5), "Returns offset all sales"),
        ([{"location": None, "net_sales": 5, "share": 1.0}], ""),
    ],
)
def test_a_dominant_home_market_is_named(rows: Rows, finding: str) -> None:
    assert sales.home_market(rows) == finding


def test_the_leader_comes_with_the_share_of_the_top_few() -> None:
    rows = places(0.2, 0.18, 0.17, 0.15, 0.3)
    assert sales.leaders(rows, "location", top=3) == (
        "A leads with 20.0% of net sales; the top 3 of 5 make up 55.0%"
    )


def test_a_long_name_is_shortened() -> None:
    assert shortened("x" * 300) == "x" * 59 + "…"


def test_discounts_come_with_how_much_they_took_off() -> None:
    bands = [{"band": "0%", "share": 0.6}, {"band": "over 0% to 5%", "share": 0.4}]
    assert sales.discounted(bands, 0.021) == (
        "40.0% of sales were made at a discount; discounts took 2.1% off list prices"
    )
    assert sales.discounted(bands[1:], None) == "40.0% of sales were made at a discount"


WEEK = ("Monday", "Tuesday", "Wednesday")


def days(*sales: int | None) -> ResultRows:
    """Return the net sales of days of the week, each with its share."""
    whole = sum(net for net in sales if net is not None)
    return [
        {"weekday": day, "net_sales": net, "share": net / whole if whole else None}
        for day, net in zip(WEEK, sales, strict=True)
        if net is not None
    ]


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (days(10, 30, 60), "Wednesday leads with 60.0% of net sales"),
        (days(10, 30, None), "Tuesday leads with 75.0% of net sales; no sales on Wednesday"),
        (days(10, None, None),
         "Monday leads with 100.0% of net sales; no sales on Tuesday and Wednesday"),
        (days(40, 20, 40), "Monday and Wednesday lead with 40.0% of net sales each"),
        (days(-5, None, None), "Returns offset all sales"),
        ([], "No sales in the complete months"),
    ],
)  # fmt: skip
def test_the_strongest_weekday_comes_with_those_without_sales(rows: Rows, finding: str) -> None:
    assert sales.weekdays(rows, WEEK) == finding
