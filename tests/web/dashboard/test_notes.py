"""Notes and targets on pages: entered by those who may, with errors in place, read by all."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from regulars.web.dashboard.pages.targets_editor import periods
from support.browser import (
    PageLog,
    build_small_shop,
    choose_option,
    log_in,
    violations,
    wait_until_idle,
)
from support.dashboard_server import run_dashboard, write_users

PHONE = {"width": 390, "height": 844}


def badge(page: Page, text: str) -> Locator:
    """Return the badge of a note in the chart of the size that is shown."""
    return page.get_by_role("img", name=text).locator("visible=true")


def test_an_exporter_enters_notes_and_targets_that_a_viewer_can_only_read(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    folder = build_small_shop(tmp_path)
    write_users(folder)
    with run_dashboard(folder) as server:
        page = open_page(f"{server.address}sales?period=All+data").page
        log_in(page, "eric")
        wait_until_idle(page)
        page.get_by_text("Add a note").click()
        page.get_by_role("button", name="Add note").click()
        expect(page.get_by_text("Give the note a text")).to_be_visible(timeout=30_000)
        page.get_by_role("textbox", name="Text").fill("Tea week")
        page.get_by_role("button", name="Add note").click()
        added = badge(page, "Promotion, 10 April 2024: Tea week")
        expect(added).to_be_visible(timeout=30_000)
        wait_until_idle(page)
        added.focus()
        expect(added).to_be_focused()

        page.get_by_text("Add, change or remove notes").click()
        choose_option(page, "Note", "Tea week", typed="Tea")
        expect(page.get_by_role("textbox", name="Text")).to_have_value("Tea week", timeout=30_000)
        page.get_by_role("textbox", name="Text").fill("Tea days")
        page.get_by_role("button", name="Save note").click()
        expect(badge(page, "Promotion, 10 April 2024: Tea days")).to_be_visible(timeout=30_000)
        wait_until_idle(page)
        assert violations(page) == []

        page.goto(f"{server.address}?period=All+data")
        wait_until_idle(page)
        page.get_by_text("Set a target").click()
        page.get_by_role("textbox", name="Target").fill("1,740")
        page.get_by_role("button", name="Set target").click()
        expect(page.get_by_text("is not an amount")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("textbox", name="Target")).to_have_value("1,740")
        page.get_by_role("textbox", name="Target").fill("174")
        page.get_by_role("button", name="Set target").click()
        reached = "Net sales in April 2024 reached 50.0% of the target by 10 April"
        expect(page.get_by_role("heading", name=reached)).to_be_visible(timeout=30_000)
        wait_until_idle(page)
        assert violations(page) == []

        viewer = open_page(f"{server.address}sales?period=All+data", viewport=PHONE).page
        log_in(viewer, "vera")
        listed = viewer.get_by_role("list", name="Notes in the chart")
        expect(listed).to_contain_text("Promotion, 10 April 2024: Tea days", timeout=30_000)
        wait_until_idle(viewer)
        expect(viewer.get_by_text("Add, change or remove notes")).to_have_count(0)
        viewer.goto(f"{server.address}?period=All+data")
        expect(viewer.get_by_role("heading", name=reached)).to_be_visible(timeout=30_000)
        wait_until_idle(viewer)
        expect(viewer.get_by_text("Set, change or remove targets")).to_have_count(0)

        page.get_by_text("Set, change or remove targets").click()
        choose_option(page, "Remove a target", "Net sales in April 2024: 174", typed="Net sales")
        page.get_by_role("button", name="Remove target").click()
        expect(page.get_by_role("heading", name=reached)).to_have_count(0, timeout=30_000)


def test_targets_can_be_set_for_periods_of_the_data_and_18_months_ahead() -> None:
    found = [str(one) for one in periods(date(2024, 2, 5), date(2024, 4, 10))]
    assert found[:5] == ["2024-02", "2024-03", "2024-Q2", "2024-04", "2024-05"]
    assert found[-2:] == ["2025-Q4", "2025-10"]
