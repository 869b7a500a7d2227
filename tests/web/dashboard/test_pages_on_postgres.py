"""The pages over a warehouse in a real PostgreSQL."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from support.browser import (
    PageLog,
    choose_option,
    download_list,
    headline_figures,
    load_late,
    save_list,
    wait_until_idle,
)
from support.dashboard_server import DashboardProcess, run_dashboard
from support.postgres import Postgres, running_postgres
from support.small_shop import SHOP
from support.warehouses import build_and_open

SCHEMA = "unchanged"
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
"""The headline figures of the 30-line shop, calculated by hand."""


@pytest.fixture(scope="module")
def postgres(postgres: Postgres) -> Postgres:
    """A database for these tests only."""
    return postgres.new_database("pages")


def build_in_schema(server: Postgres, folder: Path, schema: str) -> str:
    """Build the 30-line shop in a schema and return its address."""
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    build_and_open(server.address(schema), [folder / "shop.csv"]).warehouse.close()
    return server.address(schema)


@pytest.fixture(scope="module")
def dashboard(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardProcess]:
    """A dashboard of the 30-line shop, which tests do not change; one saves a list."""
    folder = tmp_path_factory.mktemp("postgres")
    location = build_in_schema(postgres, folder, SCHEMA)
    with run_dashboard(folder, warehouse=location) as server:
        yield server


def plain(figures: dict[str, str]) -> dict[str, str]:
    return {label: value.replace("\u00a0", " ") for label, value in figures.items()}


def test_figures_with_and_without_a_filter_match_those_by_hand(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{dashboard.address}?period=All+data").page
    assert plain(headline_figures(page)) == EVERYTHING
    choose_option(page, "Location", "FR")
    expect(page.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
    shown = headline_figures(page)
    # Four orders of Cid, Dee (two) and a guest: 150 gross, 35 discounts, 10 returns.
    assert (shown["Gross sales"], shown["Orders"], shown["Customers"]) == ("150.00", "4", "2")
    assert "location=FR" in page.url


def test_every_page_is_shown(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page("about:blank").page
    for name, heading in {
        "sales": "Thursday leads with 56",
        "customers": "Champions: 28.6%",
        "data": "All 30 rows read are accounted for",
    }.items():
        page.goto(f"{dashboard.address}{name}?period=All+data")
        expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=60_000)
        assert wait_until_idle(page).get_by_test_id("stException").count() == 0


def test_load_updates_open_pages(
    postgres: Postgres, tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    location = build_in_schema(postgres, tmp_path, "loaded")
    with run_dashboard(tmp_path, warehouse=location) as dashboard:
        page = open_page(f"{dashboard.address}?period=All+data").page
        assert headline_figures(page)["Net sales"] == "360.00"
        load_late(tmp_path, location)
        expect(page.locator(".kpi .value").first).to_have_text("1,360.00", timeout=60_000)
        assert headline_figures(page)["Customers"] == "8"


def test_list_is_saved_in_the_database_and_exported(
    dashboard: DashboardProcess, postgres: Postgres, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{dashboard.address}lists?period=All+data&segment=Hibernating").page
    save_list(page, "Win them back")
    download = download_list(page)
    rows = list(csv.DictReader(download.path().open(encoding="utf-8-sig")))
    # All three hibernating customers: a control group of 10% of three is empty.
    assert sorted(next(iter(row.values())) for row in rows) == ["Cid", "Fay", "Gus"]
    with psycopg.connect(postgres.uri) as con:
        saved = con.execute(f"SELECT name FROM {SCHEMA}_1.lists").fetchall()
        exported = con.execute(f"SELECT rows FROM {SCHEMA}_1.list_exports").fetchall()
    assert (saved, exported) == ([("Win them back",)], [(3,)])


def test_pages_recover_when_the_database_server_returns(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    with running_postgres() as server:
        location = build_in_schema(server, tmp_path, "regulars")
        with run_dashboard(tmp_path, warehouse=location) as dashboard:
            page = open_page(f"{dashboard.address}?period=All+data").page
            other = open_page(f"{dashboard.address}sales?period=All+data").page
            assert headline_figures(page)["Net sales"] == "360.00"
            wait_until_idle(other)
            with server.stopped():
                for each in (page, other):
                    heading = each.get_by_role("heading", name="cannot be reached")
                    expect(heading).to_be_visible(timeout=60_000)
                    expect(each.get_by_text("reloads automatically")).to_be_visible()
                    assert each.get_by_test_id("stException").count() == 0
            assert headline_figures(page)["Net sales"] == "360.00"
            expect(other.get_by_text("Thursday leads with 56")).to_be_visible(timeout=60_000)
            choose_option(page, "Location", "FR")
            expect(page.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
