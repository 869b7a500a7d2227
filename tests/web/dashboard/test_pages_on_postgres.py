"""The pages over a warehouse in a real PostgreSQL: what holds of a file holds of a server."""

import csv

import psycopg
import pytest
from playwright.sync_api import expect

from support.browser import download_list, headline_figures, load_late, save_list, wait_until_idle
from support.dashboard_server import run_dashboard
from support.postgres import running_postgres
from support.small_shop import SHOP
from support.warehouses import build_and_open

EVERYTHING = {
    "Gross sales": "456.00",
    "Discounts": "56.00",
    "Returns": "40.00",
    "Net sales": "360.00",
    "Orders": "17",
    "Customers": "7",
    "Average order value": "21.18",
    "Units per order": "4.2",
    "Repeat rate": "42.9%",
    "Return rate": "10.0%",
}
"""The headline figures of the shop of thirty lines, worked out on paper."""


@pytest.fixture(scope="module")
def postgres(postgres):
    """A database for these pages alone."""
    return postgres.new_database("pages")


@pytest.fixture
def place(postgres, tmp_path, request):
    """The address of the shop of thirty lines, in a schema of this test alone."""
    return by_hand(postgres, tmp_path, f"test_{abs(hash(request.node.name)) % 10**9}")


def by_hand(server, folder, schema):
    """Build the shop of thirty lines in a schema, and return its address."""
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    build_and_open(server.address(schema), [folder / "shop.csv"]).warehouse.close()
    return server.address(schema)


def plain(told):
    return {label: value.replace("\u00a0", " ") for label, value in told.items()}


def test_the_figures_and_those_of_a_filter_are_the_ones_on_paper(place, tmp_path, open_page):
    with run_dashboard(tmp_path, warehouse=place) as one:
        page = open_page(f"{one.address}?period=All+of+the+data").page
        assert plain(headline_figures(page)) == EVERYTHING
        page.get_by_role("combobox", name="Place").click()
        page.get_by_role("option", name="FR").click()
        expect(page.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
        shown = headline_figures(page)
        # Four orders of Cid, Dee (two) and a guest: 150 gross, 35 off, 10 back.
        assert (shown["Gross sales"], shown["Orders"], shown["Customers"]) == ("150.00", "4", "2")
        assert "location=FR" in page.url


def test_every_page_is_shown(place, tmp_path, open_page):
    with run_dashboard(tmp_path, warehouse=place) as one:
        for name, words in {
            "sales": "Thursday leads with 56",
            "customers": "Champions: 29",
            "data": "All 30 rows read are accounted for",
        }.items():
            page = open_page(f"{one.address}{name}?period=All+of+the+data").page
            expect(page.get_by_role("heading", name=words)).to_be_visible(timeout=60_000)
            assert wait_until_idle(page).get_by_test_id("stException").count() == 0


def test_a_load_shows_on_a_page_that_is_open(place, tmp_path, open_page):
    with run_dashboard(tmp_path, warehouse=place) as one:
        page = open_page(f"{one.address}?period=All+of+the+data").page
        assert headline_figures(page)["Net sales"] == "360.00"
        load_late(tmp_path, place)
        expect(page.locator(".kpi .value").first).to_have_text("1,360.00", timeout=60_000)
        assert headline_figures(page)["Customers"] == "8"


def test_a_list_is_kept_in_the_database_and_taken_away_as_a_file(
    place, postgres, tmp_path, open_page
):
    with run_dashboard(tmp_path, warehouse=place) as one:
        page = open_page(f"{one.address}lists?period=All+of+the+data&segment=Hibernating").page
        save_list(page, "Win them back")
        taken = download_list(page)
        rows = list(csv.DictReader(taken.path().open(encoding="utf-8-sig")))
    # Those who hibernate; of three people, a tenth to be held out is nobody.
    assert sorted(next(iter(row.values())) for row in rows) == ["Cid", "Fay", "Gus"]
    schema = place.rpartition("schema=")[2]
    with psycopg.connect(postgres.uri) as con:
        kept = con.execute(f"SELECT name FROM {schema}_1.lists").fetchall()
        exported = con.execute(f"SELECT rows FROM {schema}_1.list_exports").fetchall()
    assert (kept, exported) == ([("Win them back",)], [(3,)])


def test_a_server_that_is_gone_is_told_and_the_page_comes_back_with_it(tmp_path, open_page):
    with running_postgres() as server:
        place = by_hand(server, tmp_path, "regulars")
        with run_dashboard(tmp_path, warehouse=place) as one:
            page = open_page(f"{one.address}?period=All+of+the+data").page
            other = open_page(f"{one.address}sales?period=All+of+the+data").page
            assert headline_figures(page)["Net sales"] == "360.00"
            wait_until_idle(other)
            with server.stopped():
                for opened in (page, other):
                    heading = opened.get_by_role("heading", name="cannot be reached")
                    expect(heading).to_be_visible(timeout=60_000)
                    expect(opened.get_by_text("shown again by itself")).to_be_visible()
                    assert opened.get_by_test_id("stException").count() == 0
            assert headline_figures(page)["Net sales"] == "360.00"
            expect(other.get_by_text("Thursday leads with 56")).to_be_visible(timeout=60_000)
            page.get_by_role("combobox", name="Place").click()
            page.get_by_role("option", name="FR").click()
            expect(page.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
