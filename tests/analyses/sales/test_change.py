"""What changed between two periods: counted on paper, and again by pandas from the raw sheets."""

from datetime import date

import pytest

from regulars.core.errors import InputError
from support.small_shop import SHOP
from support.warehouses import build_and_open

FEBRUARY = {"since": "2024-02-01", "until": "2024-02-29"}
ON_JANUARY = {**FEBRUARY, "against": "before"}
JANUARY_WAS, FEBRUARY_IS = 94, 179


@pytest.fixture
def older(tmp_path):
    heading, *lines = SHOP.splitlines()
    first = "1000,2022-12-01 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid"
    file = tmp_path / "older.csv"
    file.write_text("\n".join([heading, first, *lines]) + "\n", "utf-8")
    shop = build_and_open(tmp_path / "older.duckdb", [file])
    with shop.warehouse:
        yield shop


def told(shop, by, column="", **asked):
    return shop.columns(
        "sales_change", column or by, "net_sales", "net_sales_before", "change", by=by, **asked
    )


def test_places_stand_with_the_largest_change_first(shop):
    assert told(shop, "location", **ON_JANUARY) == [
        ("DE", 50 + 50, 0, 100),
        ("UK", 24 - 10, 24 + 20 + 20, -50),
        ("FR", 45 + 30 - 10, 30, 35),
    ]


def test_goods_stand_by_what_they_are_now(shop):
    assert told(shop, "category", **ON_JANUARY) == [
        ("Drinks", 9 - 10 + 10 + 15 + 50 + 50, 20 + 4 + 20 + 20, 60),
        ("Paper", 15 + 30, 0, 45),
        ("Clothes", 20 - 10, 30, -20),
    ]
    products = [("T1", 114, 40, 74), ("P1", 45, 0, 45), ("H1", 10, 30, -20), ("M1", 10, 24, -14)]
    assert told(shop, "product", "product_id", **ON_JANUARY) == products


def test_who_is_new_cannot_be_compared_with_days_to_which_everybody_is(shop):
    assert told(shop, "buyer", **ON_JANUARY) == [
        ("New customers", 45 + 50 + 50, None, None),
        ("Guests", 30, None, None),
        ("Returning customers", 24 - 10 - 10, None, None),
    ]


def test_a_buyer_is_new_in_the_period_of_the_first_order(older):
    """Ann bought first a year before the rest: January is not the first of the data any more."""
    assert told(older, "buyer", **ON_JANUARY) == [
        ("New customers", 45 + 50 + 50, 20 + 30, 95),
        ("Returning customers", 24 - 10 - 10, 24, -20),
        ("Guests", 30, 20, 10),
    ]


def test_who_brings_something_back_before_the_first_order_is_not_new(tmp_path):
    heading, *_ = SHOP.splitlines()
    lines = [
        "1,2022-01-01 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid",
        "2,2024-01-05 09:00:00,Bob,T1,Tea,Drinks,Tea,-2,10.00,0,UK,paid",
        "3,2024-02-10 09:00:00,Bob,T1,Tea,Drinks,Tea,3,10.00,0,UK,paid",
        "4,2024-03-01 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid",
    ]
    (tmp_path / "back.csv").write_text("\n".join([heading, *lines]) + "\n", "utf-8")
    for conventions, february in (("standard", "New customers"), ("lgs", "Returning customers")):
        place = tmp_path / f"{conventions}.duckdb"
        shop = build_and_open(place, [tmp_path / "back.csv"], conventions)
        with shop.warehouse:
            before = {row["buyer"]: (row["net_sales_before"], row["net_sales"])
                      for row in shop.ask("sales_change", by="buyer", **ON_JANUARY)}  # fmt: skip
            months = shop.columns("monthly_sales_by_customer", "month", "new", "returning")
        # As the months have it: January is the month of Bob's return, February that of an order.
        told = {month.isoformat()[:7]: (new, back) for month, new, back in months}
        for month, place_in in (("2024-01", 0), ("2024-02", 1)):
            found = {name: worth[place_in] for name, worth in before.items()}
            assert (found.get("New customers", 0), found.get("Returning customers", 0)) == told[
                month
            ]
        assert before[february][1] == 30


def test_contributions_add_up_to_the_growth_of_the_whole(shop):
    rows = shop.ask("sales_change", by="location", **ON_JANUARY)
    assert [row["contribution"] for row in rows] == [
        pytest.approx(change / JANUARY_WAS) for change in (100, -50, 35)
    ]
    whole = sum(row["contribution"] for row in rows)
    assert whole == pytest.approx(FEBRUARY_IS / JANUARY_WAS - 1)


def test_what_was_not_sold_before_has_no_growth(shop):
    grown = shop.columns("sales_change", "location", "growth", by="location", **ON_JANUARY)
    assert grown == [("DE", None), ("UK", pytest.approx(-50 / 64)), ("FR", pytest.approx(35 / 30))]


def test_days_may_be_told_and_may_overlap(shop):
    days = {**FEBRUARY, "against": "2024-01-01/2024-01-31"}
    assert told(shop, "location", **days) == told(shop, "location", **ON_JANUARY)
    both = told(shop, "location", **FEBRUARY, against="2024-01-01/2024-02-29")
    assert both == [("UK", 14, 78, -64), ("FR", 65, 95, -30), ("DE", 100, 100, 0)]


def test_a_filter_holds_in_both_periods(shop):
    french = told(shop, "category", where={"location": "FR"}, **ON_JANUARY)
    assert french == [("Paper", 30, 0, 30), ("Drinks", 25, 0, 25), ("Clothes", 10, 30, -20)]
    champion = shop.columns("rfm", "customer_id", "segment", until="2024-02-29")
    ann = dict(champion)["Ann"]
    people = [name for name, segment in champion if segment == ann]
    of_segment = told(shop, "category", where={"segment": ann}, **ON_JANUARY)
    of_people = told(shop, "category", where={"customer_id": people}, **ON_JANUARY)
    assert of_segment == of_people != []


def test_a_month_in_which_nothing_was_sold_lost_what_the_one_before_had(shop):
    march = told(shop, "location", since="2024-03-01", until="2024-03-31", against="before")
    assert march == [("DE", 0, 100, -100), ("FR", 0, 65, -65), ("UK", 0, 14, -14)]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"until": "2024-02-29"},
        {"since": "2024-02-01"},
        FEBRUARY,
        {**FEBRUARY, "against": "2023-12-31/2024-01-31"},
        {**FEBRUARY, "against": "2024-04-01/2024-04-30"},
        {"since": "0001-01-02", "until": "2024-02-29"},
        {"since": "2024-04-01", "until": "2024-04-30", "against": "before"},  # ends on the 10th
    ],
    ids=str,
)
def test_nothing_is_compared_with_days_that_are_not_wholly_in_the_data(shop, asked):
    rows = shop.ask("sales_change", by="location", **asked)
    compared = {row[name] for row in rows for name in ("net_sales_before", "change", "growth")}
    assert compared == {None}
    days = {name: day for name, day in asked.items() if name != "against"}
    shared = shop.ask("sales_by", by="location", **days)
    assert {row["location"]: row["net_sales"] for row in rows if row["net_sales"]} == {
        row["location"]: row["net_sales"] for row in shared
    }


@pytest.mark.parametrize("days", ["last week", "2024-01-31/2024-01-01", "2024-01-32/2024-02-01"])
def test_days_that_are_none_are_refused(shop, days):
    with pytest.raises(InputError, match="say year, before, or the first and the last day"):
        shop.ask("sales_change", **FEBRUARY, against=days)


@pytest.mark.parametrize(
    ("since", "until", "against", "before"),
    [
        ("2011-11-01", "2011-11-30", "year", ("2010-11-01", "2010-11-30")),
        ("2011-03-01", "2011-03-31", "before", ("2011-02-01", "2011-02-28")),
        ("2011-10-01", "2011-11-30", "before", ("2011-08-01", "2011-09-30")),
        ("2011-11-12", "2011-12-09", "year", ("2010-11-13", "2010-12-10")),
        ("2011-11-12", "2011-12-09", "before", ("2011-10-15", "2011-11-11")),
        ("2011-01-01", "2011-12-09", "year", ("2010-01-01", "2010-12-09")),
    ],
)
def test_every_line_counts_in_the_days_that_are_meant(standard, since, until, against, before):
    asked = {"by": "location", "since": since, "until": until, "against": against}
    rows = standard.ask("sales_change", **asked)
    for column, days in (("net_sales", (since, until)), ("net_sales_before", before)):
        first, last = map(date.fromisoformat, days)
        [kpis] = standard.ask("kpis", since=first, until=last)
        assert sum(row[column] for row in rows) == kpis["net_sales"]
