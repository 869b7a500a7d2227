"""Columns are suggested by their names and by their values."""

import tomllib

import ibis
import pytest

from regulars.core.errors import MappingError
from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.column_names import find_column, normalise_name, words_in
from regulars.sources.profiles.match_columns import Survey, match_columns
from regulars.transform.staging.survey import facts_of, survey


def _survey(**cells: list[object]) -> tuple[list[str], Survey]:
    con = ibis.duckdb.connect()
    columns = {name.replace("_", " "): values for name, values in cells.items()}
    schema = ibis.schema(dict.fromkeys(columns, "string"))
    table = con.create_table("cells", ibis.memtable(columns, schema=schema))

    def facts(names: object) -> dict[str, ColumnFacts]:
        wanted = [str(name) for name in names]  # type: ignore[attr-defined]
        return facts_of(con.to_pyarrow(survey(table, wanted)).to_pylist(), wanted)

    return list(columns), facts


def _suggested(**cells: list[object]) -> dict[str, object]:
    """Return the [columns] that the refusal of a file with these columns proposes."""
    columns, facts = _survey(**cells)
    with pytest.raises(MappingError) as refused:
        match_columns("shop.csv", columns, survey=facts)
    _, profile = str(refused.value).split("--profile:\n")
    # The lines must be valid TOML as they are.
    suggested = tomllib.loads(profile)["columns"]
    assert isinstance(suggested, dict)
    return suggested


_ORDERS: dict[str, list[object]] = {
    "Order_ID": ["1", "1", "2"],
    "Order_Date": ["2025-01-03", "2025-01-03", "2025-01-04"],
    "SKU": ["A", "B", "A"],
}


def test_text_is_not_a_price_and_an_empty_column_is_nothing() -> None:
    suggested = _suggested(
        **_ORDERS,
        Customer_ID=["C1", "C1", "C2"],
        Quantity=["1", "2", "1"],
        Price_Point=["Regular", "Sale", "Regular"],
        Price_Charged=[None, None, None],
        Price_Paid=["$1,030.00", "4.00", "10.00"],
    )
    assert suggested == {"unit_price": "Price Paid"}


def test_a_line_number_is_not_a_customer() -> None:
    suggested = _suggested(
        **_ORDERS,
        Quantity=["1", "2", "1"],
        Price=["1.00", "2.00", "1.00"],
        Client_Row=["1", "2", "3"],
        Client_Since=["2020-01-01", "2020-01-01", "2021-01-01"],
    )
    assert suggested == {"customer_id": []}


def test_the_user_chooses_between_two_columns_that_fit() -> None:
    cells: dict[str, list[object]] = {
        "Order_ID": ["1", "1", "2"],
        "Customer_ID": ["C1", "C1", "C2"],
        "SKU": ["A", "B", "A"],
        "Quantity": ["1", "2", "1"],
        "Price": ["1.00", "2.00", "1.00"],
        "Till_date": ["2025-01-03", "2025-01-03", "2025-01-04"],
        "Bank_date": ["2025-01-05", "2025-01-05", "2025-01-06"],
    }
    columns, facts = _survey(**cells)
    with pytest.raises(MappingError, match=r'# ordered_at = "Till date"\n.*"Bank date"'):
        match_columns("shop.csv", columns, survey=facts)
    assert _suggested(**cells) == {}


def test_an_id_comes_before_an_address_and_an_address_before_a_name() -> None:
    cells: dict[str, list[object]] = {
        **_ORDERS,
        "Quantity": ["1", "2", "1"],
        "Price": ["1.00", "2.00", "1.00"],
        "Customer": ["Ana Silva", "Ana Silva", "Bo Reed"],
        "Email": ["a@example.com", "a@example.com", "b@example.com"],
    }
    columns, facts = _survey(**cells)
    assert match_columns("", columns, survey=facts).columns["customer_id"] == "Email"
    columns, facts = _survey(**cells, Client=["7", "7", "8"])
    assert match_columns("", columns, survey=facts).columns["customer_id"] == "Client"


def test_the_first_filled_column_of_dates_is_the_date() -> None:
    cells: dict[str, list[object]] = {
        "Order_ID": ["1", "2"],
        "Order_Date": [None, None],
        "Date": ["60", "61"],
        "Created_at": ["2025-01-03", "2025-01-04"],
        "Customer_ID": ["C1", "C2"],
        "SKU": ["A", "B"],
        "Quantity": ["1", "2"],
        "Price": ["1.00", "2.00"],
    }
    columns, facts = _survey(**cells)
    assert match_columns("", columns, survey=facts).columns["ordered_at"] == "Created at"


def test_column_names_are_compared_without_case_marks_and_accents() -> None:
    assert normalise_name("Qté commandée") == normalise_name("qte_commandee")
    assert normalise_name("Order #") == normalise_name("order no")
    # "Item #" numbers the lines of an order; "Item Name" is the product.
    assert find_column(["item", "item name"], ["Item #", "Item Name"]) == "Item Name"
    assert words_in("SalesOrderNumber") == ["sales", "order", "number"]
