"""Results as pandas data frames, on both engines that a notebook usually opens."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.warehouse.warehouse import Warehouse
from support.postgres import Postgres
from support.small_shop import SHOP
from support.warehouses import build_and_open


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def warehouse(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    folder: Path = tmp_path_factory.mktemp("frames")
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    location = str(folder / "shop.duckdb")
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        location = server.new_database("frames").address("frames")
    with build_and_open(location, [folder / "shop.csv"]).warehouse as opened:
        yield opened


def test_amounts_are_numbers_to_plot(warehouse: Warehouse) -> None:
    result = warehouse.ask("monthly_sales")
    frame = warehouse.to_pandas(result)
    assert {"net_sales", "orders", "growth"} <= set(frame.select_dtypes("number"))
    assert frame.month.dtype.kind == "M"
    amounts = [float(row["net_sales"]) for row in warehouse.rows(result)]
    assert list(frame.net_sales) == amounts


def test_exact_amounts_add_up_to_the_cent(warehouse: Warehouse) -> None:
    frame = warehouse.to_pandas(warehouse.table("fact_sales"), exact=True)
    exact = sum(
        (row["net_amount"] for row in warehouse.rows(warehouse.table("fact_sales"))), Decimal(0)
    )
    assert str(frame.net_amount.dtype).startswith("decimal128")
    assert frame.net_amount.sum() == exact
