"""The dashboard's pages as somebody sees and uses them in a real Chromium."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect

import regulars
from dashboards import PASSWORDS
from shop_by_hand import SHOP

WIDE = {"width": 1280, "height": 900}
LEVEL_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@dataclass
class Opened:
    """A page in the browser, with everything it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, page: Page) -> "Opened":
        """Begin to listen to a page."""
        opened = cls(page)
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("websocket", lambda stream: opened.requests.append(stream.url))
        page.on("console", lambda told: opened.complaints.append(f"{told.type} {told.text}"))
        page.on("pageerror", lambda error: opened.complaints.append(f"error {error}"))
        page.on("dialog", lambda dialog: opened.complaints.append(f"dialog {dialog.message}"))
        return opened


@contextmanager
def opening(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Give what opens an address as somebody of their own does; all of it is closed at the end."""
    with ExitStack() as contexts:

        def open_it(address: str, *, until: Any = "load", **context: Any) -> Opened:
            told = {"viewport": WIDE} | context
            somebody = contexts.enter_context(closing(browser.new_context(**told)))
            opened = Opened.new(somebody.new_page())
            opened.page.goto(address, wait_until=until)
            return opened

        yield open_it


def by_hand(folder):
    """Build the shop of thirty lines."""
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    regulars.build(folder / "shop.csv", warehouse=folder / "shop.duckdb")
    return folder


def settled(page):
    """Wait until the page says that nothing is being worked out."""
    expect(page.locator(".stage h2, [data-testid=stMetric]").first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=60_000
    )
    return page


def figures(page):
    """Return the headline figures as they are shown, by their labels."""
    expect(page.locator(".kpi").first).to_be_visible(timeout=60_000)
    told = settled(page).locator(".kpi")
    return {
        one.locator("dt").inner_text(): one.locator(".value").inner_text() for one in told.all()
    }


def offered(page, label, text):
    """Type into a choice and return what it offers; it closes where the page is drawn again."""
    box, options = page.get_by_role("combobox", name=label), page.get_by_role("option")
    for _ in range(5):
        settled(page)
        box.click()
        box.fill(text)
        try:
            expect(options.first).to_be_visible(timeout=5_000)
        except AssertionError:
            page.keyboard.press("Escape")
        else:
            return options
    raise AssertionError(f"{label} offered nothing for {text}")


def log_in(page, name):
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORDS[name])
    page.keyboard.press("Enter")
