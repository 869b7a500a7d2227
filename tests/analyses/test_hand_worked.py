"""Every analysis of the catalog for the 30-line shop, calculated by hand."""

from datetime import date

import pytest

from regulars.core.calendar import end_of_month
from support.warehouses import BuiltWarehouse

JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))


def test_headline_figures(shop: BuiltWarehouse) -> None:
    assert shop.one("kpis") == {
        "gross_sales": 125 + 205 + 126,
        "discounts": 31 + 6 + 19,
        "returns": 10 + 10 + 10 + 10,
        "net_sales": 360,
        "adjustments": 0,  # a pen as a gift
        "orders": 17,
        "customers": 7,
        "average_order_value": pytest.approx(360 / 17),
        "units_per_order": pytest.approx(72 / 17),
        "repeat_rate": pytest.approx(3 / 7),
        "return_rate": pytest.approx(40 / 400),
    }


def test_sales_by_month_with_growth_between_complete_months(shop: BuiltWarehouse) -> None:
    assert shop.columns("monthly_sales", "month", "net_sales", "orders", "growth") == [
        (JANUARY, 94, 4, None),
        (FEBRUARY, 179, 5, pytest.approx((179 - 94) / 94)),
        (MARCH, 0, 0, -1.0),
        (APRIL, 87, 8, None),
    ]


def test_a_month_without_sales_is_0_and_an_incomplete_month_has_no_growth(
    shop: BuiltWarehouse,
) -> None:
    months = {row["month"]: row for row in shop.ask("monthly_sales")}
    assert (months[MARCH]["net_sales"], months[MARCH]["is_complete"]) == (0, True)
    assert (months[APRIL]["growth"], months[APRIL]["is_complete"]) == (None, False)


def test_orders_by_month_placed_and_cancelled(shop: BuiltWarehouse) -> None:
    assert shop.columns("monthly_orders", "month", "invoices", "placed", "cancelled") == [
        (JANUARY, 5, 4, 1),
        (FEBRUARY, 7, 5, 2),
        (MARCH, 0, 0, 0),
        (APRIL, 11, 8, 3),
    ]


def test_monthly_headline_figures_count_only_orders_of_the_month(shop: BuiltWarehouse) -> None:
    columns = ("month", "returns", "net_sales", "orders", "customers", "repeat_rate")
    assert shop.columns("monthly_kpis", *columns) == [
        (JANUARY, 0, 94, 4, 3, 0),
        (FEBRUARY, 20, 179, 5, 4, 0),
        (MARCH, 0, 0, 0, 0, None),
        (APRIL, 20, 87, 8, 4, pytest.approx(3 / 4)),  # only Hal ordered once
    ]


def test_monthly_headline_figures_equal_those_of_the_days_of_the_month(
    shop: BuiltWarehouse,
) -> None:
    for where in ({}, {"location": "UK"}, {"segment": "Champions"}):
        for month in shop.ask("monthly_kpis", where=where):
            first, is_complete = month.pop("month"), month.pop("is_complete")
            days = {"since": first, "until": end_of_month(first), "as_of": "2024-04-11"}
            assert month == shop.one("kpis", where=where, **days)
            assert is_complete is (first != APRIL)


def test_customers_by_month_new_and_returning(shop: BuiltWarehouse) -> None:
    assert shop.columns("monthly_customers", "month", "active", "new", "returning") == [
        (JANUARY, 3, 3, 0),
        (FEBRUARY, 4, 3, 1),
        (MARCH, 0, 0, 0),
        (APRIL, 4, 1, 3),
    ]


def test_sales_by_month_to_new_and_returning_customers_and_guests(shop: BuiltWarehouse) -> None:
    """Hal is new in April and returns everything; Ivy returns what she never bought."""
    columns = ("month", "net_sales", "returning", "new", "guests")
    assert shop.columns("monthly_sales_by_customer", *columns) == [
        (JANUARY, 94, 0, 24 + 20 + 30, 20),
        (FEBRUARY, 179, 24 - 10 - 10, 45 + 50 + 50, 30),
        (MARCH, 0, 0, 0, 0),
        (APRIL, 87, 28 + 43 + 16 - 10, 10 - 10, 10),
    ]


def test_cohorts_are_0_in_months_without_orders_and_blank_in_the_future(
    shop: BuiltWarehouse,
) -> None:
    columns = ("cohort", "months_since", "customers", "share", "net_sales")
    assert shop.columns("cohorts", *columns) == [
        (JANUARY, 0, 3, 1.0, 74),
        (JANUARY, 1, 1, pytest.approx(1 / 3), 24 - 10 - 10),
        (JANUARY, 2, 0, 0.0, 0),
        (JANUARY, 3, 2, pytest.approx(2 / 3), 28 + 43),
        (FEBRUARY, 0, 3, 1.0, 145),
        (FEBRUARY, 1, 0, 0.0, 0),
        (FEBRUARY, 2, 1, pytest.approx(1 / 3), 16),
        (FEBRUARY, 3, None, None, None),
        (APRIL, 0, 1, 1.0, 0),
        (APRIL, 1, None, None, None),
        (APRIL, 2, None, None, None),
        (APRIL, 3, None, None, None),
    ]


def test_order_amounts_for_all_orders_and_without_the_largest(shop: BuiltWarehouse) -> None:
    every_order, most_orders = shop.ask("order_amounts")
    columns = ("orders", "min", "mean", "median", "mode", "max")
    assert [every_order[c] for c in columns] == [17, 5, pytest.approx(400 / 17), 23, 10, 50]
    assert [most_orders[c] for c in columns] == [14, 5, pytest.approx(255 / 14), 20, 10, 38]


BY = ("category", "subcategory", "product", "location", "weekday", "month", "category_then",
      "subcategory_then")  # fmt: skip


@pytest.mark.parametrize("by", BY)
def test_sales_by_any_dimension_add_up_to_net_sales(shop: BuiltWarehouse, by: str) -> None:
    rows = shop.ask("sales_by", by=by)
    assert sum(row["net_sales"] for row in rows) == 360
    assert sum(row["units"] for row in rows) == 72
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_sales_by_customer_with_the_guests_in_one_row(shop: BuiltWarehouse) -> None:
    # Ann: 24 + 24 + 5 + 23; guests: 20 + 30 + 10. Hal returned all he bought.
    assert shop.columns("sales_by", "customer_id", "net_sales", by="customer") == [
        ("Ann", 76), ("Dee", 61), (None, 60), ("Bob", 53), ("Fay", 50), ("Gus", 50), ("Cid", 20),
        ("Hal", 0), ("Ivy", -10),
    ]  # fmt: skip


def test_the_largest_customer_of_each_row(shop: BuiltWarehouse) -> None:
    # UK: Ann bought for 76 of 145. DE: Fay and Gus for 50 each of 110, the rest a guest.
    # FR: Dee for 55 of 105.
    largest = dict(shop.columns("sales_by", "location", "largest_customer", by="location"))
    net_sales = dict(shop.columns("sales_by", "location", "net_sales", by="location"))
    assert {place: float(net_sales[place]) * share for place, share in largest.items()} == {
        "UK": pytest.approx(76), "DE": pytest.approx(50), "FR": pytest.approx(55),
    }  # fmt: skip
    changes = shop.columns(
        "sales_change", "location", "change", "largest_customer_change",
        by="location", since="2024-02-01", until="2024-02-29", against="before",
    )  # fmt: skip
    # Against January, UK lost 20 of Bob's, 10 of a return, a guest's 20; Ann moved by 0.
    assert changes == [("DE", 100, 50), ("UK", -50, -30), ("FR", 35, 45)]


def test_sales_by_category_largest_first(shop: BuiltWarehouse) -> None:
    columns = ("net_sales", "orders", "customers", "units", "net_sales_per_order", "share")
    assert shop.columns("sales_by", "category", *columns, by="category") == [
        ("Drinks", 222, 13, 6, 31, pytest.approx(222 / 13), pytest.approx(222 / 360)),
        ("Clothes", 87, 4, 4, 7, pytest.approx(87 / 4), pytest.approx(87 / 360)),
        ("Paper", 51, 3, 2, 34, pytest.approx(51 / 3), pytest.approx(51 / 360)),
    ]


def test_sales_by_subcategory_and_by_product(shop: BuiltWarehouse) -> None:
    sales = [188, 87, 51, 34]
    names = ["Tea", "Hats", "Pens", "Cups"]
    assert shop.columns("sales_by", "subcategory", "net_sales", by="subcategory") == list(
        zip(names, sales, strict=True)
    )
    columns = ("product_id", "product_name", "net_sales")
    assert shop.columns("sales_by", *columns, by="product") == [
        ("T1", "Tea", 188),
        ("H1", "Hat", 87),
        ("P1", "Pen", 51),
        ("M1", "Mug", 34),
    ]


def test_sales_by_location_use_the_location_of_the_order(shop: BuiltWarehouse) -> None:
    columns = ("location", "net_sales", "orders", "customers", "units")
    assert shop.columns("sales_by", *columns, by="location") == [
        ("UK", 145, 10, 4, 32),
        ("DE", 110, 3, 2, 11),
        ("FR", 105, 4, 2, 29),
    ]


def test_sales_by_weekday_are_in_weekday_order(shop: BuiltWarehouse) -> None:
    assert shop.columns("sales_by", "weekday", "net_sales", "orders", by="weekday") == [
        ("Monday", 39, 3),
        ("Tuesday", 14, 2),
        ("Wednesday", 68, 4),
        ("Thursday", 154, 4),
        ("Friday", 30, 2),
        ("Saturday", 55, 2),
    ]


def test_sales_by_month_are_in_calendar_order(shop: BuiltWarehouse) -> None:
    net_sales = {row["month"]: row["net_sales"] for row in shop.ask("sales_by", by="month")}
    assert list(net_sales) == sorted(net_sales)
    assert {month: value for month, value in net_sales.items() if value} == {
        JANUARY: 94,
        FEBRUARY: 179,
        APRIL: 87,
    }


def test_sales_by_month_and_weekday_per_trading_day(shop: BuiltWarehouse) -> None:
    columns = ("month", "weekday", "trading_days", "net_sales", "orders", "net_sales_per_day")
    rows = shop.columns("weekday_sales", *columns)
    assert [row for row in rows if row[2]] == [
        (JANUARY, "Monday", 1, 24, 1, 24),
        (JANUARY, "Wednesday", 1, 30, 1, 30),
        (JANUARY, "Friday", 1, 20, 1, 20),
        (JANUARY, "Saturday", 1, 20, 1, 20),
        (FEBRUARY, "Tuesday", 1, -10, 0, -10),
        (FEBRUARY, "Thursday", 3, 154, 4, pytest.approx(154 / 3)),
        (FEBRUARY, "Saturday", 2, 45 - 10, 1, 17.5),
        (APRIL, "Monday", 2, 5 + 10, 2, 7.5),
        (APRIL, "Tuesday", 2, 44 - 20, 2, 12),
        (APRIL, "Wednesday", 1, 38, 3, 38),
        (APRIL, "Friday", 1, 10, 1, 10),
    ]


def test_a_weekday_without_trading_days_has_no_average(shop: BuiltWarehouse) -> None:
    rows = shop.ask("weekday_sales")
    assert sum(row["net_sales"] for row in rows) == 360
    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    months = (JANUARY, FEBRUARY, MARCH, APRIL)
    assert [(row["month"], row["weekday"]) for row in rows] == [
        (month, day) for month in months for day in week
    ]
    closed = [row for row in rows if not row["trading_days"]]
    assert {(row["net_sales"], row["orders"], row["net_sales_per_day"]) for row in closed} == {
        (0, 0, None)
    }
    assert {row["month"] for row in rows if not row["is_complete"]} == {APRIL}


def test_discount_bands_include_their_upper_limit(shop: BuiltWarehouse) -> None:
    assert shop.columns("discount_bands", "band", "net_sales", "orders", "share") == [
        ("0%", 281, 14, pytest.approx(281 / 400)),
        ("over 0% to 5%", 38, 1, pytest.approx(38 / 400)),
        ("over 5% to 10%", 9, 1, pytest.approx(9 / 400)),
        ("over 15% to 20%", 4, 1, pytest.approx(4 / 400)),
        ("over 20% to 25%", 15, 1, pytest.approx(15 / 400)),
        ("over 25% to 30%", 14, 1, pytest.approx(14 / 400)),
        ("over 45% to 50%", 30, 1, pytest.approx(30 / 400)),
        ("over 50%", 9, 1, pytest.approx(9 / 400)),
    ]


def test_recency_frequency_monetary_with_scores_and_segments(shop: BuiltWarehouse) -> None:
    columns = ("recency", "frequency", "monetary", "r", "f", "m", "segment")
    assert shop.columns("rfm", "customer_id", *columns) == [
        ("Ann", 1, 4, 76, 5, 5, 5, "Champions"),
        ("Bob", 1, 3, 53, 5, 4, 4, "Champions"),
        ("Cid", 71, 1, 20, 1, 1, 1, "Hibernating"),
        ("Dee", 6, 3, 61, 3, 4, 5, "Loyal Customers"),
        ("Fay", 42, 1, 50, 2, 1, 2, "Hibernating"),
        ("Gus", 42, 1, 50, 2, 1, 2, "Hibernating"),
        ("Hal", 3, 1, 0, 4, 1, 1, "Promising"),
    ]


def test_segments_with_size_and_value_most_valuable_first(shop: BuiltWarehouse) -> None:
    recency = pytest.approx((42 + 42 + 71) / 3)
    columns = ("customers", "share_of_customers", "share_of_net_sales")
    means = ("recency", "frequency", "monetary", "median_monetary")
    assert shop.columns("segments", "segment", *columns, *means) == [
        ("Champions", 2, pytest.approx(2 / 7), pytest.approx(129 / 310), 1, 3.5, 64.5, 64.5),
        ("Hibernating", 3, pytest.approx(3 / 7), pytest.approx(120 / 310), recency, 1, 40, 50),
        ("Loyal Customers", 1, pytest.approx(1 / 7), pytest.approx(61 / 310), 6, 3, 61, 61),
        ("Promising", 1, pytest.approx(1 / 7), 0, 3, 1, 0, 0),
    ]  # fmt: skip


def test_high_value_customers_in_total_and_by_location(shop: BuiltWarehouse) -> None:
    columns = (
        "location", "customers", "high_value_customers", "share", "high_value_average_order_value",
        "other_average_order_value", "high_value_average_discount", "other_average_discount",
    )  # fmt: skip
    everywhere, uk, fr, de = shop.columns("high_value", *columns)
    assert everywhere[1:] == pytest.approx((7, 2, 2 / 7, 137 / 7, 173 / 7, 24 / 161, 32 / 235))
    assert uk[0] == "UK"
    assert uk[1:] == pytest.approx((3, 1, 1 / 3, 19, 53 / 4, 0.2, 2 / 75))
    assert fr[0] == "FR"
    assert fr[1:] == pytest.approx((2, 1, 1 / 2, 61 / 3, 20, 5 / 66, 0.5))
    assert de == ("DE", 2, 0, 0, None, 50, None, 0)
