"""Filters: by period, location, product, customer and segment."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from regulars.core.errors import InputError
from support.warehouses import BuiltWarehouse

JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))


def figures(shop: BuiltWarehouse, *names: str, **filters: Any) -> list[Any]:
    row = shop.one("kpis", **filters)
    return [row[name] for name in names]


def test_a_period_includes_its_first_and_last_day(shop: BuiltWarehouse) -> None:
    names = ("gross_sales", "discounts", "returns", "net_sales", "orders", "customers")
    february = {"since": "2024-02-01", "until": "2024-02-29"}
    assert figures(shop, *names, **february) == [205, 6, 20, 179, 5, 4]
    assert figures(shop, "orders", since="2024-02-29", until="2024-02-29") == [2]


def test_a_period_can_be_given_as_dates_or_as_text(shop: BuiltWarehouse) -> None:
    dates = {"since": date(2024, 2, 1), "until": date(2024, 2, 29)}
    assert shop.ask("kpis", **dates) == shop.ask("kpis", since="2024-02-01", until="2024-02-29")


def test_a_period_without_a_first_or_last_day_extends_to_that_end_of_the_data(
    shop: BuiltWarehouse,
) -> None:
    assert figures(shop, "orders", since="2024-02-01") == [13]
    assert figures(shop, "orders", until="2024-02-01") == [5]


def test_repeat_rate_counts_only_orders_of_the_period(shop: BuiltWarehouse) -> None:
    assert figures(shop, "repeat_rate", until="2024-01-31") == [0]
    # Ann, Bob and Dee have two orders each in April; Hal has one.
    assert figures(shop, "repeat_rate", since="2024-04-01") == [3 / 4]


def test_sales_of_a_location(shop: BuiltWarehouse) -> None:
    names = ("gross_sales", "discounts", "returns", "net_sales", "orders", "customers")
    assert figures(shop, *names, where={"location": "FR"}) == [150, 35, 10, 105, 4, 2]


def test_any_value_of_a_column_matches_but_every_column_must_match(shop: BuiltWarehouse) -> None:
    assert figures(shop, "net_sales", where={"location": ["FR", "DE"]}) == [215]
    both = {"location": "UK", "category": "Drinks"}
    assert figures(shop, "net_sales", where=both) == [20 + 4 + 20 + 20 + 9 + 5 + 14 + 10 + 5 - 30]


def test_filters_ignore_case(shop: BuiltWarehouse) -> None:
    assert figures(shop, "net_sales", where={"location": "fr"}) == [105]


@pytest.mark.parametrize(
    ("where", "net_sales"),
    [
        ({"category": "Paper"}, 51),
        ({"subcategory": "Cups"}, 34),
        ({"product_id": "H1"}, 87),
        ({"product_name": "Tea"}, 188),
        ({"customer_id": "Ann"}, 76),
        ({"order_id": "1008"}, 45),
        ({"weekday": "1"}, 39),
        ({"is_high_value": "true"}, 76 + 61),
        ({"is_known": "false"}, 20 + 30 + 10),
        ({"cohort": "2024-02"}, 61 + 50 + 50),  # all sales to Dee, Fay and Gus
        ({"discount_band": "over 45% to 50%"}, 30 - 10),  # Cid's hats, one of which he returned
        ({"discount_band": "OVER 50%"}, 9),
        ({"source_id": "1"}, 360),
        ({"kind": "return"}, -(10 + 10 + 10 + 10)),  # by Bob, Cid, Hal and Ivy
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_filter(shop: BuiltWarehouse, where: dict[str, str], net_sales: int) -> None:
    assert figures(shop, "net_sales", where=where) == [net_sales]


def test_filtering_by_a_discount_band_gives_the_sales_of_that_band(shop: BuiltWarehouse) -> None:
    for row in shop.ask("discount_bands"):
        lines = shop.ask("lines", where={"discount_band": row["band"]})
        sales = [line for line in lines if line["kind"] == "sale"]
        assert sum(line["net_amount"] for line in sales) == row["net_sales"]
        assert len({line["order_id"] for line in sales}) == row["orders"]


def test_filtering_by_a_cohort_gives_the_customers_of_that_cohort(shop: BuiltWarehouse) -> None:
    for row in shop.ask("cohorts"):
        month = f"{row['cohort']:%Y-%m}"
        if row["months_since"] == 0:
            assert figures(shop, "customers", where={"cohort": month}) == [row["customers"]]


def test_an_unknown_cohort_or_discount_band_is_an_error_with_the_choices(
    shop: BuiltWarehouse,
) -> None:
    with pytest.raises(InputError, match=r'No cohort is "2024-03"\. Did you mean "2024-0'):
        shop.ask("kpis", where={"cohort": "2024-03"})
    with pytest.raises(
        InputError, match=r'No discount_band is "5%"\. Available: 0%, over 0% to 5%'
    ):
        shop.ask("kpis", where={"discount_band": "5%"})


def test_earlier_customers_are_not_new_to_a_filtered_category(shop: BuiltWarehouse) -> None:
    # Dee's first order includes a hat. Ann and Bob buy their first hat in April, long after tea.
    hats = shop.columns("monthly_customers", "month", "active", "new", "returning",
                        where={"category": "Clothes"})  # fmt: skip
    assert hats == [(JANUARY, 1, 1, 0), (FEBRUARY, 1, 1, 0), (MARCH, 0, 0, 0), (APRIL, 2, 0, 2)]


def test_customers_from_before_the_period_are_not_new_in_it(shop: BuiltWarehouse) -> None:
    rows = shop.columns("monthly_customers", "month", "active", "new", since="2024-02-01")
    assert rows == [(FEBRUARY, 4, 3), (MARCH, 0, 0), (APRIL, 4, 1)]


def test_a_month_that_the_period_cuts_is_incomplete_and_has_no_growth(shop: BuiltWarehouse) -> None:
    rows = shop.columns("monthly_sales", "month", "net_sales", "growth", "is_complete",
                        since="2024-01-15", until="2024-03-30")  # fmt: skip
    assert rows == [
        (JANUARY, 50, None, False),
        (FEBRUARY, 179, None, True),
        (MARCH, 0, None, False),
    ]


def test_a_trading_day_of_the_shop_counts_for_a_location_without_sales_that_day(
    shop: BuiltWarehouse,
) -> None:
    # France has sales on one of two Thursdays, and on one of two Saturdays (the other: a return).
    columns = ("weekday", "trading_days", "net_sales", "net_sales_per_day")
    france = {"since": "2024-02-01", "until": "2024-02-15", "where": {"location": "FR"}}
    rows = shop.columns("weekday_sales", *columns, **france)
    assert [row for row in rows if row[1]] == [("Thursday", 2, 30, 15), ("Saturday", 2, 45, 22.5)]
    assert len(rows) == 7
    assert not any(row["is_complete"] for row in shop.ask("weekday_sales", **france))


def test_weekdays_outside_the_period_are_left_out(shop: BuiltWarehouse) -> None:
    days = shop.columns("weekday_sales", "weekday", since="2024-02-01", until="2024-02-03")
    assert days == [("Thursday",), ("Friday",), ("Saturday",)]


def test_customers_are_scored_on_the_period_as_of_its_end(shop: BuiltWarehouse) -> None:
    columns = ("customer_id", "recency", "frequency", "monetary")
    assert shop.columns("rfm", *columns, until="2024-02-29") == [
        ("Ann", 29, 2, 48),
        ("Bob", 56, 1, 10),
        ("Cid", 30, 1, 20),
        ("Dee", 20, 1, 45),
        ("Fay", 1, 1, 50),
        ("Gus", 1, 1, 50),
    ]


def test_under_a_product_filter_the_value_of_parts_of_orders_is_not_called_order_value(
    shop: BuiltWarehouse,
) -> None:
    # Hats: 30 in order 1004, 20 in 1008, 38 in 1014 and 9 in 1017; 10 came back. The whole orders
    # are worth 30, 45 (with tea and mugs), 38 and 23 (with tea).
    hats = {"where": {"product_id": "H1"}}
    row = shop.one("kpis", **hats)
    assert (row["net_sales"], row["orders"]) == (87, 4)
    assert row["net_sales_per_order"] == pytest.approx(87 / 4)
    assert row["average_basket"] == pytest.approx(136 / 4)
    assert "average_order_value" not in row
    months = shop.columns("monthly_kpis", "net_sales_per_order", "average_basket", **hats)
    assert months == [(30, 30), (10, 45), (None, None), (47 / 2, 61 / 2)]
    [everything, _] = shop.columns("order_amounts", "orders", "min", "mean", "max", **hats)
    assert everything == (4, 23, 34, 45)
    everywhere = shop.ask("high_value", **hats)[0]
    assert "other_net_sales_per_order" in everywhere
    assert "other_average_order_value" not in everywhere


@pytest.mark.parametrize("column", ["product_id", "category", "discount_band", "kind"])
def test_there_is_no_average_order_value_of_parts_of_orders(
    shop: BuiltWarehouse, column: str
) -> None:
    value = shop.warehouse.values(column)[0]
    with pytest.raises(InputError, match=f"A filter on {column} keeps only parts of orders"):
        shop.warehouse.measure("average_order_value", where={column: value})
    whole = shop.one("kpis", where={"location": "UK", "weekday": "Monday"})
    assert "average_order_value" in whole


def test_the_cakestand_and_the_baskets_that_hold_it(standard: BuiltWarehouse) -> None:
    row = standard.one(
        "kpis", since="2010-12-01", until="2011-11-30", where={"product_id": "22423"}
    )
    goods = "kind IN ('sale', 'return') AND ordered_on BETWEEN '2010-12-01' AND '2011-11-30'"
    [expected] = standard.sql(f"""
        WITH lines AS (SELECT * FROM fact_sales JOIN dim_product USING (product_key) WHERE {goods}),
        it AS (SELECT * FROM lines WHERE product_id = '22423'),
        baskets AS (SELECT DISTINCT order_key FROM it WHERE kind = 'sale')
        SELECT
            (SELECT sum(net_amount) FROM it) / count(*),
            (SELECT sum(net_amount) FROM lines SEMI JOIN baskets USING (order_key)) / count(*)
        FROM baskets
    """)
    assert (row["net_sales_per_order"], row["average_basket"]) == pytest.approx(expected)
    [[as_booked]] = standard.sql("""
        SELECT sum(net_amount) / count(DISTINCT order_key) FILTER (kind IN ('sale', 'cancelled'))
        FROM fact_sales JOIN dim_product USING (product_key)
        WHERE product_id = '22423' AND kind IN ('sale', 'return', 'cancelled', 'reversal')
            AND ordered_on BETWEEN '2010-12-01' AND '2011-11-30'
    """)
    # Orders that a credit undoes within days are none.
    assert round(as_booked, 2) == 82.35
    assert round(row["net_sales_per_order"], 2) == 82.68
    assert row["average_basket"] > 10 * row["net_sales_per_order"]


def test_orders_at_or_after_the_snapshot_do_not_count(shop: BuiltWarehouse) -> None:
    # Ann's order of 1 February is placed at midnight, the time of the snapshot.
    columns = ("customer_id", "recency", "frequency", "monetary")
    expected = [("Ann", 31, 1, 24), ("Bob", 27, 1, 20), ("Cid", 1, 1, 30)]
    for moment in ("2024-02-01", date(2024, 2, 1), datetime(2024, 2, 1)):
        assert shop.columns("rfm", *columns, as_of=moment) == expected


def test_a_snapshot_during_a_day_includes_earlier_orders_of_that_day(shop: BuiltWarehouse) -> None:
    customers = shop.columns("rfm", "customer_id", as_of=datetime(2024, 2, 1, 0, 0, 1))
    recency = shop.columns("rfm", "recency", as_of=datetime(2024, 2, 1, 0, 0, 1))
    assert dict(zip(customers, recency, strict=True))[("Ann",)] == (0,)


def test_an_unknown_location_is_an_error_that_lists_the_known_ones(shop: BuiltWarehouse) -> None:
    with pytest.raises(InputError, match=r'No location is "Atlantis"\. Available: DE, FR, UK'):
        shop.ask("kpis", where={"location": "Atlantis"})


def test_a_location_is_found_in_any_case(shop: BuiltWarehouse) -> None:
    assert shop.ask("kpis", where={"location": "uk"}) == shop.ask("kpis", where={"location": "UK"})


def test_an_exact_match_wins_over_a_match_that_ignores_case(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(
        "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price,Country\n"
        "1,2024-01-01,a,tea,1,10,UK\n2,2024-01-01,a,tea,1,20,uk\n3,2024-01-01,a,tea,1,40,FR\n"
    )
    expected = [("UK", 10), ("uk", 20), ("Uk", 30), ("fr", 40)]
    for location, net_sales in expected:
        assert figures(shop, "net_sales", where={"location": location}) == [net_sales]
    assert shop.columns("sales_by", "location", by="location", where={"location": "uK"}) == [
        ("uk",), ("UK",),
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["U\0K", "\ud800", "UK\0"])
def test_invalid_text_is_refused_like_an_unknown_value(shop: BuiltWarehouse, value: str) -> None:
    with pytest.raises(InputError, match="No location is"):
        shop.ask("kpis", where={"location": value})


def test_ids_are_case_sensitive(shop: BuiltWarehouse) -> None:
    with pytest.raises(InputError, match=r'No customer_id is "ann"\. Did you mean "Ann"'):
        shop.ask("kpis", where={"customer_id": "ann"})


def test_filter_values_do_not_have_to_be_text(shop: BuiltWarehouse) -> None:
    where = {"is_high_value": True}
    assert shop.ask("kpis", where=where) == shop.ask("kpis", where={"is_high_value": "true"})
    assert shop.ask("kpis", where={"weekday": 1}) == shop.ask("kpis", where={"weekday": "Monday"})


def test_a_filter_without_values_is_an_error(shop: BuiltWarehouse) -> None:
    with pytest.raises(InputError, match="Add at least one"):
        shop.ask("kpis", where={"location": []})


def test_a_repeated_query_returns_the_same_table(shop: BuiltWarehouse) -> None:
    ask = shop.warehouse.ask
    assert ask("kpis", since="2024-02-01") is ask("kpis", since="2024-02-01")
    assert ask("kpis", since="2024-02-01") is not ask("kpis", since="2024-02-02")
    assert ask("kpis", where={"location": "UK"}) is not ask("kpis", where={"location": "FR"})


def test_a_filter_without_matches_gives_an_empty_result(shop: BuiltWarehouse) -> None:
    nothing = {"where": {"location": "DE", "customer_id": "Bob"}}
    row = shop.one("kpis", **nothing)
    assert (row["net_sales"], row["orders"], row["customers"]) == (0, 0, 0)
    assert (row["average_order_value"], row["repeat_rate"], row["return_rate"]) == (None,) * 3
    assert shop.ask("rfm", **nothing) == shop.ask("segments", **nothing) == []
    assert shop.ask("sales_by", **nothing) == shop.ask("discount_bands", **nothing) == []
    assert {row["active"] for row in shop.ask("monthly_customers", **nothing)} == {0}


def test_a_period_before_the_data_has_no_months(shop: BuiltWarehouse) -> None:
    long_ago = {"since": "1999-01-01", "until": "1999-12-31"}
    assert shop.ask("monthly_sales", **long_ago) == []
    assert shop.ask("cohorts", **long_ago) == []
    assert shop.one("kpis", **long_ago)["orders"] == 0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("kpi", {}, 'Did you mean "kpis"'),
        ("kpis", {"where": {"locatoin": "UK"}}, 'Did you mean "location"'),
        ("kpis", {"since": "2024-13-01"}, "is not a date"),
        ("kpis", {"since": "2024-03-01", "until": "2024-02-01"}, "begins on"),
        ("kpis", {"by": "month"}, "has no option"),
        ("sales_by", {"by": "colour"}, "category"),
        ("order_amounts", {"percentile": "many"}, "is not a"),
        ("order_amounts", {"percentile": 1.5}, "between 0 and 1"),
    ],
)
def test_an_invalid_query_is_refused_with_a_hint(
    shop: BuiltWarehouse, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        shop.ask(name, **options)


def test_two_results_can_be_read_at_the_same_time(shop: BuiltWarehouse) -> None:
    months = shop.warehouse.rows(shop.warehouse.ask("monthly_sales"))
    first = next(months)
    customers = list(shop.warehouse.rows(shop.warehouse.ask("rfm")))
    assert [first, *months] == shop.ask("monthly_sales")
    assert customers == shop.ask("rfm")


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"where": {"location": "FR"}}, "Cid Dee"),  # Cid's return in France is not what counts
        ({"where": {"category": "Clothes"}}, "Ann Bob Cid Dee"),
        ({"since": "2024-04-01"}, "Ann Bob Dee Hal"),  # Ivy only returned
        ({"where": {"product_id": "H1"}, "since": "2024-02-01"}, "Ann Bob Dee"),
    ],
)
def test_a_filter_chooses_customers_and_changes_no_score(
    shop: BuiltWarehouse, filters: dict[str, Any], shown: str
) -> None:
    everyone = {row["customer_id"]: row for row in shop.ask("rfm")}
    assert shop.ask("rfm", **filters) == [everyone[name] for name in shown.split()]


def test_a_segment_has_the_same_customers_in_every_analysis_filtered_by_it(
    shop: BuiltWarehouse,
) -> None:
    figures = ("segment", "customers", "recency", "frequency", "monetary")
    for segment in shop.columns("segments", *figures):
        where = {"segment": segment[0]}
        assert shop.columns("segments", *figures, where=where) == [segment]
        assert (
            sum(n for (n,) in shop.columns("rfm_map", "customers_here", where=where))
            == (segment[1])
        )
        assert {name for (name,) in shop.columns("rfm", "segment", where=where)} == {segment[0]}


def test_the_champions_of_the_real_shop_stay_champions(standard: BuiltWarehouse) -> None:
    figures = ("segment", "customers", "frequency", "monetary")
    [champions] = [row for row in standard.columns("segments", *figures) if row[0] == "Champions"]
    where = {"segment": "Champions"}
    assert standard.columns("segments", *figures, where=where) == [champions]
    assert {one for (one,) in standard.columns("rfm", "segment", where=where)} == {"Champions"}
    rescored = standard.columns("segments", "segment", where=where, among="filtered")
    assert len(rescored) > 1


def test_scores_among_the_filtered_are_an_option(shop: BuiltWarehouse) -> None:
    # In France, Cid bought for 30 and returned 10; Dee bought for 45 in February and 10 in April.
    columns = ("customer_id", "frequency", "monetary", "r", "f", "m")
    where = {"location": "FR"}
    assert shop.columns("rfm", *columns, where=where, among="filtered") == [
        ("Cid", 1, 20, 1, 1, 1), ("Dee", 2, 55, 5, 5, 5),
    ]  # fmt: skip


def test_net_sales_of_all_segments_add_up_to_those_of_known_customers(shop: BuiltWarehouse) -> None:
    segments = {segment for (segment,) in shop.columns("segments", "segment")}
    by_segment = [figures(shop, "net_sales", where={"segment": one})[0] for one in segments]
    known = sorted(name for (name,) in shop.columns("rfm", "customer_id"))
    assert sum(by_segment) == figures(shop, "net_sales", where={"customer_id": known})[0]


def test_an_unknown_segment_is_refused_with_a_suggestion(shop: BuiltWarehouse) -> None:
    with pytest.raises(
        InputError, match=r'There is no segment "Champion"\. Did you mean "Champions"'
    ):
        shop.ask("kpis", where={"segment": "Champion"})
