"""The pages on a phone: what is looked for comes first, and the filters when they are asked for."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from support.browser import LEVEL_AA, build_small_shop, headline_figures, wait_until_idle
from support.dashboard_server import run_dashboard

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    """The dashboard of the shop of thirty lines, which stays as it is."""
    with run_dashboard(build_small_shop(tmp_path_factory.mktemp("phone"))) as one:
        yield one


@pytest.fixture
def phone(hand, open_page):
    """The first page as a phone shows it."""
    return wait_until_idle(open_page(f"{hand.address}?period=All+of+the+data", viewport=PHONE).page)


def violations(page):
    found = Axe().run(page, options=LEVEL_AA).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def fold(page):
    return page.get_by_role("switch", name="Show filters")


def filters(page):
    labels = ("Compare with", "Place", "Segment", "Category", "Product")
    return [page.get_by_role("combobox", name=label) for label in labels]


def test_the_figures_begin_in_the_upper_half_of_the_screen_and_nothing_is_cut_off(phone):
    assert phone.locator("#headlines-title").bounding_box()["y"] < PHONE["height"] / 2
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(phone.get_by_role("combobox", name="Period")).to_be_visible()
    for one in filters(phone):
        expect(one).to_be_hidden()
    assert violations(phone) == []


def test_filters_are_unfolded_by_the_keyboard_and_hold_when_they_are_folded_again(phone):
    fold(phone).focus()
    phone.keyboard.press("Space")
    for one in filters(phone):
        expect(one).to_be_visible()
    assert violations(wait_until_idle(phone)) == []
    phone.get_by_role("combobox", name="Place").click()
    phone.get_by_role("option", name="FR").click()
    phone.keyboard.press("Escape")
    expect(phone.locator(".kpi .value").first).to_have_text("105.00", timeout=60_000)
    expect(fold(phone)).to_be_checked()
    expect(phone.get_by_text("Show filters (1)")).to_be_visible()
    phone.get_by_text("Show filters (1)").click()
    expect(phone.get_by_role("combobox", name="Place")).to_be_hidden()
    assert headline_figures(phone)["Net sales"] == "105.00"
    assert "location=FR" in phone.url


def test_a_wide_screen_has_all_filters_and_nothing_to_unfold(hand, open_page):
    page = wait_until_idle(open_page(f"{hand.address}?period=All+of+the+data").page)
    expect(fold(page)).to_be_hidden()
    for one in filters(page):
        expect(one).to_be_visible()
