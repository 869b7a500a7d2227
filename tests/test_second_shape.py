"""Exports with categories, discounts and states: counted again in Decimal and by pandas."""

import json
import random
from collections import defaultdict
from decimal import Decimal

import pandas as pd
import pytest

from support.generated_shop import CATEGORIES, STATES, generate_shop
from support.warehouses import BuiltWarehouse, build_and_open, star_contents, to_csv


@pytest.fixture(scope="module", params=["iso", "day-first"])
def made(request):
    return generate_shop(2026, dates=request.param, faults=True)


@pytest.fixture(scope="module")
def second(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("second")
    (folder / "orders.csv").write_text(to_csv(made.rows), "utf-8")
    shop = build_and_open(folder / "shop.duckdb", [folder / "orders.csv"])
    yield shop
    shop.warehouse.close()


@pytest.fixture(scope="module")
def frame(made):
    lines = pd.DataFrame(made.valid_rows)
    numbers = {column: lines[column].astype(float) for column in ("Quantity", "Price", "Discount")}
    lines = lines.assign(**numbers)
    gross = lines.Quantity * lines.Price
    return lines.assign(gross=gross, net=gross * (1 - lines.Discount))


def revenue(row):
    price, quantity, discount = (Decimal(row[c]) for c in ("Price", "Quantity", "Discount"))
    return quantity * price * (1 - discount)


def test_it_is_recognised_by_its_columns(second):
    assert second.report.sources[0].mapping.profile.name == "retail-orders"


def test_what_cannot_be_understood_is_quarantined_row_by_row_with_every_reason(second, made):
    rows = second.table("quarantine")
    found = {row["source_row"]: tuple(row["reasons"].split(" | ")) for row in rows}
    assert found == made.faulty


def test_a_quarantined_row_stands_as_it_stood_in_the_file(second, made):
    for row in second.table("quarantine"):
        original = {name: text or "" for name, text in json.loads(row["original"]).items()}
        assert original == made.rows[row["source_row"] - 2]


def test_revenue_is_quantity_times_price_less_discount_to_the_last_digit(second, made):
    found = dict(second.sql("SELECT source_row, net_amount FROM fact_sales"))
    expected = {
        place: revenue(row) for place, row in enumerate(made.rows, 2) if place not in made.faulty
    }
    assert found == expected
    row = second.one("kpis")
    assert row["net_sales"] == sum(expected.values())
    assert row["gross_sales"] - row["discounts"] == row["net_sales"]


def test_a_customer_in_several_states_is_one_customer(second, made):
    states = defaultdict(set)
    for row in made.valid_rows:
        states[row["Customer_ID"]].add(row["Customer_Location"])
    found = second.sql("SELECT customer_id, other_locations FROM dim_customer WHERE is_known")
    assert dict(found) == {customer: len(seen) - 1 for customer, seen in states.items()}
    assert sum(1 for seen in states.values() if len(seen) > 1) >= len(states) / 4
    assert second.one("kpis")["customers"] == len(states)


def test_there_are_six_categories_36_subcategories_and_30_states(second):
    counted = "SELECT count(DISTINCT category), count(DISTINCT subcategory) FROM dim_product"
    assert second.sql(counted) == [(len(CATEGORIES), 36)]
    assert second.sql("SELECT count(DISTINCT location) FROM dim_order") == [(len(STATES),)]


@pytest.mark.parametrize(
    ("by", "column"),
    [
        ("category", "Product_Category"),
        ("subcategory", "Product_Sub_Category"),
        ("location", "Customer_Location"),
    ],
)
def test_sales_broken_down(second, frame, by, column):
    groups = frame.groupby(column)
    found = second.pandas("sales_by", by=by).set_index(by).sort_index()
    assert found.net_sales.to_dict() == pytest.approx(groups.net.sum().to_dict())
    assert found.orders.to_dict() == groups.Order_ID.nunique().to_dict()
    assert found.customers.to_dict() == groups.Customer_ID.nunique().to_dict()
    assert found.units.to_dict() == groups.Quantity.sum().to_dict()


def test_discount_bands(second, frame):
    edges = [-1, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1]
    labels = ["0 %", *(f"{n}-{n + 5} %" for n in range(0, 50, 5)), "over 50 %"]
    bands = frame.groupby(pd.cut(frame.Discount, edges, labels=labels), observed=True)
    found = second.pandas("discount_bands").set_index("band")
    assert list(found.index) == list(bands.groups)
    assert list(found.net_sales) == pytest.approx(list(bands.net.sum()))
    assert list(found.orders) == list(bands.Order_ID.nunique())
    assert list(found.share) == pytest.approx(list(bands.net.sum() / frame.net.sum()))


def test_discount_bands_within_a_category_or_a_month_add_up_to_one(second):
    for by in ("category", "month"):
        shares = second.pandas("discount_bands", by=by).groupby(by).share.sum()
        assert list(shares) == pytest.approx([1] * len(shares))


def test_high_value_customers(second, frame):
    people = frame.groupby("Customer_ID").agg(
        net=("net", "sum"), gross=("gross", "sum"), orders=("Order_ID", "nunique")
    )
    high = people.net > people.net.quantile(0.8)
    everywhere = second.ask("high_value")[0]
    rich, others = people[high].sum(), people[~high].sum()
    assert everywhere["customers"] == len(people)
    assert everywhere["high_value_customers"] == high.sum()
    assert everywhere["high_value_average_order_value"] == pytest.approx(rich.net / rich.orders)
    assert everywhere["other_average_order_value"] == pytest.approx(others.net / others.orders)
    assert everywhere["high_value_average_discount"] == pytest.approx(1 - rich.net / rich.gross)
    assert everywhere["other_average_discount"] == pytest.approx(1 - others.net / others.gross)


def test_high_value_customers_by_state_add_up(second):
    everywhere, *states = second.ask("high_value")
    for column in ("customers", "high_value_customers"):
        assert sum(row[column] for row in states) == everywhere[column]


def products(shop: BuiltWarehouse):
    return dict(shop.sql("SELECT product_id, subcategory FROM dim_product WHERE product_key > 0"))


def test_products_have_the_same_ids_in_any_order_of_rows_and_in_every_file(build_shop):
    one, other = generate_shop(1, 300), generate_shop(2, 300)
    shuffled = random.Random(3).sample(one.rows, len(one.rows))
    first, again, apart = build_shop(one.rows), build_shop(shuffled), build_shop(other.rows)
    assert star_contents(first) == star_contents(again)
    assert products(first) == products(apart)
    assert len(products(first)) == 36


def test_two_files_of_different_years_make_one_shop(build_shop):
    rows = generate_shop(4, 300).rows
    early = [row for row in rows if row["Order_Date"] < "2023"]
    late = [row for row in rows if row["Order_Date"] >= "2023"]
    assert star_contents(build_shop(early, late)) == star_contents(build_shop(rows))
