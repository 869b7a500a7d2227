"""The pages in a real Chromium: figures, filters, links, lists, and what comes in meanwhile."""

import csv
import re
import shutil

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import regulars
from regulars.lists.api import all_lists
from support.browser import (
    LEVEL_AA,
    build_small_shop,
    download_list,
    headline_figures,
    load_late,
    log_in,
    save_list,
    wait_until_idle,
)
from support.dashboard_server import run_dashboard, write_users
from support.small_shop import SHOP
from support.stop_midway import kill, run_until_paused

WRITES = """
import duckdb, sys
con = duckdb.connect({place!r})
print("here", flush=True)
sys.stdin.read()
"""
NOTHING_SOLD = """\
Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price
1,2024-03-05,c1,tea,-2,3.50
"""
PAGES = ("today", "sales", "customers", "lists", "data")


@pytest.fixture(scope="session")
def hand(tmp_path_factory):
    """The dashboard of the shop of thirty lines, which stays as it is."""
    with run_dashboard(build_small_shop(tmp_path_factory.mktemp("hand"))) as one:
        yield one


@pytest.fixture(scope="session")
def real(standard, tmp_path_factory):
    """The dashboard of Online Retail II."""
    folder = tmp_path_factory.mktemp("real")
    shutil.copy(str(standard.warehouse.engine), folder / "shop.duckdb")
    with run_dashboard(folder) as one:
        yield one


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_each_page_and_nothing_comes_from_outside(hand, open_page, name, scheme):
    opened = open_page(f"{hand.address}{name}", color_scheme=scheme)
    wait_until_idle(opened.page)
    found = Axe().run(opened.page, options=LEVEL_AA).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 10
    ours = (hand.origin, hand.origin.replace("http", "ws"), "data:", "blob:")
    assert [url for url in opened.requests if not url.startswith(ours)] == []
    refused = ("Content Security Policy", "404")
    assert not [told for told in opened.problems if any(why in told for why in refused)]


def test_the_real_shops_headline_figures_are_those_that_sql_gives(real, open_page, standard):
    shown = headline_figures(open_page(f"{real.address}?period=All+of+the+data").page)
    with duckdb.connect(str(standard.warehouse.engine), read_only=True) as con:
        [(net_sales, orders, customers)] = con.execute(
            "SELECT sum(net_amount) FILTER (kind IN ('sale', 'return')), "
            "count(DISTINCT order_key) FILTER (kind = 'sale'), "
            "count(DISTINCT customer_key) FILTER (kind = 'sale' AND customer_key > 0) "
            "FROM fact_sales"
        ).fetchall()
    assert shown["Net sales"] == f"{net_sales:,.2f}"
    assert shown["Orders"] == f"{orders:,}"
    assert shown["Customers"] == f"{customers:,}"


def test_a_filter_changes_every_figure_and_a_link_restores_the_view(hand, open_page):
    page = open_page(f"{hand.address}?period=All+of+the+data").page
    assert headline_figures(page)["Net sales"] != "105.00"
    page.get_by_role("combobox", name="Place").click()
    page.get_by_role("option", name="FR").click()
    expect(page.locator(".kpi .value").first).to_have_text("105.00", timeout=30_000)
    shown = headline_figures(page)
    # Four orders of Cid, Dee (two) and a guest: 150 gross, 35 off, 10 back.
    assert (shown["Gross sales"], shown["Orders"], shown["Customers"]) == ("150.00", "4", "2")
    assert "location=FR" in page.url
    assert headline_figures(open_page(page.url).page) == shown


def test_a_view_holds_from_page_to_page(hand, open_page):
    page = open_page(f"{hand.address}?period=All+of+the+data&location=FR").page
    wait_until_idle(page)
    page.get_by_role("link", name="Sales").click()
    expect(page.get_by_text("FR brings 100")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Today").click()
    assert headline_figures(page)["Net sales"] == "105.00"


def test_a_value_that_there_is_not_is_left_out_of_the_view_and_told(hand, open_page):
    opened = open_page(f"{hand.address}?location=<script>alert(1)</script>&segment=x' OR 1=1--")
    expect(opened.page.get_by_role("alert")).to_have_count(2, timeout=30_000)
    told = opened.page.get_by_role("alert").all_inner_texts()
    assert "Place: <script>alert(1)</script> is not in the data, and is left out." in told
    assert "Segment: x' OR 1=1-- is not in the data, and is left out." in told
    assert headline_figures(opened.page) == headline_figures(open_page(hand.address).page)
    assert "script" not in opened.page.url


def test_days_beyond_the_data_are_told(hand, open_page):
    days = "period=Days+of+my+choice&since=2015-01-01&until=2024-02-29"
    page = open_page(f"{hand.address}?{days}").page
    told = page.get_by_text("From: 2015-01-01 is not in the data: 1 January 2024 is taken.")
    expect(told).to_be_visible(timeout=30_000)
    assert (
        headline_figures(page)["Net sales"] == "273.00"
    )  # January and February, by hand: 94 and 179


def test_a_bar_narrows_the_view_by_mouse_and_by_keyboard(hand, open_page):
    page = open_page(f"{hand.address}sales?period=All+of+the+data").page
    wait_until_idle(page)
    bar = page.locator('.wide [data-go="location"][data-member="FR"]').first
    bar.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("FR brings 100")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Tea").first.click()
    expect(page).to_have_url(re.compile("product_id=T1"))


@pytest.mark.parametrize(
    ("page_name", "chosen", "where", "net_sales"),
    [
        ("sales", '.wide [data-member="45-50 %"]', "discount_band=45-50+%25", "20.00"),
        ("sales", "th button:text-is('Cups')", "subcategory=Cups", "34.00"),
        ("sales", "thead button:text-is('Mon')", "weekday=Monday", "39.00"),
        ("customers", "th button[data-go=cohort]:text-is('Feb 2024')", "cohort=2024-02", "161.00"),
    ],
    ids=lambda told: told.split("=")[0] if isinstance(told, str) and "=" in told else "",
)
def test_what_has_no_filter_of_its_own_gets_one_where_it_is_chosen(
    hand, open_page, page_name, chosen, where, net_sales
):
    page = open_page(f"{hand.address}{page_name}?period=All+of+the+data").page
    wait_until_idle(page)
    page.locator(chosen).first.click()
    expect(page).to_have_url(re.compile(re.escape(where)), timeout=30_000)
    wait_until_idle(page)
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".kpi .value").first).to_have_text(net_sales, timeout=30_000)
    assert headline_figures(open_page(page.url).page)["Net sales"] == net_sales
    page.get_by_role("button", name="Reset").click()
    expect(page).not_to_have_url(re.compile(re.escape(where)), timeout=30_000)
    wait_until_idle(page)
    assert page.locator('[data-testid="stMultiSelect"]').count() == 4


def test_a_figure_shows_its_definition_and_the_lines_behind_it(hand, open_page):
    page = open_page(f"{hand.address}?period=All+of+the+data&location=FR").page
    wait_until_idle(page)
    page.get_by_role("button", name="Net sales: what is behind it").press("Enter")
    told = page.get_by_role("dialog")
    expect(told.get_by_role("heading", name="Net sales: 105.00")).to_be_visible(timeout=30_000)
    expect(told.get_by_text("Gross sales less discounts and returns")).to_be_visible()
    lines = told.get_by_role("table", name="The latest 7 lines").get_by_role("row")
    expect(lines).to_have_count(8)
    for fact in ("5 April 2024", "1016", "Dee", "Tea", "10.00"):
        expect(lines.nth(1)).to_contain_text(fact)
    found = Axe().run(page, options=LEVEL_AA).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    page.keyboard.press("Escape")
    expect(told).to_have_count(0)


def test_a_figure_of_a_table_shows_its_lines_by_mouse_and_by_keyboard(hand, open_page):
    page = open_page(f"{hand.address}sales?period=All+of+the+data").page
    wait_until_idle(page)
    table = page.get_by_role("table", name="Categories", exact=True)
    told = page.get_by_role("dialog")
    table.get_by_role("row", name="Clothes").locator(".figure").first.click()
    expect(told.get_by_role("heading", name="Net sales: 87.00")).to_be_visible(timeout=30_000)
    expect(told.get_by_text("1 January 2024 to 10 April 2024 · Category: Clothes")).to_be_visible()
    page.keyboard.press("Escape")
    expect(told).to_have_count(0)
    # By keyboard: the first figure of the table, then one to the right, and one down.
    table.locator(".figure").first.focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(told.get_by_text("Category: Clothes")).to_be_visible(timeout=30_000)
    expect(told.get_by_role("heading", name="Share")).to_be_visible()
    assert table.locator('.figure[tabindex="0"]').count() == 1
    page.keyboard.press("Escape")  # and one is where one was
    expect(table.locator('.figure[tabindex="0"]')).to_be_focused(timeout=30_000)


def test_a_figure_leads_to_a_list_of_exactly_the_customers_it_counts(open_page, real):
    page = open_page(f"{real.address}customers?period=All+of+the+data").page
    wait_until_idle(page)
    row = page.get_by_role("table", name="Segments").get_by_role("row", name="Can't Lose")
    counted = row.locator(".figure").first.inner_text()
    row.locator(".figure").first.click()
    told = page.get_by_role("dialog")
    expect(told.get_by_role("heading", name=f"Customers: {counted}")).to_be_visible(timeout=60_000)
    told.get_by_role("button", name="Make a list of these customers").click()
    expect(page.get_by_text("Who: Segment: Can't Lose.")).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    chosen = page.get_by_test_id("stMetric").filter(has_text="Chosen")
    expect(chosen).to_contain_text(counted, timeout=60_000)
    days = "since=2009-12-01", "until=2011-12-09", "segment=Can%27t"
    assert all(told in page.url for told in days)  # a link to it is to these customers, too


def test_what_stands_out_leads_to_its_page_with_the_view_as_it_is(hand, open_page):
    page = open_page(f"{hand.address}?period=All+of+the+data&location=FR").page
    wait_until_idle(page)
    page.get_by_role("button", name="See Customers").first.click()
    expect(page).to_have_url(re.compile("customers.*location=FR"), timeout=30_000)
    wait_until_idle(page)
    assert page.get_by_role("table", name="Segments").get_by_role("row").count() == 1 + 2


def test_a_view_is_kept_under_a_name_and_gone_back_to_by_somebody_else(tmp_path, open_page):
    write_users(tmp_path, adam="admin", anna="analyst", vera="viewer")
    with run_dashboard(build_small_shop(tmp_path)) as one:
        page = open_page(f"{one.address}?period=All+of+the+data&location=FR").page
        log_in(page, "anna")
        shown = headline_figures(page)
        page.get_by_role("button", name="Views").click()
        page.get_by_label("Keep this view as").fill("France <b>ever</b>")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_role("button", name="France <b>ever</b>", exact=True)).to_be_visible()

        other = open_page(f"{one.address}?segment=Champions").page
        log_in(other, "vera")
        assert headline_figures(other) != shown
        other.get_by_role("button", name="Views").click()
        expect(other.get_by_role("button", name="✕")).to_have_count(0)
        other.get_by_role("button", name="France <b>ever</b>", exact=True).click()
        expect(other).to_have_url(re.compile("location=FR"), timeout=30_000)
        assert headline_figures(other) == shown
        assert "segment" not in other.url

        page.get_by_role("button", name="✕").click()
        expect(page.get_by_role("button", name="France <b>ever</b>", exact=True)).to_have_count(0)


@pytest.mark.parametrize("how", ["mouse", "keys"])
def test_a_country_on_the_map_narrows_the_view_to_it(real, open_page, how):
    page = open_page(f"{real.address}sales?period=All+of+the+data").page
    wait_until_idle(page)
    country = page.get_by_role("button", name=re.compile("^EIRE: 603,407.10, 3.2"))
    expect(country.locator("title")).to_have_text(re.compile("^EIRE: 603,407.10"))
    if how == "mouse":
        country.click()
    else:
        country.press("Enter")
    expect(page.get_by_text("EIRE brings 100")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("location=EIRE"))
    expect(page.locator(".world [data-go]")).to_have_count(1)
    expect(page.locator(".world figcaption")).to_contain_text("On the map: 1 country, 603,407.10")


def test_on_the_map_of_the_world_a_small_country_is_found_by_the_mouse(real, open_page):
    page = open_page(f"{real.address}sales?period=All+of+the+data").page
    wait_until_idle(page)
    page.locator('.whole [data-member="Bahrain"] circle').click()
    expect(page.get_by_text("Bahrain brings 100")).to_be_visible(timeout=30_000)


def test_everybody_can_use_the_map_of_the_real_shop(real, open_page):
    page = open_page(f"{real.address}sales?period=All+of+the+data", color_scheme="dark").page
    wait_until_idle(page)
    expect(page.locator(".world svg")).to_have_count(2)
    found = Axe().run(page, options=LEVEL_AA).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_a_month_of_the_days_of_the_week_leads_to_that_month(hand, open_page):
    page = open_page(f"{hand.address}sales?period=All+of+the+data").page
    wait_until_idle(page)
    page.get_by_role("button", name="Feb 2024", exact=True).click()
    expect(page).to_have_url(re.compile("since=2024-02-01.*until=2024-02-29"), timeout=30_000)
    wait_until_idle(page)
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".kpi .value").first).to_have_text("179.00", timeout=30_000)
    assert headline_figures(open_page(page.url).page)["Net sales"] == "179.00"


def test_a_segment_leads_to_exactly_its_customers_in_a_file(tmp_path, open_page, real, standard):
    write_users(tmp_path)
    shutil.copy(str(standard.warehouse.engine), tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as one:
        # As it opens: complete months, while segments are told as of the last day of the data.
        page = open_page(f"{one.address}customers").page
        log_in(page, "eric")
        wait_until_idle(page)
        row = page.get_by_role("row").filter(has_text="Can't Lose")
        counted = int(row.get_by_role("cell").first.inner_text().replace(",", ""))
        page.get_by_role("button", name="Can't Lose", exact=True).first.click()
        expect(page).to_have_url(re.compile("segment="), timeout=30_000)
        wait_until_idle(page)
        page.get_by_role("link", name="Lists").click()
        save_list(page, "Win them back")
        taken = download_list(page)
        rows = list(csv.DictReader(taken.path().open(encoding="utf-8-sig")))
        assert taken.suggested_filename == "Win them back.csv"
    wanted = {
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
    assert out | held_out == wanted
    assert len(wanted) == counted
    assert not out & held_out
    assert len(held_out) == round(len(wanted) / 10)
    assert log == [("eric", len(rows))]


CUSTOMERS = ("Ann", "Bob", "Cid", "Dee", "Eve", "Fay", "Gus", "Hal", "Ivy")


def all_that_is_sent(opened, name):
    """Return every message to somebody who looks at each page and behind its figures."""
    frames = []
    opened.page.on(
        "websocket", lambda stream: stream.on("framereceived", lambda frame: frames.append(frame))
    )
    log_in(opened.page, name)
    wait_until_idle(opened.page)
    for figure in ("Net sales: what is behind it", "Customers: what is behind it"):
        look_behind(opened.page, figure)
    for page in ("Sales", "Customers", "Data"):
        opened.page.get_by_role("link", name=page, exact=True).click()
        wait_until_idle(opened.page)
        if page != "Data":
            look_behind(opened.page, "The lines that these figures are made of")
    return b"".join(one if isinstance(one, bytes) else one.encode() for one in frames)


def look_behind(page, button):
    page.get_by_role("button", name=button).first.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("All lines by kind")).to_be_visible(
        timeout=30_000
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_viewer_is_sent_no_customer_on_any_page(tmp_path, open_page):
    write_users(tmp_path, vera="viewer", anna="analyst")
    with run_dashboard(build_small_shop(tmp_path)) as one:
        everything = f"{one.address}?period=All+of+the+data"
        opened = {name: open_page(everything) for name in ("vera", "anna")}
        sent = {name: all_that_is_sent(page, name) for name, page in opened.items()}
        assert opened["vera"].page.get_by_role("link", name="Lists").count() == 0
    for name in CUSTOMERS:
        assert f">{name}<".encode() not in sent["vera"]
        assert f'"{name}"'.encode() not in sent["vera"]
    assert b">Ann<" in sent["anna"], "this is how they would look"


def test_a_link_to_a_page_of_other_roles_says_whose_it_is(tmp_path, open_page):
    write_users(tmp_path, vera="viewer")
    with run_dashboard(build_small_shop(tmp_path)) as one:
        for name, whose in (("lists", "analysts, exporters and admins"), ("upload", "admins")):
            page = open_page(f"{one.address}{name}").page
            log_in(page, "vera")
            told = f"This page is for {whose}, and here you are of the role viewer."
            expect(page.get_by_text(told)).to_be_visible(timeout=30_000)
            assert page.get_by_role("link", name=name.capitalize()).count() == 0
            assert page.get_by_role("button", name="Keep").count() == 0
            assert page.locator("input[type=file]").count() == 0


def test_rows_that_were_set_aside_are_shown_to_those_who_see_customers(tmp_path, open_page):
    write_users(tmp_path, vera="viewer", anna="analyst")
    bad = ",2024-04-10 12:00:00,Zoe,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid\n"
    (tmp_path / "shop.csv").write_text(SHOP + bad, "utf-8")
    regulars.build(tmp_path / "shop.csv", warehouse=tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as one:
        for name, told in (("anna", "Customer ID: Zoe"), ("vera", "viewers do not see")):
            page = open_page(f"{one.address}data").page
            log_in(page, name)
            wait_until_idle(page)
            row = page.get_by_role("row", name="There is no order number.").first
            row.locator(".figure").click()
            expect(page.get_by_text(told)).to_be_visible(timeout=30_000)
            assert (page.get_by_text("Zoe").count() > 0) is (name == "anna")


def test_each_list_is_handed_over_under_its_own_name(tmp_path, open_page):
    with run_dashboard(build_small_shop(tmp_path)) as one:
        page = open_page(f"{one.address}lists?period=All+of+the+data").page
        for name, segment in (("First", "Champions"), ("Second", "Hibernating")):
            page.goto(f"{one.address}lists?period=All+of+the+data&segment={segment}")
            save_list(page, name)
            assert download_list(page).suggested_filename == f"{name}.csv"


def test_a_second_click_does_not_lose_the_list(hand_of_its_own, open_page):
    page = open_page(f"{hand_of_its_own.address}lists?period=All+of+the+data").page
    expect(page.get_by_text("Will be written to", exact=True)).to_be_visible(timeout=60_000)
    wait_until_idle(page).get_by_label("Name of the list").fill("Twice")
    page.get_by_role("button", name="Keep this list").dblclick()
    expect(page.get_by_text("Kept: Twice.")).to_be_visible(timeout=30_000)
    expect(page.get_by_label("Name of the list")).to_have_value("")
    page.get_by_role("button", name="Keep this list").click()
    wait_until_idle(page).get_by_label("Name of the list").fill("Twice")
    page.get_by_role("button", name="Keep this list").click()
    expect(wait_until_idle(page).get_by_text("Kept: Twice.")).to_be_visible()
    assert page.get_by_text(re.compile("needs a name|already, of")).count() == 0
    page.get_by_label("Name of the list").fill("Thrice")
    page.get_by_role("button", name="Keep this list").click()
    expect(page.get_by_text("Kept: Thrice.")).to_be_visible(timeout=30_000)
    with regulars.open_warehouse(hand_of_its_own.folder / "shop.duckdb") as shop:
        assert [one.name for one in all_lists(shop)] == ["Twice", "Thrice"]


@pytest.fixture
def hand_of_its_own(tmp_path):
    with run_dashboard(build_small_shop(tmp_path)) as one:
        yield one


def test_whoever_logs_in_sees_who_they_are_and_the_way_out(tmp_path, open_page):
    write_users(tmp_path, anna="analyst")
    with run_dashboard(build_small_shop(tmp_path)) as one:
        page = open_page(one.address).page
        log_in(page, "anna")
        expect(wait_until_idle(page).get_by_text("anna, analyst")).to_be_visible()
        page.get_by_role("link", name="Log out").click()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible(timeout=30_000)


def going_out(page):
    expect(page.get_by_text("Will be written to", exact=True)).to_be_visible(timeout=60_000)
    shown = wait_until_idle(page).get_by_test_id("stMetric")
    return {
        one.get_by_test_id("stMetricLabel").inner_text(): one.get_by_test_id(
            "stMetricValue"
        ).inner_text()
        for one in shown.all()
    }


def test_who_is_left_out_stays_so_on_the_way_to_another_page_and_back(tmp_path, open_page):
    with run_dashboard(build_small_shop(tmp_path)) as one:
        page = open_page(f"{one.address}lists?period=All+of+the+data").page
        before = going_out(page)
        file = {"name": "never.csv", "mimeType": "text/csv", "buffer": b"customer_id\nAnn\nBob\n"}
        page.set_input_files("input[type=file]", files=[file])
        expect(page.get_by_test_id("stMetric").nth(3)).to_contain_text("2", timeout=30_000)
        narrowed = going_out(page)
        assert (before["Suppressed"], narrowed["Suppressed"]) == ("0", "2")
        page.get_by_role("link", name="Customers", exact=True).click()
        wait_until_idle(page)
        page.get_by_role("link", name="Lists", exact=True).click()
        expect(page.get_by_text("2 of never.csv are still left out.")).to_be_visible(timeout=30_000)
        assert going_out(page) == narrowed
        page.get_by_role("button", name="Write to them again").click()
        expect(page.get_by_test_id("stMetric").nth(3)).to_contain_text("0", timeout=30_000)


def test_who_is_in_the_shops_own_table_is_on_no_list_and_the_page_says_so(tmp_path, open_page):
    with duckdb.connect(build_small_shop(tmp_path) / "shop.duckdb") as con:
        con.execute("CREATE SCHEMA crm")
        con.execute("CREATE TABLE crm.never AS SELECT unnest(['Ann', 'Bob', 'Zoe']) AS customer_id")
    with run_dashboard(tmp_path, settings='suppression_table = "crm.never"') as one:
        page = open_page(f"{one.address}lists?period=All+of+the+data").page
        assert going_out(page)["Suppressed"] == "2"
        expect(page.get_by_text("Who is in crm.never is on no list.")).to_be_visible()
        save_list(page, "spring")
        with duckdb.connect(tmp_path / "shop.duckdb") as con:
            [leaves] = con.execute(
                "INSERT INTO crm.never SELECT min(customer_id) FROM list_members "
                "WHERE role = 'treatment' RETURNING customer_id"
            ).fetchone()
        with download_list(page).path().open(encoding="utf-8-sig") as file:
            taken = {row["customer_id"] for row in csv.DictReader(file)}
        told = "Suppressed since the list was taken, and not in the file: 1."
        expect(page.get_by_text(told)).to_be_visible()
    assert taken
    assert not taken & {"Ann", "Bob", leaves}


def test_a_warehouse_of_another_version_is_told_once_and_the_page_waits(tmp_path, open_page):
    place = build_small_shop(tmp_path) / "shop.duckdb"
    with duckdb.connect(str(place)) as con:
        con.execute("UPDATE warehouse_facts SET value = '1' WHERE fact = 'schema_version'")
    with run_dashboard(tmp_path) as one:
        page = open_page(one.address).page
        expect(page.get_by_text("was built by another version")).to_be_visible(timeout=30_000)
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=30_000
        )
        assert page.get_by_text("The warehouse cannot be").count() == 0
        regulars.build(tmp_path / "shop.csv", warehouse=place)
        assert headline_figures(page)["Net sales"]


def test_a_load_shows_on_a_page_that_is_open(tmp_path, open_page):
    with run_dashboard(build_small_shop(tmp_path)) as one:
        page = open_page(f"{one.address}?period=All+of+the+data").page
        before = headline_figures(page)
        load_late(tmp_path, tmp_path / "shop.duckdb")
        expect(page.locator(".kpi .value").first).not_to_have_text(
            before["Net sales"], timeout=30_000
        )
        after = headline_figures(page)
    was, now = (float(told["Net sales"].replace(",", "")) for told in (before, after))
    assert now - was == 1000


def test_two_at_once_have_each_their_own_view(hand, open_page):
    first = open_page(f"{hand.address}?period=All+of+the+data&location=FR").page
    second = open_page(f"{hand.address}?period=All+of+the+data&location=DE").page
    assert headline_figures(first)["Net sales"] == "105.00"
    assert headline_figures(second)["Net sales"] == "110.00"
    first.reload()
    assert headline_figures(first)["Net sales"] == "105.00"


def test_a_warehouse_that_another_program_writes_to_is_told_and_comes_back(tmp_path, open_page):
    place = build_small_shop(tmp_path) / "shop.duckdb"
    with run_dashboard(tmp_path) as one:
        writer = run_until_paused(WRITES.format(place=str(place)))
        try:
            page = open_page(one.address).page
            expect(page.get_by_text("Another program has it open to write")).to_be_visible(
                timeout=60_000
            )
        finally:
            kill(writer)
        expect(page.locator(".kpi .value").first).to_be_visible(timeout=60_000)


def test_a_file_that_is_no_warehouse_is_told_with_what_to_do(tmp_path, open_page):
    (tmp_path / "shop.duckdb").write_text("Order,Customer\n1,Ann\n", "utf-8")
    with run_dashboard(tmp_path) as one:
        page = open_page(one.address).page
        expect(page.get_by_text("is no DuckDB file and so no warehouse")).to_be_visible(
            timeout=60_000
        )
        expect(page.get_by_text("regulars build")).to_be_visible()
        (tmp_path / "shop.duckdb").unlink()
        build_small_shop(tmp_path)
        expect(page.locator(".kpi .value").first).to_be_visible(timeout=60_000)


def test_a_warehouse_of_which_nothing_was_sold_says_so_on_every_page(tmp_path, open_page):
    (tmp_path / "shop.csv").write_text(NOTHING_SOLD, "utf-8")
    regulars.build(tmp_path / "shop.csv", warehouse=tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as one:
        for name in ("", *PAGES[1:]):
            opened = open_page(f"{one.address}{name}")
            wait_until_idle(opened.page)
            assert opened.page.get_by_test_id("stException").count() == 0
            assert not [told for told in opened.problems if told.startswith("error")]


def test_without_a_warehouse_the_page_helps_and_shows_it_when_it_is_there(tmp_path, open_page):
    with run_dashboard(tmp_path) as one:
        page = open_page(one.address).page
        expect(page.get_by_text("There is no warehouse yet")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("regulars build sales.csv -w shop.duckdb")).to_be_visible()
        build_small_shop(tmp_path)
        assert headline_figures(page)["Net sales"]
