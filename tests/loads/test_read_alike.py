"""Later files are read as earlier ones were: nobody becomes two by another column."""

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
def kept(tmp_path):
    """A warehouse whose customers go by the column Cust No."""
    kept = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    (tmp_path / "first.csv").write_text(NIGHT.format(1, 1))
    kept.build(tmp_path / "first.csv", profile=profile_from(tmp_path, BY_NUMBER))
    (tmp_path / "second.csv").write_text(NIGHT.format(2, 2))
    return kept


def customers(kept):
    return {row["customer_id"] for row in kept.rows("order_lines")}


def test_a_file_that_would_tell_customers_by_another_column_is_refused(kept, tmp_path):
    with pytest.raises(SourceError) as refused:
        kept.load(tmp_path / "second.csv")
    said = str(refused.value)
    assert 'its customer_id would be "E-Mail", but that of first.csv was "Cust No"' in said
    assert f"--profile {tmp_path / 'mine.toml'}" in said
    assert customers(kept) == {"C1"}


def test_the_profile_may_stand_in_the_settings(kept, tmp_path):
    told = Settings(profile=str(tmp_path / "mine.toml"))
    regulars.load(tmp_path / "second.csv", warehouse=kept.location, settings=told)
    assert customers(kept) == {"C1"}
    assert len(kept.rows("order_lines")) == 2


def test_who_asks_for_another_profile_gets_it_with_a_warning(kept, tmp_path):
    other = profile_from(tmp_path, BY_NUMBER.replace("Cust No", "E-Mail"))
    report = kept.load(tmp_path / "second.csv", profile=other)
    assert any("each customer would be two" in warning for warning in report.warnings)


def test_a_file_of_another_kind_is_read_as_it_is(kept, tmp_path):
    (tmp_path / "till.csv").write_text(
        "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n9,2024-01-03,C1,tea,1,2\n"
    )
    kept.load(tmp_path / "till.csv")
    assert customers(kept) == {"C1"}
