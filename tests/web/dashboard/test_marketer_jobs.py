"""Ten jobs of a marketer's week in the browser: how many clicks each takes, and what comes out.

The tenth, setting up the digest, is in test_digest.py.
"""

import csv
import io
import re
from collections.abc import Callable

import duckdb
import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from regulars.demo.made_up_people import made_up_contact
from support.browser import (
    PageLog,
    choose_option,
    clicks_on,
    headline_figures,
    wait_for_preview,
    wait_until_idle,
)
from support.campaign import CAMPAIGN, SENT_ON
from support.dashboard_server import DashboardProcess
from support.warehouses import BuiltWarehouse

Open = Callable[..., PageLog]
PATIENCE = 60_000
GOODS = "kind IN ('sale', 'return')"
SEARCH = "Search products and customers"
ORDERED = "count(*) FILTER (kind = 'sale') > 0"


def rows_of(table: Locator) -> list[list[str]]:
    """Return the text of the cells of a table, once it is there."""
    expect(table).to_be_visible(timeout=PATIENCE)
    rows: list[list[str]] = table.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return rows


def with_name(customer: str) -> str:
    """Return a customer number with the name that a page shows next to it, if one is stored."""
    contact = made_up_contact(customer)
    return f"{customer} {contact[0]}" if contact else customer


def search(page: Page, text: str) -> None:
    field = page.get_by_role("combobox", name=SEARCH)
    field.click(timeout=PATIENCE)
    field.press_sequentially(text)
    expect(page.get_by_role("option").first).to_be_visible(timeout=PATIENCE)


def test_net_sales_by_day_last_week_in_one_click(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = open_page(real.address).page
    page.get_by_role("link", name="Days").click(timeout=PATIENCE)
    week = page.get_by_role("table", name="Last week, 28 November 2011 to 4 December 2011")
    shown = {day: net_sales for day, net_sales, *_ in rows_of(week)}
    assert clicks_on(page) == 1
    sold = standard.sql(
        f"SELECT ordered_on, sum(net_amount) FROM fact_sales WHERE {GOODS} "
        "AND ordered_on BETWEEN '2011-11-28' AND '2011-12-04' GROUP BY 1"
    )
    expected = {f"{day:%a} {day.day} {day:%b}": f"{net_sales:,.0f}" for day, net_sales in sold}
    assert shown == expected | {"Sat 3 Dec": "0"}


def test_customers_not_to_lose_with_their_names_in_one_click(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = open_page(real.address).page
    page.get_by_role("button", name="See who they are").click(timeout=PATIENCE)
    table = page.get_by_role("dialog").get_by_role("table", name="Customers by net sales")
    shown = {name: net_sales for name, net_sales, *_ in rows_of(table)}
    assert clicks_on(page) == 1
    cant_lose = {
        row["customer_id"] for row in standard.ask("rfm") if row["segment"] == "Can't Lose"
    }
    spent = standard.sql(
        "SELECT customer_id, sum(net_amount) FROM fact_sales JOIN dim_customer "
        f"USING (customer_key) WHERE {GOODS} GROUP BY 1"
    )
    assert shown == {
        with_name(customer): f"{net_sales:,.2f}"
        for customer, net_sales in spent
        if customer in cant_lose
    }
    assert any(made_up_contact(customer) for customer in cant_lose)


def test_at_risk_with_a_control_group_is_a_klaviyo_file_in_five_clicks(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = open_page(real.address).page
    page.get_by_role("link", name="Lists").click(timeout=PATIENCE)
    wait_for_preview(page).get_by_role("button", name="At Risk", exact=True).click()
    expect(page).to_have_url(re.compile("segment=At"), timeout=PATIENCE)
    wait_for_preview(page).get_by_label("List name").click()
    page.keyboard.type("Win them back")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved Win them back.")).to_be_visible(timeout=PATIENCE)
    wait_until_idle(page).get_by_role("button", name="Export for Klaviyo").click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Download Win them back").click(timeout=PATIENCE)
    rows = list(csv.DictReader(download.value.path().open(encoding="utf-8-sig")))
    assert clicks_on(page) == 5
    at_risk = {row["customer_id"] for row in standard.ask("rfm") if row["segment"] == "At Risk"}
    with duckdb.connect(str(real.folder / "shop.duckdb"), read_only=True) as con:
        members = con.execute(
            "SELECT customer_id FROM list_members JOIN lists USING (list_id) "
            "WHERE name = 'Win them back' AND role = 'control'"
        ).fetchall()
    held_out = {customer for (customer,) in members}
    assert held_out < at_risk
    assert len(held_out) == int(len(at_risk) / 10 + 0.5)
    # Everyone with an email, and no one else: the file has each customer with their own.
    emails = {one: contact[1] for one in at_risk - held_out if (contact := made_up_contact(one))}
    assert {row["Customer ID"]: row["Email"] for row in rows} == emails
    assert len(rows) == len(emails) < len(at_risk - held_out)


def test_product_outside_the_top_ten_by_its_name_in_two_clicks(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = open_page(f"{real.address}?period=All+data").page
    search(page, "zinc metal heart")
    page.get_by_role("option", name="ZINC METAL HEART DECORATION").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="ZINC METAL HEART DECORATION")).to_be_visible(
        timeout=PATIENCE
    )
    shown = headline_figures(page)["Net sales"]
    assert clicks_on(page) == 2
    products = standard.sql(
        f"SELECT product_id, sum(net_amount) FROM fact_sales JOIN dim_product USING (product_key) "
        f"WHERE {GOODS} GROUP BY 1 ORDER BY 2 DESC"
    )
    [(place, net_sales)] = [
        (place, net_sales)
        for place, (code, net_sales) in enumerate(products, 1)
        if f"product={code}" in page.url.split("?")[1].split("&")
    ]
    assert place > 10
    assert shown == f"{net_sales:,.0f}"


def test_top_20_customers_of_the_last_quarter_in_three_clicks(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = wait_until_idle(open_page(real.address).page)
    choose_option(page, "Period", "Last complete quarter")
    expect(page).to_have_url(re.compile("quarter"), timeout=PATIENCE)
    page.get_by_role("link", name="Customers", exact=True).click()
    shown = rows_of(page.get_by_role("table", name="Customers by net sales, top 20 of"))
    assert clicks_on(page) == 3
    top = standard.sql(
        "SELECT customer_id, sum(net_amount) FROM fact_sales JOIN dim_customer "
        f"USING (customer_key) WHERE {GOODS} AND is_known "
        "AND ordered_on BETWEEN '2011-07-01' AND '2011-09-30' "
        f"GROUP BY 1 HAVING {ORDERED} ORDER BY 2 DESC, 1 LIMIT 20"
    )
    assert [row[:2] for row in shown] == [
        [with_name(customer), f"{net_sales:,.2f}"] for customer, net_sales in top
    ]


def test_orders_of_a_customer_in_one_click(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = open_page(real.address).page
    search(page, "17850")
    page.keyboard.press("Enter")
    orders = rows_of(page.get_by_role("table", name="Latest"))
    assert clicks_on(page) == 1
    latest = standard.sql(
        "SELECT order_id FROM dim_order JOIN dim_customer USING (customer_key) "
        "WHERE customer_id = '17850' ORDER BY ordered_at DESC LIMIT 15"
    )
    assert {order.split()[0] for _, order, *_ in orders} == {order for (order,) in latest}


def test_all_products_are_in_excel_after_two_clicks(
    real: DashboardProcess, open_page: Open, standard: BuiltWarehouse
) -> None:
    page = open_page(f"{real.address}sales?period=All+data").page
    page.get_by_role("button", name="All rows: Products").click(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("dialog").get_by_role("button", name="Excel").click(timeout=PATIENCE)
    assert clicks_on(page) == 2
    [(products, net_sales)] = standard.sql(
        f"SELECT count(DISTINCT product_key), sum(net_amount) FROM fact_sales WHERE {GOODS}"
    )
    assert download.value.suggested_filename == "sales-by-product-2011-12-09.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active
    header, *rows = sheet.iter_rows(values_only=True)
    assert len(rows) == products
    amounts = [row[header.index("Net sales")] for row in rows]
    assert sum(amounts) == pytest.approx(float(net_sales))
    assert amounts == sorted(amounts, reverse=True)


def test_what_the_latest_campaign_brought_in_one_click(
    real: DashboardProcess, open_page: Open
) -> None:
    page = open_page(real.address).page
    page.get_by_role("link", name="Campaigns").click(timeout=PATIENCE)
    shown = rows_of(page.get_by_role("table", name="Both groups"))
    assert clicks_on(page) == 1
    expect(page.get_by_text(f"Results of {CAMPAIGN}")).to_be_visible()
    with duckdb.connect(str(real.folder / "shop.duckdb"), read_only=True) as con:
        groups = con.execute(
            "SELECT count(DISTINCT customer_id), count(DISTINCT customer_id) FILTER "
            "(kind = 'sale'), coalesce(sum(net_amount), 0) FROM list_members "
            "JOIN lists USING (list_id) JOIN dim_customer USING (customer_id) "
            "LEFT JOIN (FROM fact_sales WHERE kind IN ('sale', 'return') AND ordered_on >= ?) "
            "USING (customer_key) WHERE name = ? GROUP BY role ORDER BY role DESC",
            [SENT_ON, CAMPAIGN],
        ).fetchall()
    assert [row[1:6] for row in shown] == [
        [f"{customers:,}", f"{buyers:,}", f"{buyers / customers:.1%}", f"{net_sales:,.2f}",
         f"{net_sales / customers:,.2f}"]
        for customers, buyers, net_sales in groups
    ]  # fmt: skip


def test_a_view_is_shared_in_one_click(real: DashboardProcess, open_page: Open) -> None:
    page = open_page(
        f"{real.address}?period=All+data&location=France", permissions=["clipboard-read"]
    ).page
    shown = headline_figures(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    assert clicks_on(page) == 1
    link = page.evaluate("navigator.clipboard.readText()")
    assert headline_figures(open_page(link).page) == shown
