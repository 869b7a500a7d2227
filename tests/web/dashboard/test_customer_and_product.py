"""The search and the pages of one customer and one product in a real Chromium.

Both pages are accessible in light and in dark.
"""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from support.browser import PageLog, choose_option, violations, wait_until_idle
from support.dashboard_server import DashboardProcess
from support.warehouses import BuiltWarehouse

SEARCH = "Search products and customers"
CAKESTAND = "REGENCY CAKESTAND 3 TIER"


def test_a_product_is_found_by_name_in_two_clicks_and_a_customer_of_it_in_one_more(
    real: DashboardProcess, open_page: Callable[..., PageLog], standard: BuiltWarehouse
) -> None:
    log = open_page(f"{real.address}campaigns")
    page = log.page
    field = page.get_by_role("combobox", name=SEARCH)
    field.click(timeout=60_000)
    field.press_sequentially("tier cakestand")
    match = page.get_by_role("option", name=CAKESTAND)
    expect(match).to_be_visible(timeout=60_000)
    assert violations(page) == []
    match.click()
    expect(page.get_by_role("heading", name=CAKESTAND)).to_be_visible(timeout=60_000)
    expect(page).to_have_url(re.compile("/product.*product=22423"))
    wait_until_idle(page)
    expect(page.get_by_role("heading", name="ROSES REGENCY TEACUP AND SAUCER")).to_be_visible()
    assert violations(page) == []
    table = page.get_by_role("table", name="Customers who spent most on it")
    first = table.get_by_role("rowheader").first.get_by_role("button")
    number = first.inner_text()
    first.click()
    expect(page.get_by_role("heading", name=f"Customer {number}")).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    [[orders]] = standard.sql(
        "SELECT count(DISTINCT order_id) FROM dim_order JOIN dim_customer USING (customer_key) "
        f"WHERE customer_id = '{int(number)}' AND kind = 'sale'"
    )
    expect(page.get_by_role("heading", name=re.compile(f"^{orders:,} orders"))).to_be_visible()
    assert violations(page) == []
    assert not [problem for problem in log.problems if problem.startswith("error")]


def test_an_unknown_number_leads_to_a_customer_and_an_order_to_its_products(
    real: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{real.address}customer?customer=1785", color_scheme="dark").page
    expect(page.get_by_text("There is no customer 1785.")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="17850").click()
    expect(page.get_by_role("heading", name="Customer 17850")).to_be_visible(timeout=60_000)
    forget = page.get_by_text("regulars forget 17850 -w shop.duckdb")
    expect(forget).to_have_count(1, timeout=60_000)
    wait_until_idle(page)
    assert violations(page) == []
    page.get_by_role("table", name="Latest").locator(".figure").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Order: ")).to_be_visible(timeout=60_000)
    dialog.locator("td.product button").first.click()
    expect(page).to_have_url(re.compile("/product.*product="), timeout=60_000)
    expect(dialog).to_have_count(0)
    wait_until_idle(page)
    assert violations(page) == []


def test_product_filter_finds_by_name_and_keeps_codes_in_the_address(
    real: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = wait_until_idle(open_page(f"{real.address}?product_id=22423").page)
    shown = page.locator(".kpi .value").first.inner_text()
    expect(page.get_by_test_id("stMultiSelect").get_by_text(CAKESTAND)).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    expect(page).not_to_have_url(re.compile("product_id"), timeout=60_000)
    wait_until_idle(page)
    choose_option(page, "Product", CAKESTAND, typed="regency cakes", exact=True)
    expect(page).to_have_url(re.compile(r"[?&]product_id=22423($|&)"), timeout=60_000)
    expect(page.locator(".kpi .value").first).to_have_text(shown, timeout=60_000)
    page.keyboard.press("Escape")  # closes the options
    page.get_by_role("link", name="Sales", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sales.*product_id=22423"), timeout=60_000)
