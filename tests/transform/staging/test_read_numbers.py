"""Numbers, discounts and ids: what is read, and what is quarantined rather than guessed."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.core.errors import AmbiguousFormatError
from support.warehouses import BuiltWarehouse, profile_from, to_csv


def sale(n: int = 1, /, **cells: object) -> dict[str, object]:
    row = {
        "Order ID": n, "Order Date": "2024-01-01", "Customer ID": "Ann", "Product": "Tea",
        "Quantity": "1", "Price": "1.00",
    }  # fmt: skip
    return row | cells


def prices(shop: BuiltWarehouse) -> list[Decimal]:
    rows = shop.sql("SELECT unit_price FROM fact_sales ORDER BY source_row")
    return [price for (price,) in rows]


WITH_POINT = {
    "1234.5": "1234.5", "1,234.50": "1234.50", "1,234,567.89": "1234567.89", "£12.50": "12.50",
    "$ 12.50": "12.50", "-$12.50": "-12.50", "12.50 €": "12.50", "GBP 12.50": "12.50",
    "12.50 USD": "12.50", "1'234.50": "1234.50", "1,234": "1234", "+3.00": "3", " 3.00 ": "3",
    "0.1234": "0.1234", ".5": "0.5", "7": "7", "(12.50)": "-12.50", "($1.00)": "-1",
}  # fmt: skip
WITH_COMMA = {
    "1234,5": "1234.5", "1.234,50": "1234.50", "1.234.567,89": "1234567.89", "12,50 €": "12.50",
    "€ 12,50": "12.50", "1 234,50": "1234.50", "1'234,50": "1234.50", "1.234": "1234", "7": "7",
}  # fmt: skip
CURRENCIES = [("£", "GBP"), ("$", "USD"), ("€",)]
NOT_NUMBERS = [
    "(12.50", "-(12.50)", "-12.50-", "1,23,45.6", "0,234.5", "12.50 approx", "twelve", "1.2.3",
    "--5", "12,3456.7", "", "nan", "inf", "-",
]  # fmt: skip


@pytest.mark.parametrize("family", [WITH_POINT, WITH_COMMA], ids=["point", "comma"])
def test_prices_with_a_decimal_point_or_a_decimal_comma(
    build_shop: Callable[..., BuiltWarehouse], family: dict[str, str]
) -> None:
    expected = {text: Decimal(value) for text, value in family.items()}
    # A file has one currency, or it is refused: one file for each.
    for currency in CURRENCIES:
        texts = [text for text in family if _is_in(text, currency)]
        shop = build_shop([sale(Price=text) for text in texts])
        assert shop.table("quarantine") == []
        read = dict(zip(texts, prices(shop), strict=True))
        assert read == {text: expected[text] for text in texts}


def _is_in(text: str, currency: tuple[str, ...]) -> bool:
    """Return whether a price is in a currency, or could be."""
    signs = [sign for each in CURRENCIES for sign in each if sign in text]
    return not signs or signs[0] in currency


def test_ambiguous_points_are_refused_if_decimal_commas_are_likely(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = [sale(Price="1.200"), sale(Price="3.500")]
    german = to_csv(rows, delimiter=";")
    with pytest.raises(AmbiguousFormatError, match="can separate decimals or thousands"):
        build_shop(german)
    comma = profile_from(tmp_path, '[formats]\ndecimal = "comma"')
    assert prices(build_shop(german, profile=comma)) == [1200, 3500]
    assert prices(build_shop(to_csv([*rows, sale(Price="1,50")], delimiter=";"))) == [
        1200, 3500, Decimal("1.5"),
    ]  # fmt: skip
    with pytest.raises(AmbiguousFormatError, match=r"such as 1\.200 and 3\.500"):
        build_shop(rows)


def test_numbers_can_have_an_exponent(build_shop: Callable[..., BuiltWarehouse]) -> None:
    written = {"5.1e-07": "0", "1.5e-3": "0.0015", "2.5E1": "25", "1e3": "1000"}
    shop = build_shop([sale(Price=text) for text in written])
    assert prices(shop) == [Decimal(value) for value in written.values()]


def test_a_number_with_an_underscore_is_quarantined(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([sale(Price="1_000"), sale(Price="2")])
    assert [row["source_row"] for row in shop.table("quarantine")] == [2]


def test_a_percentage_off_a_very_large_line(build_shop: Callable[..., BuiltWarehouse]) -> None:
    large = {"Discount": "12.5%", "Price": "9000000.00", "Quantity": "3"}
    shop = build_shop([sale(**large), sale(Discount="10%")])
    [net] = shop.sql("SELECT net_amount FROM fact_sales WHERE gross_amount > 1000")
    assert net == (Decimal("23625000"),)


def test_a_price_that_is_not_a_number_is_quarantined_with_its_text(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([sale(Price=text) for text in (*NOT_NUMBERS, "2.95", "3.95")])
    result = [json.loads(row["original"])["Price"] or "" for row in shop.table("quarantine")]
    assert result == NOT_NUMBERS
    assert shop.report.reasons == {
        "The unit price is missing or is not a number.": len(NOT_NUMBERS)
    }


def test_a_percentage_is_not_a_price(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop([sale(Price="5%"), sale(Price="2.95")])
    assert [row["source_row"] for row in shop.table("quarantine")] == [2]


def test_a_quantity_that_is_not_a_number_is_quarantined(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([sale(Quantity="two"), sale(Quantity="1.5"), sale(Quantity="-2")])
    [row] = shop.table("quarantine")
    assert (row["source_row"], row["reasons"]) == (2, "The quantity is missing or is not a number.")
    assert shop.sql("SELECT quantity FROM fact_sales ORDER BY 1") == [(-2,), (Decimal("1.5"),)]


def test_every_reason_is_stored(build_shop: Callable[..., BuiltWarehouse]) -> None:
    bad = sale(**{"Order ID": "", "Order Date": "soon", "Quantity": "x", "Price": "y"})
    shop = build_shop([sale(), bad])
    [row] = shop.table("quarantine")
    assert len(row["reasons"].split(" | ")) == 4
    assert shop.report.reasons.total() == 4


def amounts(shop: BuiltWarehouse) -> list[tuple[Any, ...]]:
    columns = "gross_amount, discount_amount, net_amount"
    return shop.sql(f"SELECT {columns} FROM fact_sales ORDER BY source_row")


def test_a_discount_below_one_is_a_fraction_of_the_price(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([sale(Quantity="2", Price="10", Discount="0.25")])
    assert amounts(shop) == [(20, 5, 15)]


@pytest.mark.parametrize("texts", [("25%", "5 %"), ("25.0%", "0.5%")])
def test_a_discount_with_a_percent_sign_is_a_percentage(
    build_shop: Callable[..., BuiltWarehouse], texts: tuple[str, str]
) -> None:
    rows = [sale(Quantity="2", Price="10", Discount=text) for text in texts]
    rates = [Decimal(text.rstrip(" %")) / 100 for text in texts]
    assert amounts(build_shop(rows)) == [(20, 20 * rate, 20 - 20 * rate) for rate in rates]


def test_a_profile_maps_the_discount_column(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    toml = '[columns]\ndiscount = "Discount %"\n[formats]\ndiscount = "percent"'
    profile = profile_from(tmp_path, toml)
    shop = build_shop([sale(Quantity="2", Price="10", **{"Discount %": "25"})], profile=profile)
    assert amounts(shop) == [(20, 5, 15)]


def test_discounts_above_1_are_ambiguous_and_refused(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    with pytest.raises(AmbiguousFormatError, match='discount = "percent"'):
        build_shop([sale(Price="10", Discount="5"), sale(2, Price="10", Discount="2")])


def test_a_discount_of_one_can_be_everything_or_one_percent(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    with pytest.raises(AmbiguousFormatError, match="can be everything, 1% or an amount of 1"):
        build_shop([sale(Discount="1"), sale(2, Discount="0")])


def test_a_discount_with_a_currency_is_an_amount(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([sale(Quantity="2", Price="€10", Discount="€0.50")])
    assert amounts(shop) == [(20, Decimal("0.50"), Decimal("19.50"))]


def test_a_discount_amount_applies_to_the_whole_line(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    profile = profile_from(tmp_path, '[formats]\ndiscount = "amount"')
    rows = [
        sale(Quantity="2", Price="10", Discount="5"),
        sale(Quantity="-2", Price="10", Discount="5"),
        sale(Quantity="-2", Price="10", Discount="-5"),
        sale(Quantity="3", Price="10", Discount="10"),
    ]
    shop = build_shop(rows, profile=profile)
    assert amounts(shop) == [(20, 5, 15), (-20, -5, -15), (-20, -5, -15), (30, 10, 20)]


def test_a_discount_amount_above_the_line_amount_is_quarantined(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    profile = profile_from(tmp_path, '[formats]\ndiscount = "amount"')
    rows = [sale(Discount="0"), sale(Price="10", Discount="11")]
    shop = build_shop(rows, profile=profile)
    [row] = shop.table("quarantine")
    assert "discount" in row["reasons"]


def test_an_impossible_discount_is_quarantined(build_shop: Callable[..., BuiltWarehouse]) -> None:
    fine = [sale(n, Discount="0.1") for n in range(10, 311)]
    shop = build_shop([*(sale(Discount=text) for text in ("1.01", "-0.1", "some")), *fine])
    assert [row["source_row"] for row in shop.table("quarantine")] == [2, 3, 4]
    assert shop.report.reasons == {
        "The discount is not a number, is negative, or exceeds the price.": 3
    }


def test_an_empty_discount_is_0(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop([sale(Price="10", Discount=""), sale(Price="10", Discount="0.5")])
    assert amounts(shop) == [(10, 0, 10), (10, 5, 5)]


def test_an_implausibly_large_amount_is_quarantined(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop([sale(), sale(Quantity="99999999", Price="99999999999.99")])
    [row] = shop.table("quarantine")
    assert row["reasons"] == "Quantity times price is implausibly large."


def test_customer_ids_are_text_without_a_trailing_decimal_zero(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    ids = ["12346.0", "12346", " 12346 ", "00123", "A.0", "1.50"]
    shop = build_shop([sale(n, **{"Customer ID": text}) for n, text in enumerate(ids)])
    known = shop.sql("SELECT customer_id FROM dim_customer WHERE is_known ORDER BY 1")
    assert known == [("00123",), ("1.50",), ("12346",), ("A.0",)]


def test_texts_for_missing_values_are_guests(build_shop: Callable[..., BuiltWarehouse]) -> None:
    texts = ["nan", "NaN", "NULL", "None", "N/A", "#N/A", "<NA>", "", "   "]
    shop = build_shop([sale(n, **{"Customer ID": text}) for n, text in enumerate(texts)])
    assert shop.sql("SELECT count(*), max(customer_key) FROM fact_sales") == [(len(texts), 0)]
    assert shop.one("kpis")["customers"] == 0


def test_an_order_without_a_number_is_quarantined(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    rows = [sale(), *(sale(**{"Order ID": text}) for text in ("", "nan", "NULL"))]
    shop = build_shop(rows)
    assert [row["source_row"] for row in shop.table("quarantine")] == [3, 4, 5]
    assert shop.report.reasons == {"The order number is missing.": 3}


def test_nan_in_a_parquet_file_is_empty(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    path = tmp_path / "sales.parquet"
    duckdb.sql(f"""
        COPY (
            SELECT o AS "Order ID", DATE '2024-01-01' AS "Order Date", c::DOUBLE AS "Customer",
                'A' AS "SKU", 1 AS "Quantity", p::DOUBLE AS "Price"
            FROM (VALUES (1, '12346', '2.5'), (2, 'nan', '2.5'), (3, '12346', 'nan')) AS t(o, c, p)
        ) TO '{path}'
    """)
    shop = build_shop(path)
    assert [row["source_row"] for row in shop.table("quarantine")] == [3]
    known = "SELECT order_id, customer_id FROM dim_order JOIN dim_customer USING (customer_key)"
    assert sorted(shop.sql(known)) == [("1", "12346"), ("2", None)]
