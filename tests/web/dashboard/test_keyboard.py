"""One whole job without a mouse: from the navigation to the exported list of a segment."""

import csv
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from regulars.lists.api import all_lists, list_members
from regulars.warehouse.warehouse import open_warehouse
from support.browser import PageLog, wait_for_preview, wait_until_idle
from support.dashboard_server import DashboardProcess

MOST_STOPS = 60
FOCUSED = """() => {
    let focused = document.activeElement
    while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement
    const hasRing = getComputedStyle(focused).outlineStyle !== "none"
    return [focused.getAttribute("aria-label") || focused.innerText || "", hasRing]
}"""


def tab_to(page: Page, name: str) -> bool:
    """Press Tab until an element with this name has the focus; return whether it has a ring."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        found, has_ring = page.evaluate(FOCUSED)
        if found.strip() == name:
            return bool(has_ring)
    raise AssertionError(f"{name} is not among the first {MOST_STOPS} tab stops")


def test_list_of_a_segment_is_saved_and_exported_by_keyboard(
    with_lists: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = open_page(f"{with_lists.address}?period=All+data").page
    wait_until_idle(page)
    assert tab_to(page, "Customers"), "the focus is visible on the navigation"
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Segments")).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    page.keyboard.press("Home")
    tab_to(page, "Location")
    page.keyboard.type("FR")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("location=FR"), timeout=60_000)
    page.keyboard.press("Escape")
    segment = wait_until_idle(page).locator("th.name button").first
    assert tab_to(page, segment.inner_text())
    page.keyboard.press("ArrowRight")  # from the segment to its number of customers
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("All lines by kind")).to_be_visible(
        timeout=60_000
    )
    tab_to(page, "Create list from these customers")
    page.keyboard.press("Enter")
    wait_for_preview(page)
    tab_to(page, "List name")
    page.keyboard.type("By keyboard")
    tab_to(page, "Save list")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved By keyboard.")).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    tab_to(page, "Export")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Download By keyboard")).to_be_visible(timeout=60_000)
    tab_to(page, page.get_by_role("button", name="Download By keyboard").inner_text())
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    with download.value.path().open(encoding="utf-8-sig") as file:
        exported = {row["customer_id"] for row in csv.DictReader(file)}
    with open_warehouse(with_lists.folder / "shop.duckdb") as shop:
        assert "By keyboard" in [saved.name for saved in all_lists(shop)]
        to_contact = shop.rows(list_members(shop, "By keyboard", "treatment"))
        assert exported == {row["customer_id"] for row in to_contact}
    assert exported <= {"Cid", "Dee"}, "customers in France"


def test_charts_and_tables_are_one_tab_stop_each(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = wait_until_idle(open_page(f"{small.address}sales?period=All+data").page)
    stop = page.locator(".wide svg.marks").first.locator('[tabindex="0"]')
    expect(stop).to_have_count(1)
    stop.focus()
    names = []
    for _ in range(3):
        names.append(page.evaluate(FOCUSED)[0])
        page.keyboard.press("ArrowRight")
    # By hand: January 94, February 179, nothing in March.
    assert names == ["Jan 2024: 94.00", "Feb 2024: 179.00", "Mar 2024: 0.00"]
    tab_to(page, "Show the lines behind these figures")  # the last one on the page
