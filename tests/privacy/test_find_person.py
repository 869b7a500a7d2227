"""A customer is found by their email address in any spelling, and nobody else is suggested."""

import shutil
from pathlib import Path

import pytest

from loads.conftest import KEY
from regulars.core.errors import InputError
from regulars.loads.api import build, export_customer, forget
from regulars.warehouse.warehouse import open_warehouse

ROWS = """order_id,ordered_at,email,product_name,quantity,unit_price
O1,2024-01-05,aaron11@example.com,Tea,1,10
O2,2024-01-06,mya11@example.com,Tea,1,10
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A shop that tests only read."""
    folder = tmp_path_factory.mktemp("emails")
    (folder / "sales.csv").write_text(ROWS)
    location = str(folder / "shop.duckdb")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REGULARS_PEOPLE_KEY", KEY)
        build(folder / "sales.csv", warehouse=location)
    return location


@pytest.mark.parametrize(
    "typed", ["AARON11@example.com", " aaron11@example.com ", "mailto:Aaron11@Example.com"]
)
def test_an_address_in_other_capitals_is_the_same_customer(warehouse: str, typed: str) -> None:
    exported = export_customer(typed, warehouse=warehouse)
    assert [row["order_id"] for row in exported["orders"]] == ["O1"]


def test_a_customer_is_forgotten_by_an_address_in_other_capitals(
    warehouse: str, tmp_path: Path
) -> None:
    copy = shutil.copy(warehouse, tmp_path / "shop.duckdb")
    forget("mailto:Aaron11@Example.com", warehouse=copy)
    with open_warehouse(copy) as opened:
        rows = opened.rows(opened.table("dim_customer"))
        assert {row["customer_id"] for row in rows} == {None, "mya11@example.com"}


def test_a_similar_address_is_not_suggested(warehouse: str) -> None:
    with pytest.raises(InputError, match="holds nothing") as error:
        forget("maya11@example.com", warehouse=warehouse)
    assert "mya11@example.com" not in str(error.value)
