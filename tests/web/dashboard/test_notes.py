"""Notes on the Sales page: added and removed by those who may, reached by keyboard, read by all."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from support.browser import PageLog, build_small_shop, log_in, violations, wait_until_idle
from support.dashboard_server import run_dashboard, write_users

PHONE = {"width": 390, "height": 844}


def test_an_exporter_adds_a_note_that_a_viewer_can_only_read(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    folder = build_small_shop(tmp_path)
    write_users(folder)
    with run_dashboard(folder) as server:
        page = open_page(f"{server.address}sales?period=All+data").page
        log_in(page, "eric")
        wait_until_idle(page)
        page.get_by_text("Add a note").click()
        page.get_by_role("textbox", name="Note").fill("Tea week")
        page.get_by_role("button", name="Add note").click()
        badge = page.get_by_role("img", name="Promotion, 10 April 2024: Tea week")
        expect(badge.locator("visible=true")).to_be_visible(timeout=30_000)
        wait_until_idle(page)
        badge.locator("visible=true").focus()
        expect(badge.locator("visible=true")).to_be_focused()
        assert violations(page) == []

        viewer = open_page(
            f"{server.address}sales?period=All+data", viewport={"width": 390, "height": 844}
        ).page
        log_in(viewer, "vera")
        listed = viewer.get_by_role("list", name="Notes in the chart")
        expect(listed).to_contain_text("Promotion, 10 April 2024: Tea week", timeout=30_000)
        wait_until_idle(viewer)
        expect(viewer.get_by_text("Add or remove notes")).to_have_count(0)
