"""Stores whose orders and customers have the same numbers, over several files and loads."""

import pytest

from support.loaded_warehouse import LoadedWarehouse, line, write_corrected_rows
from support.warehouses import Rows, profile_from

pytestmark = pytest.mark.usefixtures("key")

PER_STORE = '[orders]\nunique_per = "store"\n[people]\nunique_per = "store"\n'
WARNING = "1 order number is in more than one store: 1001."


def sold(store: str, order: str, price: str, customer: str = "7") -> dict[str, str]:
    return line(order, price=price, customer=customer) | {"Store": store}


LONDON: Rows = [sold("London", "1001", "10"), sold("London", "1002", "20")]
LEEDS: Rows = [sold("Leeds", "1001", "30"), sold("Leeds", "1003", "40")]


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sales(shop: LoadedWarehouse) -> dict[str, int]:
    return {row["store"]: row["net_sales"] for row in shop.ask("sales_by", by="store")}


def test_an_order_number_of_two_stores_is_reported_before_it_replaces_the_other(
    shop: LoadedWarehouse,
) -> None:
    files = shop.file("london.csv", LONDON), shop.file("leeds.csv", LEEDS)
    assert shop.build(*files).in_stores == ["1001"]
    shop.build(files[0])
    assert any(WARNING in warning for warning in shop.load(files[1]).warnings)
    # Order 1001 is now that of Leeds: 10 is superseded.
    assert sales(shop) == {"London": 20, "Leeds": 70}


def test_orders_and_customers_per_store_stay_apart_over_loads(shop: LoadedWarehouse) -> None:
    profile = profile_from(shop.folder, PER_STORE)
    shop.build(shop.file("london.csv", LONDON), profile=profile)
    report = shop.load(shop.file("leeds.csv", LEEDS), profile=profile)
    assert report.warnings == ["1 new location: Leeds."]  # not an order number
    assert sales(shop) == {"London": 30, "Leeds": 70}
    customers = {row["customer_id"]: row["orders"] for row in shop.rows("dim_customer")}
    assert customers == {"London 7": 2, "Leeds 7": 2, None: 0}
    again = shop.load(shop.file("again.csv", [sold("Leeds", "1001", "35")]), profile=profile)
    assert again.orders.changed == 1
    assert sales(shop) == {"London": 30, "Leeds": 75}


def test_a_quarantined_row_of_a_store_is_replayed_into_its_order(shop: LoadedWarehouse) -> None:
    profile = profile_from(shop.folder, PER_STORE)
    rows = [*LONDON, *LEEDS, sold("London", "1001", "five")]
    shop.build(shop.file("both.csv", rows), profile=profile)
    shop.replay(write_corrected_rows(shop, shop.folder / "c.csv", row_6={"Price": "5"}))
    assert sales(shop) == {"London": 35, "Leeds": 70}
    assert {row["order_id"] for row in shop.rows("dim_order")} == {
        "London 1001", "London 1002", "Leeds 1001", "Leeds 1003",
    }  # fmt: skip
    assert shop.forget("London 7").changed["dim_order"] == 2
    assert [row["customer_id"] for row in shop.rows("dim_customer")] == ["Leeds 7", None]


def test_a_load_without_the_profile_of_the_stores_is_refused(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("a.csv", LONDON), profile=profile_from(shop.folder, PER_STORE))
    with pytest.raises(Exception, match=r'read it from "Store \| Order ID"'):
        shop.load(shop.file("b.csv", LEEDS))
