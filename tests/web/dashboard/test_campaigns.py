"""The results of lists on the Campaigns page, and what each role sees of them."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from playwright.sync_api import Page, expect

from lists.conftest import create_in, record_exports
from lists.test_results import JANUARY, LINES, QUARTER
from regulars.lists.api import SavedList, Selection
from regulars.lists.draft import Counts
from regulars.web.dashboard.pages.campaigns import latest_campaigns_first
from support.browser import (
    PageLog,
    choose_option,
    log_in,
    options_of,
    violations,
    wait_for_preview,
    wait_until_idle,
)
from support.dashboard_server import DashboardProcess, run_dashboard, write_users
from support.loaded_warehouse import LoadedWarehouse

MARCH = datetime(2024, 3, 1)
FINDING = (
    "Customers who were contacted spent 2.00 more per head than the control group, between 2.00 "
    "and 2.00: beyond chance."
)
"""By hand in lists/test_results.py."""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """The dashboard of a shop whose list "spring" was exported, with a user of each role."""
    folder = tmp_path_factory.mktemp("campaigns")
    shop = LoadedWarehouse(str(folder / "shop.duckdb"), folder)
    refund = ("41", "42")
    lines = [row for row in LINES if row["Order ID"] not in refund]
    shop.build(shop.file("shop.csv", lines))
    create_in(shop, "spring", JANUARY, control=QUARTER)
    create_in(shop, "for C03", Selection(where={"customer_id": "c03"}))
    record_exports(shop, ("spring", MARCH, "treatment", 30), ("for C03", MARCH, "treatment", 1))
    write_users(folder)
    with run_dashboard(folder) as server:
        yield server


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", name=text)).to_be_visible(timeout=60_000)
    wait_until_idle(page)


def test_list_leads_to_its_results(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{dashboard.address}lists?period=All+data").page
    log_in(page, "anna")
    wait_for_preview(page).get_by_role("button", name="spring", exact=True).click()
    heading(page, FINDING)
    assert "campaign=spring" in page.url
    chart = page.get_by_role("img", name=FINDING).first
    expect(chart).to_have_accessible_name(
        re.compile(r"Contacted: 22\.00 \(22\.00 to 22\.00\); Held out: 20\.00")
    )
    contacted = page.get_by_role("table", name="Both groups").get_by_role("row", name="Contacted")
    assert [cell.inner_text() for cell in contacted.get_by_role("cell").all()] == [
        "30", "30", "100.0%", "660.00", "22.00", "22.00", "22.00 to 22.00"
    ]  # fmt: skip
    assert violations(page) == []
    choose_option(page, "List", "for C03")
    expect(page.get_by_text('The list "for C03" has no control group')).to_be_visible(
        timeout=30_000
    )


def test_viewer_sees_results_but_no_customer(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{dashboard.address}campaigns?campaign=for+C03").page
    log_in(page, "vera")
    heading(page, FINDING)
    assert options_of(page, "List") == ["spring"]
    assert not re.search(r"\bc\d\d\b", page.content(), re.IGNORECASE)


def test_lists_without_results_yet_come_after_those_with_some() -> None:
    def saved(name: str, *, control: int) -> SavedList:
        counts = Counts(100, 100 - control, control, 0, 0, 0)
        return SavedList(1, name, MARCH, "Olga", MARCH, (), {}, {}, "", 0.1, "segment", counts)

    lists = [saved("old", control=10), saved("recent", control=10), saved("all", control=0),
             saved("today", control=10)]  # fmt: skip
    exports = {"today": datetime(2024, 6, 9), "recent": datetime(2024, 5, 2),
               "all": datetime(2024, 5, 1), "old": datetime(2024, 4, 1)}  # fmt: skip
    log = [{"name": name, "exported_at": at, "role": "treatment"} for name, at in exports.items()]
    assert latest_campaigns_first(lists, log, date(2024, 6, 8)) == ["recent", "old", "today", "all"]
