"""Later files identify customers by the same column as earlier files."""

from pathlib import Path

import pytest

import regulars
from regulars.core.errors import SourceError
from regulars.core.settings import Settings
from support.loaded_warehouse import LoadedWarehouse
from support.warehouses import profile_from

NIGHT = """\
Order,Date,Cust No,E-Mail,Product,Quantity,Price
{},2024-01-0{},C1,ann@shop.example,tea,1,2
"""
BY_NUMBER = '[columns]\norder_id = "Order"\ncustomer_id = "Cust No"\nproduct_id = "Product"\n'


@pytest.fixture
def shop(tmp_path: Path) -> LoadedWarehouse:
    """A warehouse that identifies customers by the column Cust No."""
    shop = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    (tmp_path / "first.csv").write_text(NIGHT.format(1, 1))
    shop.build(tmp_path / "first.csv", profile=profile_from(tmp_path, BY_NUMBER))
    (tmp_path / "second.csv").write_text(NIGHT.format(2, 2))
    return shop


def customers(shop: LoadedWarehouse) -> set[str]:
    return {row["customer_id"] for row in shop.rows("order_lines")}


def test_a_file_that_would_identify_customers_by_another_column_is_refused(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as refused:
        shop.load(tmp_path / "second.csv")
    message = str(refused.value)
    assert (
        'customer_id would be read from "E-Mail", but first.csv read it from "Cust No"' in message
    )
    assert f"--profile {tmp_path / 'mine.toml'}" in message
    assert customers(shop) == {"C1"}


def test_the_profile_can_come_from_the_settings(shop: LoadedWarehouse, tmp_path: Path) -> None:
    settings = Settings(profile=str(tmp_path / "mine.toml"))
    regulars.load(tmp_path / "second.csv", warehouse=shop.location, settings=settings)
    assert customers(shop) == {"C1"}
    assert len(shop.rows("order_lines")) == 2


def test_an_explicit_profile_is_used_with_a_warning(shop: LoadedWarehouse, tmp_path: Path) -> None:
    other = profile_from(tmp_path, BY_NUMBER.replace("Cust No", "E-Mail"))
    report = shop.load(tmp_path / "second.csv", profile=other)
    assert any("Each customer would be counted twice" in warning for warning in report.warnings)


def test_a_file_without_the_earlier_column_is_loaded(shop: LoadedWarehouse, tmp_path: Path) -> None:
    (tmp_path / "till.csv").write_text(
        "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n9,2024-01-03,C1,tea,1,2\n"
    )
    shop.load(tmp_path / "till.csv")
    assert customers(shop) == {"C1"}
