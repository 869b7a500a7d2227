"""Exports with categories, discounts and states, checked against Decimal and pandas."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import pandas as pd
import pytest

from support.generated_shop import CATEGORIES, STATES, GeneratedShop, generate_shop
from support.warehouses import BuiltWarehouse, build_and_open, star_contents, to_csv


@pytest.fixture(scope="module", params=["iso", "day-first"])
def generated(request: pytest.FixtureRequest) -> GeneratedShop:
    return generate_shop(2026, dates=request.param, faults=True)


@pytest.fixture(scope="module")
def shop(
    generated: GeneratedShop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BuiltWarehouse]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "orders.csv").write_text(to_csv(generated.rows), "utf-8")
    shop = build_and_open(folder / "shop.duckdb", [folder / "orders.csv"])
    yield shop
    shop.warehouse.close()


@pytest.fixture(scope="module")
def frame(generated: GeneratedShop) -> pd.DataFrame:
    lines = pd.DataFrame(generated.valid_rows)
    numbers = {column: lines[column].astype(float) for column in ("Quantity", "Price", "Discount")}
    lines = lines.assign(**numbers)
    gross = lines.Quantity * lines.Price
    return lines.assign(gross=gross, net=gross * (1 - lines.Discount))


def revenue(row: Mapping[str, str]) -> Decimal:
    price, quantity, discount = (Decimal(row[c]) for c in ("Price", "Quantity", "Discount"))
    return quantity * price * (1 - discount)


def test_the_profile_is_recognised_by_its_columns(shop: BuiltWarehouse) -> None:
    assert shop.report.sources[0].mapping.profile.name == "retail-orders"


def test_every_invalid_row_is_quarantined_with_all_its_reasons(
    shop: BuiltWarehouse, generated: GeneratedShop
) -> None:
    rows = shop.table("quarantine")
    result = {row["source_row"]: tuple(row["reasons"].split(" | ")) for row in rows}
    assert result == generated.faulty


def test_a_quarantined_row_has_its_original_text(
    shop: BuiltWarehouse, generated: GeneratedShop
) -> None:
    for row in shop.table("quarantine"):
        original = {name: text or "" for name, text in json.loads(row["original"]).items()}
        assert original == generated.rows[row["source_row"] - 2]


def test_net_amount_is_quantity_times_price_less_discount_to_the_last_digit(
    shop: BuiltWarehouse, generated: GeneratedShop
) -> None:
    result = dict(shop.sql("SELECT source_row, net_amount FROM fact_sales"))
    expected = {
        number: revenue(row)
        for number, row in enumerate(generated.rows, 2)
        if number not in generated.faulty
    }
    assert result == expected
    row = shop.one("kpis")
    assert row["net_sales"] == sum(expected.values())
    assert row["gross_sales"] - row["discounts"] == row["net_sales"]


def test_a_customer_in_several_states_is_one_customer(
    shop: BuiltWarehouse, generated: GeneratedShop
) -> None:
    states: dict[str, set[str]] = defaultdict(set)
    for row in generated.valid_rows:
        states[row["Customer_ID"]].add(row["Customer_Location"])
    result = shop.sql("SELECT customer_id, other_locations FROM dim_customer WHERE is_known")
    assert dict(result) == {customer: len(seen) - 1 for customer, seen in states.items()}
    assert sum(1 for seen in states.values() if len(seen) > 1) >= len(states) / 4
    assert shop.one("kpis")["customers"] == len(states)


def test_there_are_six_categories_36_subcategories_and_30_states(shop: BuiltWarehouse) -> None:
    counted = "SELECT count(DISTINCT category), count(DISTINCT subcategory) FROM dim_product"
    assert shop.sql(counted) == [(len(CATEGORIES), 36)]
    assert shop.sql("SELECT count(DISTINCT location) FROM dim_order") == [(len(STATES),)]


@pytest.mark.parametrize(
    ("by", "column"),
    [
        ("category", "Product_Category"),
        ("subcategory", "Product_Sub_Category"),
        ("location", "Customer_Location"),
    ],
)
def test_sales_by_group_match_pandas(
    shop: BuiltWarehouse, frame: pd.DataFrame, by: str, column: str
) -> None:
    groups = frame.groupby(column)
    result = shop.pandas("sales_by", by=by).set_index(by).sort_index()
    assert result.net_sales.to_dict() == pytest.approx(groups.net.sum().to_dict())
    assert result.orders.to_dict() == groups.Order_ID.nunique().to_dict()
    assert result.customers.to_dict() == groups.Customer_ID.nunique().to_dict()
    assert result.units.to_dict() == groups.Quantity.sum().to_dict()


def test_discount_bands_match_pandas(shop: BuiltWarehouse, frame: pd.DataFrame) -> None:
    edges = [-1, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1]
    labels = ["0%", *(f"over {n}% to {n + 5}%" for n in range(0, 50, 5)), "over 50%"]
    bands = frame.groupby(pd.cut(frame.Discount, edges, labels=labels), observed=True)
    result = shop.pandas("discount_bands").set_index("band")
    assert list(result.index) == list(bands.groups)
    assert list(result.net_sales) == pytest.approx(list(bands.net.sum()))
    assert list(result.orders) == list(bands.Order_ID.nunique())
    assert list(result.share) == pytest.approx(list(bands.net.sum() / frame.net.sum()))


def test_discount_bands_within_a_category_or_a_month_add_up_to_one(shop: BuiltWarehouse) -> None:
    for by in ("category", "month"):
        shares = shop.pandas("discount_bands", by=by).groupby(by).share.sum()
        assert list(shares) == pytest.approx([1] * len(shares))


def test_high_value_customers_match_pandas(shop: BuiltWarehouse, frame: pd.DataFrame) -> None:
    people = frame.groupby("Customer_ID").agg(
        net=("net", "sum"), gross=("gross", "sum"), orders=("Order_ID", "nunique")
    )
    high = people.net > people.net.quantile(0.8)
    everywhere = shop.ask("high_value")[0]
    rich, others = people[high].sum(), people[~high].sum()
    assert everywhere["customers"] == len(people)
    assert everywhere["high_value_customers"] == high.sum()
    assert everywhere["high_value_average_order_value"] == pytest.approx(rich.net / rich.orders)
    assert everywhere["other_average_order_value"] == pytest.approx(others.net / others.orders)
    assert everywhere["high_value_average_discount"] == pytest.approx(1 - rich.net / rich.gross)
    assert everywhere["other_average_discount"] == pytest.approx(1 - others.net / others.gross)


def test_high_value_customers_by_state_add_up(shop: BuiltWarehouse) -> None:
    everywhere, *states = shop.ask("high_value")
    for column in ("customers", "high_value_customers"):
        assert sum(row[column] for row in states) == everywhere[column]


def products(shop: BuiltWarehouse) -> dict[str, str]:
    return dict(shop.sql("SELECT product_id, subcategory FROM dim_product WHERE product_key > 0"))


def test_product_ids_do_not_depend_on_row_order_or_file(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    one, other = generate_shop(1, 300), generate_shop(2, 300)
    shuffled = random.Random(3).sample(one.rows, len(one.rows))
    first, again, apart = build_shop(one.rows), build_shop(shuffled), build_shop(other.rows)
    assert star_contents(first) == star_contents(again)
    assert products(first) == products(apart)
    assert len(products(first)) == 36


def test_two_files_of_different_years_build_one_warehouse(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    rows = generate_shop(4, 300).rows
    early = [row for row in rows if row["Order_Date"] < "2023"]
    late = [row for row in rows if row["Order_Date"] >= "2023"]
    assert star_contents(build_shop(early, late)) == star_contents(build_shop(rows))
