"""The pages on a phone: figures first, filters on demand."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import (
    PageLog,
    box_of,
    choose_option,
    headline_figures,
    violations,
    wait_until_idle,
)
from support.dashboard_server import DashboardProcess

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(small: DashboardProcess, open_page: Callable[..., PageLog]) -> Page:
    """The Today page on a phone."""
    return wait_until_idle(open_page(f"{small.address}?period=All+data", viewport=PHONE).page)


def filter_switch(page: Page) -> Locator:
    return page.get_by_role("switch", name="Show filters")


def filters(page: Page) -> list[Locator]:
    labels = ("Compare with", "Location", "Segment", "Category", "Product")
    return [page.get_by_role("combobox", name=label, exact=True) for label in labels]


def test_figures_start_in_the_upper_half_and_fit_the_width(phone: Page) -> None:
    assert box_of(phone.locator("#headlines-title"))["y"] < PHONE["height"] / 2
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(phone.get_by_role("combobox", name="Period")).to_be_visible()
    for control in filters(phone):
        expect(control).to_be_hidden()
    assert violations(phone) == []


def test_filters_open_by_keyboard_and_apply_when_closed(phone: Page) -> None:
    filter_switch(phone).focus()
    phone.keyboard.press("Space")
    for control in filters(phone):
        expect(control).to_be_visible()
    assert violations(wait_until_idle(phone)) == []
    choose_option(phone, "Location", "FR")
    phone.keyboard.press("Escape")
    expect(phone.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
    expect(filter_switch(phone)).to_be_checked()
    expect(phone.get_by_text("Show filters (1)")).to_be_visible()
    phone.get_by_text("Show filters (1)").click()
    expect(phone.get_by_role("combobox", name="Location")).to_be_hidden()
    assert headline_figures(phone)["Net sales"] == "105.00"
    assert "location=FR" in phone.url


def test_wide_screen_shows_all_filters(
    small: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    page = wait_until_idle(open_page(f"{small.address}?period=All+data").page)
    expect(filter_switch(page)).to_be_hidden()
    for control in filters(page):
        expect(control).to_be_visible()
