"""The pages in a real Chromium: figures, filters, links, lists, and new data on open pages."""

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import duckdb
import pytest
from playwright.sync_api import FilePayload, Page, expect

import regulars
from regulars.lists.api import all_lists
from support.browser import (
    PageLog,
    build_small_shop,
    choose_option,
    download_list,
    headline_figures,
    load_late,
    log_in,
    save_list,
    violations,
    wait_for_preview,
    wait_until_idle,
)
from support.dashboard_server import DashboardProcess, run_dashboard, write_users
from support.paused_process import kill, run_until_paused
from support.present import present
from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse

WRITER = """
import duckdb, sys
con = duckdb.connect({place!r})
print("here", flush=True)
sys.stdin.read()
"""
NOTHING_SOLD = """\
Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price
1,2024-03-05,c1,tea,-2,3.50
"""
BACKGROUND = "app => getComputedStyle(app).backgroundColor"
PAGES = ("today", "sales", "days", "customers", "lists", "data")
OTHER_PAGES = (
    "campaigns", "upload", "digest", "customer?customer=Ann", "product?product=T1",
)  # fmt: skip


@pytest.mark.parametrize("name", [*PAGES, *OTHER_PAGES])
def test_each_page_is_accessible_and_loads_nothing_external(
    small: DashboardProcess, open_page: Callable[..., PageLog], name: str
) -> None:
    log = open_page(f"{small.address}{name}", color_scheme="light")
    wait_until_idle(log.page)
    backgrounds = set()
    # The layouts do not depend on the colors, so each layout and each scheme once is enough.
    views: list[tuple[Literal["light", "dark"], int]] = [("light", 1400), ("dark", 390)]
    for scheme, width in views:
        log.page.emulate_media(color_scheme=scheme)
        log.page.set_viewport_size({"width": width, "height": 900})
        assert violations(wait_until_idle(log.page)) == []
        assert log.page.evaluate("document.documentElement.scrollWidth") <= width
        backgrounds.add(log.page.get_by_test_id("stApp").evaluate(BACKGROUND))
    assert len(backgrounds) == 2
    log.page.set_viewport_size({"width": 820, "height": 900})
    assert log.page.evaluate("document.documentElement.scrollWidth") <= 820
    ours = (small.origin, small.origin.replace("http", "ws"), "data:", "blob:")
    assert [url for url in log.requests if not url.startswith(ours)] == []
    unwanted = ("Content Security Policy", "404")
    assert not [problem for problem in log.problems if any(text in problem for text in unwanted)]


@pytest.mark.thorough
@pytest.mark.parametrize("name", [*PAGES, *OTHER_PAGES])
def test_each_page_is_accessible_on_a_tablet_and_on_a_light_phone(
    small: DashboardProcess, open_page: Callable[..., PageLog], name: str
) -> None:
    page = open_page(f"{small.address}{name}").page
    for width in (820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(wait_until_idle(page)) == []


def test_the_customers_behind_a_move_become_a_list(
    real: DashboardProcess, open_page: Callable[..., PageLog], standard: BuiltWarehouse
) -> None:
    page = open_page(f"{real.address}customers").page
    moves = page.get_by_role("region", name=re.compile("Largest moves"))
    move = moves.locator("tr", has_text="Loyal Customers → At Risk")
    number = move.locator(".figure").first.inner_text()
    move.locator(".figure").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("h2").last).to_have_text(f"Customers: {number}", timeout=60_000)
    dialog.get_by_role("button", name="Create list from these customers").click()
    selected = page.get_by_test_id("stMetric").filter(has_text="Selected")
    expect(selected).to_contain_text(number, timeout=60_000)
    moved = standard.ask("moved_customers")
    assert int(number) == len([
        row for row in moved
        if (row["segment_before"], row["segment"]) == ("Loyal Customers", "At Risk")
    ])  # fmt: skip


def test_a_chart_is_saved_as_an_image_with_its_finding_and_legend(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}sales?period=All+data").page
    section = page.locator("section", has=page.locator(".legend")).first
    section.get_by_text("Save chart").click()
    saved = {}
    for kind in ("PNG", "SVG"):
        with page.expect_download() as download:
            section.get_by_role("button", name=kind).click()
        saved[download.value.suggested_filename] = download.value.path().read_bytes()
    png, svg = saved["sales-by-customer-type.png"], saved["sales-by-customer-type.svg"]
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) > 1_000, "two pixels for each of the page"
    words = " ".join(ElementTree.fromstring(svg).itertext())
    assert section.locator("h2").inner_text() in words
    assert "Returning customers" in words
    assert b"var(" not in svg, "no color that only the page knows"


def test_headline_figures_of_the_real_shop_match_sql(
    real: DashboardProcess, open_page: Callable[..., PageLog], standard: BuiltWarehouse
) -> None:
    shown = headline_figures(open_page(f"{real.address}?period=All+data").page)
    with duckdb.connect(str(standard.warehouse.engine), read_only=True) as con:
        [(net_sales, orders, customers)] = con.execute(
            "SELECT sum(net_amount) FILTER (kind IN ('sale', 'return')), "
            "count(DISTINCT order_key) FILTER (kind = 'sale'), "
            "count(DISTINCT customer_key) FILTER (kind = 'sale' AND customer_key > 0) "
            "FROM fact_sales"
        ).fetchall()
    assert shown["Net sales"] == f"{net_sales:,.0f}"
    assert shown["Orders"] == f"{orders:,}"
    assert shown["Customers"] == f"{customers:,}"


def test_filter_changes_all_figures_and_link_restores_it(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}?period=All+data").page
    assert headline_figures(page)["Net sales"] != "105.00"
    choose_option(page, "Location", "FR")
    expect(page.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
    shown = headline_figures(page)
    # Four orders of Cid, Dee (two) and a guest: 150 gross, 35 discounts, 10 returns.
    assert (shown["Gross sales"], shown["Orders"], shown["Customers"]) == ("150.00", "4", "2")
    assert "location=FR" in page.url
    assert headline_figures(open_page(page.url).page) == shown


def test_view_stays_the_same_on_other_pages(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}?period=All+data&location=FR").page
    wait_until_idle(page)
    page.get_by_role("link", name="Sales").click()
    expect(page.get_by_text("FR: net sales of 105.00")).to_be_visible(timeout=60_000)
    expect(page).to_have_title("Sales · Regulars")
    page.get_by_role("link", name="Today").click()
    assert headline_figures(page)["Net sales"] == "105.00"


def test_unknown_filter_values_are_removed_with_a_warning(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    log = open_page(f"{small.address}?location=<script>alert(1)</script>&segment=x' OR 1=1--")
    expect(log.page.get_by_role("alert")).to_have_count(2, timeout=60_000)
    warnings = log.page.get_by_role("alert").all_inner_texts()
    assert "Location: <script>alert(1)</script> is not in the data. Filter removed." in warnings
    assert "Segment: x' OR 1=1-- is not in the data. Filter removed." in warnings
    assert headline_figures(log.page) == headline_figures(open_page(small.address).page)
    assert "script" not in log.page.url


def test_dates_partly_outside_the_data_are_cut_to_it(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    days = "period=Custom+dates&since=2015-01-01&until=2024-02-29"
    page = open_page(f"{small.address}?{days}").page
    covered = "The data covers 1 January 2024 to 10 April 2024."
    expect(page.get_by_text(covered)).to_be_visible(timeout=60_000)
    # January and February, by hand: 94 and 179.
    assert headline_figures(page)["Net sales"] == "273.00"


def test_link_to_days_outside_the_data_shows_no_figures(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    days = "period=Custom+dates&since=2015-03-02&until=2015-03-08"
    page = open_page(f"{small.address}?{days}").page
    empty = page.get_by_text("No data for 2 March 2015 to 8 March 2015.")
    expect(empty).to_be_visible(timeout=60_000)
    assert page.locator(".kpi").count() == 0
    page.get_by_role("button", name="Show all data").click()
    assert headline_figures(page)["Net sales"]
    assert "2015" not in page.url


def test_bars_and_rows_filter_the_view_by_keyboard_and_mouse(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}sales?period=All+data").page
    bar = wait_until_idle(page).locator('.wide [data-member="over 45% to 50%"]').first
    bar.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("discount_band=over"), timeout=60_000)
    page.goto(f"{small.address}sales?period=All+data")
    wait_until_idle(page).get_by_role("button", name="FR", exact=True).first.click()
    expect(page.get_by_text("FR: net sales of 105.00")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Tea").first.click()
    expect(page).to_have_url(re.compile("/product.*product=T1"))
    page.get_by_role("button", name="Filter by this product").click(timeout=60_000)
    expect(page).to_have_url(re.compile("product_id=T1"), timeout=60_000)


ADDED_FILTERS = [
    (
        "sales",
        '.wide [data-member="over 45% to 50%"]',
        "discount_band=over+45%25+to+50%25",
        "20.00",
    ),
    ("sales", "th button:text-is('Cups')", "subcategory=Cups", "34.00"),
    ("sales", "thead button:text-is('Mon')", "weekday=Monday", "39.00"),
    ("customers", "th button[data-go=cohort]:text-is('Feb 2024')", "cohort=2024-02", "161.00"),
]


def test_click_adds_a_filter_that_is_not_always_shown(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page("about:blank").page
    for page_name, selector, query, net_sales in ADDED_FILTERS:
        page.goto(f"{small.address}{page_name}?period=All+data")
        wait_until_idle(page).locator(selector).first.click()
        expect(page).to_have_url(re.compile(re.escape(query)), timeout=60_000)
        wait_until_idle(page).get_by_role("link", name="Today").click()
        expect(page.locator(".kpi .value").first).to_have_text(net_sales, timeout=60_000)
        if page_name == "customers":
            assert headline_figures(open_page(page.url).page)["Net sales"] == net_sales
        page.get_by_role("button", name="Reset").click()
        expect(page).not_to_have_url(re.compile(re.escape(query)), timeout=60_000)
        wait_until_idle(page)
        assert page.locator('[data-testid="stMultiSelect"]').count() == 4


def test_headline_figure_opens_its_definition_and_lines(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}?period=All+data&location=FR").page
    wait_until_idle(page)
    page.get_by_role("button", name="Net sales: behind this number").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Net sales: 105.00")).to_be_visible(timeout=60_000)
    expect(dialog.get_by_text("Gross sales minus discounts and returns")).to_be_visible()
    lines = dialog.get_by_role("table", name="Latest 7 lines").get_by_role("row")
    expect(lines).to_have_count(8)
    for fact in ("5 April 2024", "1016", "Dee", "Tea", "10.00"):
        expect(lines.nth(1)).to_contain_text(fact)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_figure_in_a_table_opens_its_lines_by_mouse_and_keyboard(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}sales?period=All+data").page
    wait_until_idle(page)
    table = page.get_by_role("table", name="Categories", exact=True)
    dialog = page.get_by_role("dialog")
    table.get_by_role("row", name="Clothes").locator(".figure").first.click()
    expect(dialog.get_by_role("heading", name="Net sales: 87.00")).to_be_visible(timeout=60_000)
    expect(
        dialog.get_by_text("1 January 2024 to 10 April 2024 · Category: Clothes")
    ).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # By keyboard: from the first figure of the table one to the right and one down.
    table.locator(".figure").first.focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(dialog.get_by_text("Category: Clothes")).to_be_visible(timeout=60_000)
    expect(dialog.get_by_role("heading", name="Share")).to_be_visible()
    assert table.locator('.figure[tabindex="0"]').count() == 1
    page.keyboard.press("Escape")  # the focus returns to the figure
    expect(table.locator('.figure[tabindex="0"]')).to_be_focused(timeout=60_000)


def test_figure_leads_to_a_list_of_exactly_its_customers(
    open_page: Callable[..., PageLog], real: DashboardProcess
) -> None:
    page = open_page(f"{real.address}customers?period=All+data").page
    wait_until_idle(page)
    row = page.get_by_role("table", name="Segments").get_by_role("row", name="Can't Lose")
    counted = row.locator(".figure").first.inner_text()
    row.locator(".figure").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=f"Customers: {counted}")).to_be_visible(
        timeout=60_000
    )
    dialog.get_by_role("button", name="Create list from these customers").click()
    expect(page.get_by_text("Customers: Segment: Can't Lose.")).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    selected = page.get_by_test_id("stMetric").filter(has_text="Selected")
    expect(selected).to_contain_text(counted, timeout=60_000)
    assert preview_metrics(open_page(page.url).page)["Selected"] == counted
    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page).to_have_url(re.compile(r"customers\?period=All\+data$"))  # filters are unchanged


def test_finding_links_to_its_own_section_with_the_same_view(
    real: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{real.address}?location=Australia").page
    wait_until_idle(page)
    link = page.get_by_role("link", name="Sales › What changed")
    link.hover()
    assert re.search(r"sales\?location=Australia#change$", present(link.get_attribute("href")))
    link.click()
    expect(page).to_have_url(re.compile("sales.*location=Australia.*#change$"), timeout=60_000)
    heading = wait_until_idle(page).get_by_role("heading", name="Net sales are")
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()


def test_saved_view_can_be_opened_by_another_user(
    with_roles: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{with_roles.address}?period=All+data&location=FR").page
    log_in(page, "anna")
    shown = headline_figures(page)
    page.get_by_role("link", name="Sales", exact=True).click()
    expect(page.get_by_text("FR: net sales of 105.00")).to_be_visible(timeout=60_000)
    wait_until_idle(page).get_by_role("button", name="Views").click()
    page.get_by_label("View name").fill("France <b>ever</b>")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("button", name="France <b>ever</b>", exact=True)).to_be_visible()

    other = open_page(f"{with_roles.address}?segment=Champions").page
    log_in(other, "vera")
    assert headline_figures(other) != shown
    other.get_by_role("button", name="Views").click()
    expect(other.get_by_role("button", name="✕")).to_have_count(0)
    other.get_by_role("button", name="France <b>ever</b>", exact=True).click()
    expect(other).to_have_url(re.compile("/sales.*location=FR"), timeout=60_000)
    assert "segment" not in other.url
    wait_until_idle(other).get_by_role("link", name="Today").click()
    assert headline_figures(other) == shown

    page.get_by_role("button", name="✕").click()
    expect(page.get_by_role("button", name="France <b>ever</b>", exact=True)).to_have_count(0)


def test_countries_on_the_map_filter_the_view(
    real: DashboardProcess, open_page: Callable[..., PageLog], standard: BuiltWarehouse
) -> None:
    [[amount]] = standard.sql(
        "SELECT sum(net_amount) FROM fact_sales JOIN dim_order USING (order_key) "
        "WHERE location = 'EIRE' AND fact_sales.kind IN ('sale', 'return')"
    )
    page = open_page(f"{real.address}sales?period=All+data", color_scheme="dark").page
    wait_until_idle(page)
    expect(page.locator(".world svg")).to_have_count(2)
    assert violations(page) == []
    country = page.get_by_role("button", name=re.compile(f"^EIRE: {amount:,.2f}, 3.2"))
    expect(country.locator("title")).to_have_text(re.compile(f"^EIRE: {amount:,.2f}"))
    country.press("Enter")
    expect(page.get_by_text(f"EIRE: net sales of {amount:,.0f}")).to_be_visible(timeout=60_000)
    expect(page).to_have_url(re.compile("location=EIRE"))
    expect(page.locator(".world")).to_have_count(0)  # a map of one country shows nothing
    page.goto(f"{real.address}sales?period=All+data")
    wait_until_idle(page)
    page.locator('.whole [data-member="Bahrain"] circle').click()  # small, by mouse
    expect(page.get_by_text("Bahrain: net sales of")).to_be_visible(timeout=60_000)


def test_month_clicked_is_a_filter_with_a_way_to_the_month_before(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}sales?period=All+data").page
    wait_until_idle(page)
    page.get_by_role("button", name="Feb 2024", exact=True).click()
    expect(page).to_have_url(re.compile("since=2024-02-01.*until=2024-02-29"), timeout=60_000)
    wait_until_idle(page)
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".kpi .value").first).to_have_text("179.00", timeout=60_000)
    assert headline_figures(open_page(page.url).page)["Net sales"] == "179.00"
    page.get_by_role("button", name="‹ Jan 2024").click()
    expect(page.locator(".kpi .value").first).to_have_text("94.00", timeout=60_000)
    expect(page).to_have_url(re.compile("since=2024-01-01.*until=2024-01-31"))
    expect(page.get_by_role("button", name="‹ Dec 2023")).to_be_disabled()


def test_export_of_a_segment_contains_exactly_its_customers(
    tmp_path: Path,
    open_page: Callable[..., PageLog],
    real: DashboardProcess,
    standard: BuiltWarehouse,
) -> None:
    write_users(tmp_path)
    shutil.copy(str(standard.warehouse.engine), tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as server:
        # The default period is complete months, but segments are as of the last day of the data.
        page = open_page(f"{server.address}customers").page
        log_in(page, "eric")
        wait_until_idle(page)
        row = page.get_by_role("row").filter(has_text="Can't Lose")
        counted = int(row.get_by_role("cell").first.inner_text().replace(",", ""))
        page.get_by_role("button", name="Can't Lose", exact=True).first.click()
        expect(page).to_have_url(re.compile("segment="), timeout=60_000)
        wait_until_idle(page)
        page.get_by_role("link", name="Lists").click()
        save_list(page, "Win them back")
        download = download_list(page)
        rows = list(csv.DictReader(download.path().open(encoding="utf-8-sig")))
        assert download.suggested_filename == "Win them back.csv"
    members = {
        row["customer_id"]
        for row in standard.warehouse.rows(standard.warehouse.ask("rfm"))
        if row["segment"] == "Can't Lose"
    }
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as con:
        held_out = {
            name for (name,) in con.execute(
                "SELECT customer_id FROM list_members WHERE role = 'control'"
            ).fetchall()
        }  # fmt: skip
        log = con.execute("SELECT author, rows FROM list_exports").fetchall()
    out = {next(iter(row.values())) for row in rows}
    assert len(out) == len(rows)
    assert out | held_out == members
    assert len(members) == counted
    assert not out & held_out
    assert len(held_out) == int(len(members) / 10 + 0.5)
    assert log == [("eric", len(rows))]


CUSTOMERS = ("Ann", "Bob", "Cid", "Dee", "Eve", "Fay", "Gus", "Hal", "Ivy")


def all_messages(log: PageLog, name: str) -> bytes:
    """Return all messages to a user who opens every page and its drill-downs."""
    frames = []
    log.page.on(
        "websocket", lambda stream: stream.on("framereceived", lambda frame: frames.append(frame))
    )
    log_in(log.page, name)
    wait_until_idle(log.page)
    for figure in ("Net sales: behind this number", "Customers: behind this number"):
        open_drilldown(log.page, figure)
    for page in ("Sales", "Customers", "Data"):
        log.page.get_by_role("link", name=page, exact=True).click()
        wait_until_idle(log.page)
        if page != "Data":
            open_drilldown(log.page, "Show the lines behind these figures")
    return b"".join(frame if isinstance(frame, bytes) else frame.encode() for frame in frames)


def open_drilldown(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).first.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("All lines by kind")).to_be_visible(
        timeout=60_000
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_viewer_receives_no_customer_on_any_page(
    with_roles: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    address = f"{with_roles.address}?period=All+data"
    logs = {name: open_page(address) for name in ("vera", "anna")}
    sent = {name: all_messages(log, name) for name, log in logs.items()}
    assert logs["vera"].page.get_by_role("link", name="Lists").count() == 0
    for name in CUSTOMERS:
        assert f">{name}<".encode() not in sent["vera"]
        assert f'"{name}"'.encode() not in sent["vera"]
    assert b">Ann<" in sent["anna"], "customers look like this in a message"


def test_link_to_a_page_of_other_roles_names_them(
    with_roles: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{with_roles.address}lists").page
    log_in(page, "vera")
    for name, roles in (("lists", "analysts, exporters and admins"), ("upload", "admins")):
        if name != "lists":
            page.goto(f"{with_roles.address}{name}")
        message = f"Only {roles} can open this page. Your role is viewer."
        expect(page.get_by_text(message)).to_be_visible(timeout=60_000)
        assert page.get_by_role("link", name=name.capitalize()).count() == 0
        assert page.get_by_role("button", name="Save list").count() == 0
        assert page.get_by_role("button", name="Save view").count() == 0
        assert page.get_by_role("button", name="Download profile").count() == 0
        assert page.locator("input[type=file]").count() == 0


def test_quarantined_rows_are_shown_to_roles_that_see_customers(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    write_users(tmp_path, vera="viewer", anna="analyst")
    bad = ",2024-04-10 12:00:00,Zoe,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid\n"
    (tmp_path / "shop.csv").write_text(SHOP + bad, "utf-8")
    regulars.build(tmp_path / "shop.csv", warehouse=tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as server:
        for name, text in (("anna", "Customer ID: Zoe"), ("vera", "viewers cannot see them")):
            page = open_page(f"{server.address}data").page
            log_in(page, name)
            wait_until_idle(page)
            row = page.get_by_role("row", name="The order number is missing.").first
            row.locator(".figure").click()
            expect(page.get_by_text(text)).to_be_visible(timeout=60_000)
            assert (page.get_by_text("Zoe").count() > 0) is (name == "anna")


def test_each_list_downloads_under_its_own_name(
    with_lists: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page("about:blank").page
    for name, segment in (("First", "Champions"), ("Second", "Hibernating")):
        page.goto(f"{with_lists.address}lists?period=All+data&segment={segment}")
        save_list(page, name)
        assert download_list(page).suggested_filename == f"{name}.csv"


def test_second_click_does_not_lose_the_list(
    with_lists: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{with_lists.address}lists?period=All+data").page
    wait_for_preview(page).get_by_label("List name").fill("Twice")
    page.get_by_role("button", name="Save list").dblclick()
    expect(page.get_by_text("Saved Twice.")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("List name")).to_have_value("")
    page.get_by_role("button", name="Save list").click()
    wait_until_idle(page).get_by_label("List name").fill("Twice")
    page.get_by_role("button", name="Save list").click()
    expect(wait_until_idle(page).get_by_text("Saved Twice.")).to_be_visible()
    assert page.get_by_text(re.compile("Give the list a name|already exists")).count() == 0
    page.get_by_label("List name").fill("Thrice")
    page.get_by_role("button", name="Save list").click()
    expect(page.get_by_text("Saved Thrice.")).to_be_visible(timeout=60_000)
    with regulars.open_warehouse(with_lists.folder / "shop.duckdb") as shop:
        names = [saved.name for saved in all_lists(shop)]
    assert [name for name in names if name in ("Twice", "Thrice")] == ["Twice", "Thrice"]


def test_user_sees_their_name_and_can_log_out(
    with_roles: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(with_roles.address).page
    log_in(page, "anna")
    expect(wait_until_idle(page).get_by_text("anna, analyst")).to_be_visible()
    page.get_by_role("link", name="Log out").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible(timeout=60_000)


def preview_metrics(page: Page) -> dict[str, str]:
    metrics = wait_for_preview(page).get_by_test_id("stMetric").all()
    labels = [metric.get_by_test_id("stMetricLabel").inner_text() for metric in metrics]
    values = [metric.get_by_test_id("stMetricValue").inner_text() for metric in metrics]
    return dict(zip(labels, values, strict=True))


def test_suppression_file_still_applies_after_a_visit_to_another_page(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{small.address}lists?period=All+data").page
    before = preview_metrics(page)
    file = FilePayload(name="never.csv", mimeType="text/csv", buffer=b"customer_id\nAnn\nBob\n")
    page.set_input_files("input[type=file]", files=[file])
    expect(page.get_by_test_id("stMetric").nth(3)).to_contain_text("2", timeout=60_000)
    narrowed = preview_metrics(page)
    assert (before["Suppressed"], narrowed["Suppressed"]) == ("0", "2")
    page.get_by_role("link", name="Customers", exact=True).click()
    wait_until_idle(page)
    page.get_by_role("link", name="Lists", exact=True).click()
    applied = page.get_by_text("Still applied: 2 entries from never.csv.")
    expect(applied).to_be_visible(timeout=60_000)
    assert preview_metrics(page) == narrowed
    page.get_by_role("button", name="Remove file").click()
    expect(page.get_by_test_id("stMetric").nth(3)).to_contain_text("0", timeout=60_000)


def test_suppression_table_applies_to_lists_and_exports(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    with duckdb.connect(build_small_shop(tmp_path) / "shop.duckdb") as con:
        con.execute("CREATE SCHEMA crm")
        con.execute("CREATE TABLE crm.never AS SELECT unnest(['Ann', 'Bob', 'Zoe']) AS customer_id")
    with run_dashboard(tmp_path, settings='suppression_table = "crm.never"') as server:
        page = open_page(f"{server.address}lists?period=All+data").page
        assert preview_metrics(page)["Suppressed"] == "2"
        expect(
            page.get_by_text("Customers in crm.never are left out of every list.")
        ).to_be_visible()
        save_list(page, "spring")
        with duckdb.connect(tmp_path / "shop.duckdb") as con:
            [(added,)] = con.execute(
                "INSERT INTO crm.never SELECT min(customer_id) FROM list_members "
                "WHERE role = 'treatment' RETURNING customer_id"
            ).fetchall()
        with download_list(page).path().open(encoding="utf-8-sig") as file:
            exported = {row["customer_id"] for row in csv.DictReader(file)}
        message = "Not in the file: 1 customer suppressed since the list was created."
        expect(page.get_by_text(message)).to_be_visible()
    assert exported
    assert not exported & {"Ann", "Bob", added}


def test_warehouse_of_another_version_shows_one_error_until_it_is_rebuilt(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    place = build_small_shop(tmp_path) / "shop.duckdb"
    with duckdb.connect(str(place)) as con:
        con.execute("UPDATE warehouse_facts SET value = '1' WHERE fact = 'schema_version'")
    with run_dashboard(tmp_path) as server:
        page = open_page(server.address).page
        expect(page.get_by_text("was built by another version")).to_be_visible(timeout=60_000)
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=60_000
        )
        assert page.get_by_text("The warehouse cannot be").count() == 0
        regulars.build(tmp_path / "shop.csv", warehouse=place)
        assert headline_figures(page)["Net sales"]


def test_load_updates_open_pages(tmp_path: Path, open_page: Callable[..., PageLog]) -> None:
    with run_dashboard(build_small_shop(tmp_path)) as server:
        page = open_page(f"{server.address}?period=All+data").page
        before = headline_figures(page)
        load_late(tmp_path, tmp_path / "shop.duckdb")
        expect(page.locator(".kpi .value").first).not_to_have_text(
            before["Net sales"], timeout=60_000
        )
        after = headline_figures(page)
    earlier, later = (float(shown["Net sales"].replace(",", "")) for shown in (before, after))
    assert later - earlier == 1000


def test_two_users_have_separate_views(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    first = open_page(f"{small.address}?period=All+data&location=FR").page
    second = open_page(f"{small.address}?period=All+data&location=DE").page
    assert headline_figures(first)["Net sales"] == "105.00"
    assert headline_figures(second)["Net sales"] == "110.00"
    first.reload()
    assert headline_figures(first)["Net sales"] == "105.00"


def test_locked_warehouse_shows_an_error_until_it_is_free(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    place = build_small_shop(tmp_path) / "shop.duckdb"
    with run_dashboard(tmp_path) as server:
        writer = run_until_paused(WRITER.format(place=str(place)))
        try:
            page = open_page(server.address).page
            expect(page.get_by_text("Another program has it open for writing")).to_be_visible(
                timeout=60_000
            )
        finally:
            kill(writer)
        expect(page.locator(".kpi .value").first).to_be_visible(timeout=60_000)


def test_file_that_is_not_a_warehouse_shows_how_to_build_one(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    (tmp_path / "shop.duckdb").write_text("Order,Customer\n1,Ann\n", "utf-8")
    with run_dashboard(tmp_path) as server:
        page = open_page(server.address).page
        expect(page.get_by_text("is not a DuckDB file, so it is not a warehouse")).to_be_visible(
            timeout=60_000
        )
        expect(page.get_by_text("regulars build")).to_be_visible()
        (tmp_path / "shop.duckdb").unlink()
        build_small_shop(tmp_path)
        expect(page.locator(".kpi .value").first).to_be_visible(timeout=60_000)


def test_warehouse_without_sales_shows_no_errors(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    (tmp_path / "shop.csv").write_text(NOTHING_SOLD, "utf-8")
    regulars.build(tmp_path / "shop.csv", warehouse=tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as server:
        log = open_page(server.address)
        for name in ("", *PAGES[1:]):
            log.page.goto(f"{server.address}{name}")
            wait_until_idle(log.page)
            assert log.page.get_by_test_id("stException").count() == 0
            assert not [problem for problem in log.problems if problem.startswith("error")]


def test_page_without_a_warehouse_helps_and_updates_when_it_is_built(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    with run_dashboard(tmp_path) as server:
        page = open_page(server.address).page
        expect(page.get_by_role("heading", name="No warehouse yet")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("regulars build SOURCE -w shop.duckdb")).to_be_visible()
        build_small_shop(tmp_path)
        assert headline_figures(page)["Net sales"]
