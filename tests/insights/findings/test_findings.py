"""Findings: what rows of an answer bear out, and nothing more."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from regulars.core.columns import ColumnCard
from regulars.core.formatting import change
from regulars.insights.findings import customers as people_findings
from regulars.insights.findings import sales


def say(value):
    return f"{value:,}"


def plain(sentence):
    return sentence.replace("\u00a0", " ")


def months(*sales, first_complete=True, last_complete=True):
    """Return months of net sales from January 2024, with growth as the catalogue gives it."""
    rows = [
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
        (months(120, 80, 100), "March 2024 brought 100, 25.0% above February"),
        (months(120, 50, 50), "March 2024 brought 50, level with February"),
        (months(50, 100), "February 2024 brought 100, 100.0% above January"),
        (months(9, 0, 4), "March 2024 brought 4"),
        (months(100), "January 2024, the only complete month, brought 100"),
        (months(7, last_complete=False), "No month is complete yet; net sales so far are 7"),
    ],
)
def test_the_trend_is_that_of_the_last_complete_month(rows, finding):
    assert plain(sales.trend(rows, say)) == finding


def test_an_unfinished_month_is_compared_with_nothing():
    unfinished = months(100, 80, 120, 999, last_complete=False)
    assert sales.trend(unfinished, say) == sales.trend(months(100, 80, 120), say)
    late = months(1, 80, 120, first_complete=False)
    assert plain(sales.trend(late, say)) == "March 2024 brought 120, 50.0% above February"


def test_a_year_ago_and_the_best_month_are_told_where_they_were_seen():
    year = [100, *[150] * 10, 400, 110]
    assert plain(sales.trend_detail(months(*year), say)) == (
        "That is 10.0% above January 2024. The best month was December 2024 with 400."
    )
    assert sales.trend_detail(months(100), say) == ""


@pytest.mark.parametrize(
    ("now", "before", "finding"),
    [
        (110, 100, "Net sales of 110, up 10.0% on November 2023"),
        (100, 100, "Net sales of 100, flat (+0.0%) on November 2023"),
        (100, None, "Net sales of 100"),
    ],
)
def test_the_headline_says_what_it_is_compared_with(now, before, finding):
    moved = change(now, before, ColumnCard("Net sales", "money"))
    assert plain(sales.headline("Net sales", say(now), moved, "November 2023")) == finding


def people(*counts, complete=True):
    return [
        {"month": date(2024, n, 1), "active": new + old, "new": new, "returning": old,
         "is_complete": complete}
        for n, (new, old) in enumerate(counts, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (
            people((9, 0), (1, 3)),
            "75.0% of the customers of February 2024 had bought before: 3 of 4",
        ),
        (people((9, 0)), "9 customers ordered in January 2024, where the data begin"),
        (people((9, 0), (0, 0)), "No known customer ordered in February 2024"),
        (
            people((1, 0), complete=False),
            "1 customer ordered in January 2024 so far, where the data begin",
        ),
        (
            people((0, 0)),
            "No order bears the name of a customer, so new and returning cannot be told apart",
        ),
    ],
)
def test_returning_customers_are_those_of_the_last_complete_month(rows, finding):
    assert plain(people_findings.returning(rows, say)) == finding


def buyers(*months, complete=True):
    names = ("returning", "new", "guests")
    parts = [dict(zip(names, map(Decimal, told), strict=True)) for told in months]
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
            "Returning customers brought 80.0% of the net sales of February 2024, new ones 15.0%, "
            "guests 5.0%",
        ),
        (
            buyers((0, 9, 0), (3, 1, 0), (1, 99, 0), complete=False),
            "Returning customers brought 75.0% of the net sales of February 2024, new ones 25.0%",
        ),
        (
            buyers((0, 9, 1)),
            "January 2024 is where the data begin: nobody is known to have come back yet",
        ),
        (
            buyers((0, 9, 0), (5, -1, 0)),
            "February 2024: some customers sent back more than they bought",
        ),
        (
            buyers((0, 0, 9), (0, 0, 3)),
            "No order bears the name of a customer, so it cannot be told who brings the sales",
        ),
    ],
)
def test_who_brings_the_sales_is_told_of_the_last_complete_month(rows, finding):
    assert plain(people_findings.buyers(rows)) == finding


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((8, 2), (3, 9), "March 2025 had 12 active customers, 20.0% above March 2024."),
        ((8, 2), (1, 4), "March 2025 had 5 active customers, 50.0% below March 2024."),
        ((4, 1), (0, 5), "March 2025 had 5 active customers, level with March 2024."),
        ((0, 0), (1, 0), "March 2025 had 1 active customer."),
    ],
)
def test_active_customers_are_compared_with_those_of_the_same_month_a_year_before(
    before, now, told
):
    rows = [people(before)[0] | {"month": date(2024, 3, 1)},
            people(now)[0] | {"month": date(2025, 3, 1)},
            people((99, 9), complete=False)[0] | {"month": date(2025, 4, 1)}]  # fmt: skip
    assert plain(people_findings.active(rows, say)) == told


def test_of_active_customers_nothing_is_told_without_a_complete_month():
    assert people_findings.active(people((1, 2), complete=False), say) == ""


def segment(name, customers, of_customers, of_sales):
    return {"segment": name, "customers": customers, "share_of_customers": of_customers,
            "share_of_net_sales": of_sales}  # fmt: skip


def test_the_segment_worth_most_is_told_with_its_share_of_customers():
    rows = [segment("Champions", 14, 0.14, 0.53), segment("Others", 86, 0.86, 0.47)]
    assert plain(people_findings.segments(rows, say)) == (
        "Champions: 14.0% of customers, 53.0% of what they all spent"
    )


def test_shares_are_not_told_where_there_is_nothing_to_share():
    rows = [segment("Champions", 1, 0.5, None), segment("Others", 1, 0.5, None)]
    assert people_findings.segments(rows, say) == "2 customers are in 2 segments"
    assert people_findings.segments([], say) == "There are no known customers to place"


def test_customers_who_bought_often_but_not_lately_are_counted():
    cells = [{"r": r, "f": f, "customers": 1} for r in range(1, 6) for f in range(1, 6)]
    assert people_findings.lapsed_regulars(cells, say).startswith("4 customers bought more often")
    assert people_findings.lapsed_regulars([], say) == ""


def cohort(month, *customers, complete=None):
    return [
        {"cohort": date(2024, month, 1), "months_since": n, "customers": count,
         "is_complete": complete if n == len(customers) - 1 and n else True}
        for n, count in enumerate(customers)
    ]  # fmt: skip


def test_retention_is_of_all_cohorts_together_without_the_first_and_the_unfinished():
    rows = [
        *cohort(1, 100, 90, complete=True),
        *cohort(2, 10, 4, complete=True),
        *cohort(3, 30, 4, complete=True),
        *cohort(4, 10, 9, complete=False),
    ]
    assert plain(people_findings.retention(rows, say, date(2024, 1, 1))) == (
        "20.0% of 40 new customers bought again in the month after their first order"
    )


@pytest.mark.parametrize(
    ("size", "told"), [(40, ", and 25.0% of 40 twelve months after it"), (29, "")]
)
def test_a_year_on_is_told_with_its_customers_and_not_of_fewer_than_thirty(size, told):
    year = [8, *[0] * 10, 10]
    rows = [
        *cohort(1, 9, 9, complete=True),
        *cohort(2, size, *year, complete=True),
        *cohort(3, 40, 8, complete=True),
    ]
    said = plain(people_findings.retention(rows, say, date(2024, 1, 1)))
    assert said.endswith(f"new customers bought again in the month after their first order{told}")


def test_of_few_new_customers_nothing_is_claimed():
    rows = [*cohort(1, 9, 9, complete=True), *cohort(2, 29, 7, complete=True)]
    assert people_findings.retention(rows, say, date(2024, 1, 1)) == (
        "Too few new customers so far (29) to say how many come back"
    )


@pytest.mark.parametrize(
    ("worth", "net_sales", "said"),
    [
        ("25", "100", "brought 25, 25.0% of the shop's net sales: they are in no segment"),
        ("0.05", "100", ""),
        ("5", "-10", ""),
        ("15", "10", ""),
    ],
)
def test_what_guests_brought_is_told_where_it_is_more_than_a_trace(worth, net_sales, said):
    told = plain(
        people_findings.guests(Decimal(worth), Decimal(net_sales), say, "the shop's net sales")
    )
    assert said in told
    assert bool(told) == bool(said)


def test_it_can_be_too_early_to_speak_of_retention():
    early = "It is too early to say how many new customers come back"
    assert (
        people_findings.retention(cohort(1, 10, 5, complete=True), say, date(2024, 1, 1)) == early
    )
    assert people_findings.retention([], say, date(2024, 1, 1)) == early


def places(*shares, total=100):
    return [
        {"location": name, "net_sales": share * total, "share": share}
        for name, share in zip("ABCDEFGHIJKL", shares, strict=False)
    ]


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (places(0.85, 0.1, 0.05), "A brings 85.0% of net sales; B comes next with 10.0%"),
        (places(1.0), "A brings 100.0% of net sales"),
        (places(0.4, 0.35, 0.25), "A leads with 40.0% of net sales"),
        (places(0.25, 0.25, 0.25, 0.25), "A, B, C and 1 more lead with 25.0% of net sales each"),
        (places(1.5, -0.5), "A is the home market"),
        (places(1.0, total=-5), "Nothing sold for more than came back"),
        ([{"location": None, "net_sales": 5, "share": 1.0}], ""),
    ],
)
def test_a_home_market_is_named_where_one_dominates(rows, finding):
    assert plain(sales.home_market(rows)) == finding


def test_the_leaders_are_told_with_what_the_first_few_bring():
    rows = places(0.2, 0.18, 0.17, 0.15, 0.3)
    assert plain(sales.leaders(rows, "location", top=3)) == (
        "A leads with 20.0% of net sales; the top 3 of 5 bring 55.0%"
    )


def test_a_long_name_is_cut_in_a_heading():
    assert sales.shortened("x" * 300) == "x" * 59 + "…"


def test_discounts_are_told_with_what_they_took_off():
    bands = [{"band": "0 %", "share": 0.6}, {"band": "0-5 %", "share": 0.4}]
    assert plain(sales.discounted(bands, 0.021)) == (
        "40.0% of sales were made at a discount; discounts took 2.1% off list prices"
    )
    assert plain(sales.discounted(bands[1:], None)) == "40.0% of sales were made at a discount"


WEEK = ("Monday", "Tuesday", "Wednesday")


def days(*sales):
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
        (days(10, 30, None), "Tuesday leads with 75.0% of net sales; Wednesday has none"),
        (days(10, None, None),
         "Monday leads with 100.0% of net sales; Tuesday and Wednesday have none"),
        (days(40, 20, 40), "Monday and Wednesday lead with 40.0% of net sales each"),
        (days(-5, None, None), "Nothing sold for more than came back"),
        ([], "Nothing was sold in the complete months"),
    ],
)  # fmt: skip
def test_the_strongest_day_of_the_week_is_told_with_those_that_have_none(rows, finding):
    assert plain(sales.weekdays(rows, WEEK)) == finding
