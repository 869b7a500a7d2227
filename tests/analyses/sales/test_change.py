"""The change in sales between two periods, checked by hand and against other analyses."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import InputError
from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse, build_and_open

FEBRUARY = {"since": "2024-02-01", "until": "2024-02-29"}
ON_JANUARY = {**FEBRUARY, "against": "before"}
NET_SALES_JANUARY, NET_SALES_FEBRUARY = 94, 179


@pytest.fixture
def older_shop(tmp_path: Path) -> Iterator[BuiltWarehouse]:
    """Yield the shop with one more order by Ann, a year earlier."""
    heading, *lines = SHOP.splitlines()
    first = "1000,2022-12-01 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid"
    file = tmp_path / "older.csv"
    file.write_text("\n".join([heading, first, *lines]) + "\n", "utf-8")
    shop = build_and_open(tmp_path / "older.duckdb", [file])
    with shop.warehouse:
        yield shop


def changes(
    shop: BuiltWarehouse, by: str, column: str = "", **options: Any
) -> list[tuple[Any, ...]]:
    return shop.columns(
        "sales_change", column or by, "net_sales", "net_sales_before", "change", by=by, **options
    )


def test_locations_are_sorted_by_the_size_of_their_change(shop: BuiltWarehouse) -> None:
    assert changes(shop, "location", **ON_JANUARY) == [
        ("DE", 50 + 50, 0, 100),
        ("UK", 24 - 10, 24 + 20 + 20, -50),
        ("FR", 45 + 30 - 10, 30, 35),
    ]


def test_changes_by_category_and_product(shop: BuiltWarehouse) -> None:
    assert changes(shop, "category", **ON_JANUARY) == [
        ("Drinks", 9 - 10 + 10 + 15 + 50 + 50, 20 + 4 + 20 + 20, 60),
        ("Paper", 15 + 30, 0, 45),
        ("Clothes", 20 - 10, 30, -20),
    ]
    products = [("T1", 114, 40, 74), ("P1", 45, 0, 45), ("H1", 10, 30, -20), ("M1", 10, 24, -14)]
    assert changes(shop, "product", "product_id", **ON_JANUARY) == products


def test_buyers_are_not_compared_with_the_first_year_of_the_data(shop: BuiltWarehouse) -> None:
    assert changes(shop, "buyer", **ON_JANUARY) == [
        ("New customers", 45 + 50 + 50, None, None),
        ("Guests", 30, None, None),
        ("Returning customers", 24 - 10 - 10, None, None),
    ]


def test_a_buyer_is_new_in_the_period_of_the_first_order(older_shop: BuiltWarehouse) -> None:
    """With Ann's order in 2022, January 2024 is more than a year after the start of the data."""
    assert changes(older_shop, "buyer", **ON_JANUARY) == [
        ("New customers", 45 + 50 + 50, 20 + 30, 95),
        ("Returning customers", 24 - 10 - 10, 24, -20),
        ("Guests", 30, 20, 10),
    ]


def test_a_return_before_the_first_order_does_not_make_a_customer_new(tmp_path: Path) -> None:
    heading, *_ = SHOP.splitlines()
    lines = [
        "1,2022-01-01 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid",
        "2,2024-01-05 09:00:00,Bob,T1,Tea,Drinks,Tea,-2,10.00,0,UK,paid",
        "3,2024-02-10 09:00:00,Bob,T1,Tea,Drinks,Tea,3,10.00,0,UK,paid",
        "4,2024-03-01 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid",
    ]
    (tmp_path / "back.csv").write_text("\n".join([heading, *lines]) + "\n", "utf-8")
    for conventions, february in (("standard", "New customers"), ("lgs", "Returning customers")):
        path = tmp_path / f"{conventions}.duckdb"
        shop = build_and_open(path, [tmp_path / "back.csv"], conventions)
        with shop.warehouse:
            by_buyer = {row["buyer"]: (row["net_sales_before"], row["net_sales"])
                        for row in shop.ask("sales_change", by="buyer", **ON_JANUARY)}  # fmt: skip
            months = shop.columns("monthly_sales_by_customer", "month", "new", "returning")
        # The months agree: Bob returns goods in January and orders in February.
        by_month = {month.isoformat()[:7]: (new, returning) for month, new, returning in months}
        for month, position in (("2024-01", 0), ("2024-02", 1)):
            sums = {name: pair[position] for name, pair in by_buyer.items()}
            pair = (sums.get("New customers", 0), sums.get("Returning customers", 0))
            assert pair == by_month[month]
        assert by_buyer[february][1] == 30


def test_contributions_add_up_to_the_total_growth(shop: BuiltWarehouse) -> None:
    rows = shop.ask("sales_change", by="location", **ON_JANUARY)
    assert [row["contribution"] for row in rows] == [
        pytest.approx(change / NET_SALES_JANUARY) for change in (100, -50, 35)
    ]
    total = sum(row["contribution"] for row in rows)
    assert total == pytest.approx(NET_SALES_FEBRUARY / NET_SALES_JANUARY - 1)


def test_growth_is_blank_without_sales_before(shop: BuiltWarehouse) -> None:
    growth = shop.columns("sales_change", "location", "growth", by="location", **ON_JANUARY)
    assert growth == [("DE", None), ("UK", pytest.approx(-50 / 64)), ("FR", pytest.approx(35 / 30))]


def test_the_earlier_period_can_be_given_as_dates_and_can_overlap(shop: BuiltWarehouse) -> None:
    days = {**FEBRUARY, "against": "2024-01-01/2024-01-31"}
    assert changes(shop, "location", **days) == changes(shop, "location", **ON_JANUARY)
    both = changes(shop, "location", **FEBRUARY, against="2024-01-01/2024-02-29")
    assert both == [("UK", 14, 78, -64), ("FR", 65, 95, -30), ("DE", 100, 100, 0)]


def test_a_filter_applies_to_both_periods(shop: BuiltWarehouse) -> None:
    french = changes(shop, "category", where={"location": "FR"}, **ON_JANUARY)
    assert french == [("Paper", 30, 0, 30), ("Drinks", 25, 0, 25), ("Clothes", 10, 30, -20)]


def test_the_customers_of_a_segment_are_not_compared_with_their_past(shop: BuiltWarehouse) -> None:
    # A segment is chosen by recent orders: those who just ordered must seem to have grown.
    segments = dict(shop.columns("rfm", "customer_id", "segment", until="2024-02-29"))
    rows = changes(shop, "category", where={"segment": segments["Ann"]}, **ON_JANUARY)
    assert rows
    assert {row[2:] for row in rows} == {(None, None)}
    growth = shop.columns("monthly_sales", "growth", where={"segment": segments["Ann"]})
    assert set(growth) == {(None,)}


def test_a_month_without_sales_loses_all_sales_of_the_previous_month(shop: BuiltWarehouse) -> None:
    march = changes(shop, "location", since="2024-03-01", until="2024-03-31", against="before")
    assert march == [("DE", 0, 100, -100), ("FR", 0, 65, -65), ("UK", 0, 14, -14)]


@pytest.mark.parametrize(
    "options",
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
def test_periods_that_are_not_completely_in_the_data_are_not_compared(
    shop: BuiltWarehouse, options: dict[str, str]
) -> None:
    rows = shop.ask("sales_change", by="location", **options)
    compared = {row[name] for row in rows for name in ("net_sales_before", "change", "growth")}
    assert compared == {None}
    days = {name: day for name, day in options.items() if name != "against"}
    by_location = shop.ask("sales_by", by="location", **days)
    assert {row["location"]: row["net_sales"] for row in rows if row["net_sales"]} == {
        row["location"]: row["net_sales"] for row in by_location
    }


@pytest.mark.parametrize("days", ["last week", "2024-01-31/2024-01-01", "2024-01-32/2024-02-01"])
def test_an_invalid_period_is_refused(shop: BuiltWarehouse, days: str) -> None:
    with pytest.raises(InputError, match="Use year, before, or a first and last day"):
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
def test_both_periods_have_the_net_sales_of_their_days(
    standard: BuiltWarehouse, since: str, until: str, against: str, before: tuple[str, str]
) -> None:
    options = {"by": "location", "since": since, "until": until, "against": against}
    rows = standard.ask("sales_change", **options)
    for column, days in (("net_sales", (since, until)), ("net_sales_before", before)):
        first, last = map(date.fromisoformat, days)
        kpis = standard.one("kpis", since=first, until=last)
        assert sum(row[column] for row in rows) == kpis["net_sales"]
