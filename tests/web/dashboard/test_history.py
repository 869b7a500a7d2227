"""The browser's Back button: it closes a dialog, then undoes one filter at a time."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from support.browser import PageLog, build_small_shop, wait_until_idle
from support.dashboard_server import run_dashboard


def test_back_closes_the_dialog_and_then_undoes_one_filter_at_a_time(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    with run_dashboard(build_small_shop(tmp_path)) as server:
        page = open_page(f"{server.address}sales?period=All+data").page
        wait_until_idle(page).get_by_role("button", name="Feb 2024", exact=True).click()
        expect(page).to_have_url(re.compile("since=2024-02-01"), timeout=30_000)
        wait_until_idle(page).get_by_role("button", name="Cups", exact=True).first.click()
        expect(page).to_have_url(re.compile("since=.*subcategory=Cups"), timeout=30_000)
        wait_until_idle(page).get_by_role("button", name="Show the lines behind").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("All lines by kind")).to_be_visible(timeout=30_000)

        page.go_back()
        expect(dialog).to_have_count(0)
        expect(page).to_have_url(re.compile("since=.*subcategory=Cups"))
        page.go_back()
        expect(page).not_to_have_url(re.compile("subcategory"))
        expect(page.get_by_role("combobox", name="Subcategory")).to_have_count(0, timeout=30_000)
        page.go_back()
        expect(page).to_have_url(re.compile(r"\?period=All\+data$"))
        expect(page.get_by_label("From", exact=True)).to_have_count(0, timeout=30_000)
        page.go_forward()
        expect(page).to_have_url(re.compile("since=2024-02-01"))
