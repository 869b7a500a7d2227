"""Tables of a page as files: all their rows, as numbers and dates, and no customer for viewers."""

import csv
import io
from datetime import date, datetime

import openpyxl
import pytest

from regulars.core.errors import InputError
from regulars.insights import table_file
from regulars.insights.drilldown import DrillDown
from regulars.insights.scope import Scope
from regulars.insights.table_file import TableFile, TableRef, TableRows
from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse

PRODUCTS = TableRef.of("sales_by", by="product")


def csv_rows(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))


@pytest.fixture
def scope(shop: BuiltWarehouse) -> Scope:
    return Scope(shop.warehouse)


def test_a_reference_survives_the_page() -> None:
    for ref in (PRODUCTS, TableRef.of("monthly_sales", since=None, until=None)):
        assert TableRef.decode(ref.encode()) == ref


def test_a_file_has_all_rows_of_its_table(scope: Scope) -> None:
    rows = csv_rows(TableFile(PRODUCTS, "csv", shows_customers=False)(scope))
    sold = {line.split(",")[3] for line in SHOP.splitlines()[1:]}
    assert {row["Product"] for row in rows} <= sold
    assert len(rows) == len(scope.rows("sales_by", by="product"))
    assert rows[0]["Net sales"] == f"{scope.rows('sales_by', by='product')[0]['net_sales']:.2f}"


def test_a_page_shows_all_rows_of_a_table_or_says_that_there_are_more(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = scope.rows("sales_by", by="product")
    shown = TableRows(PRODUCTS, shows_customers=False)(scope)
    assert (list(shown.rows), shown.is_complete) == (every, True)
    assert shown.cards["product_id"].label == "Product"
    monkeypatch.setattr(table_file, "MOST_ROWS", len(every) - 1)
    shown = TableRows(PRODUCTS, shows_customers=False)(scope)
    assert (list(shown.rows), shown.is_complete) == (every[:-1], False)


def test_a_file_has_the_filters_of_the_view(shop: BuiltWarehouse) -> None:
    in_france = Scope(shop.warehouse, None, {"location": ("FR",)})
    rows = csv_rows(TableFile(PRODUCTS, "csv", shows_customers=False)(in_france))
    # 150 gross, 35 discounts, 10 returns, as on the page.
    assert sum(float(row["Net sales"]) for row in rows) == pytest.approx(105)


def test_a_workbook_has_numbers_dates_and_wide_columns(scope: Scope) -> None:
    months = TableRef.of("monthly_sales", since=None, until=None)
    file = TableFile(months, "xlsx", shows_customers=False)(scope)
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    month, net_sales = sheet["A2"], sheet["B2"]
    assert isinstance(month.value, datetime | date)
    assert isinstance(net_sales.value, int | float)
    assert net_sales.number_format == "#,##0.00"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width > len("2024-01-01")


def test_viewers_receive_no_customers(scope: Scope) -> None:
    customers = TableRef.of("rfm")
    with pytest.raises(InputError, match="Viewers cannot see customers"):
        TableFile(customers, "csv", shows_customers=False)(scope)
    with pytest.raises(InputError, match="Viewers cannot see customers"):
        TableRows(customers, shows_customers=False)(scope)
    assert "Customer" in csv_rows(TableFile(customers, "csv", shows_customers=True)(scope))[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sales",
        "sales_by?by=nothing",
        "sales_by?by=product&x=1",
        "sales_by?where=customer_id=1",
        "kpis?analysis=rfm",
        "kpis?what=rfm",
    ],
)
def test_an_unknown_table_is_refused(scope: Scope, text: str) -> None:
    with pytest.raises(InputError):
        TableFile(TableRef.decode(text), "csv", shows_customers=True)(scope)


def test_the_lines_of_returns_are_returns(scope: Scope) -> None:
    drilldown = DrillDown.of("kpis.returns", shows_customers=True)
    rows = csv_rows(drilldown.file(scope, "csv"))
    assert {row["Kind"] for row in rows} == {"return"}
    assert sum(float(row["Amount"]) for row in rows) == -float(scope.measure("returns"))
    assert "--where kind=return " in str(drilldown(scope))


def test_the_lines_of_a_figure_name_no_customer_to_viewers(scope: Scope) -> None:
    [first, *_] = csv_rows(DrillDown.of("kpis.orders", shows_customers=False).file(scope, "csv"))
    assert not {"Customer", "Order"} & {*first}
