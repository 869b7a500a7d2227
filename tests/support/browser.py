"""The dashboard's pages as somebody sees and uses them in a real Chromium."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect

import regulars
from support.dashboard_server import PASSWORDS
from support.small_shop import SHOP

WIDE = {"width": 1280, "height": 900}
LEVEL_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@dataclass
class PageLog:
    """A page in the browser, with everything it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, page: Page) -> "PageLog":
        """Begin to listen to a page."""
        opened = cls(page)
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("websocket", lambda stream: opened.requests.append(stream.url))
        page.on("console", lambda told: opened.problems.append(f"{told.type} {told.text}"))
        page.on("pageerror", lambda error: opened.problems.append(f"error {error}"))
        page.on("dialog", lambda dialog: opened.problems.append(f"dialog {dialog.message}"))
        return opened


@contextmanager
def page_opener(browser: Browser) -> Iterator[Callable[..., PageLog]]:
    """Give what opens an address as somebody of their own does; all of it is closed at the end."""
    with ExitStack() as contexts:

        def open_it(address: str, *, until: Any = "load", **context: Any) -> PageLog:
            told = {"viewport": WIDE} | context
            somebody = contexts.enter_context(closing(browser.new_context(**told)))
            opened = PageLog.new(somebody.new_page())
            opened.page.goto(address, wait_until=until)
            return opened

        yield open_it


def build_small_shop(folder):
    """Build the shop of thirty lines."""
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    regulars.build(folder / "shop.csv", warehouse=folder / "shop.duckdb")
    return folder


def load_late(folder, place):
    """Load what Zed bought for 1,000.00 on the last day into the shop of thirty lines."""
    heading, *_ = SHOP.splitlines()
    late = f"{heading}\n2001,2024-04-10 12:00:00,Zed,T1,Tea,Drinks,Tea,1,1000.00,0,UK,paid\n"
    (folder / "late.csv").write_text(late, "utf-8")
    regulars.load(folder / "late.csv", warehouse=place)


def save_list(page, name):
    """Keep those whom the page of lists chooses as a list."""
    expect(page.get_by_text("Will be written to", exact=True)).to_be_visible(timeout=60_000)
    wait_until_idle(page)
    page.get_by_label("Name of the list").fill(name)
    page.get_by_role("button", name="Keep this list").click()
    expect(page.get_by_text(f"Kept: {name}.")).to_be_visible(timeout=30_000)
    wait_until_idle(page)


def download_list(page):
    """Have the file of the list made, and return it as it was downloaded."""
    page.get_by_role("button", name="Make the file").click(timeout=60_000)
    with page.expect_download(timeout=60_000) as taken:
        page.get_by_role("button", name="Download").click()
    return taken.value


def wait_until_idle(page):
    """Wait until the page says that nothing is being worked out."""
    expect(page.locator(".stage h2, [data-testid=stMetric]").first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=60_000
    )
    return page


def headline_figures(page):
    """Return the headline figures as they are shown, by their labels."""
    expect(page.locator(".kpi").first).to_be_visible(timeout=60_000)
    told = wait_until_idle(page).locator(".kpi")
    return {
        one.locator("dt").inner_text(): one.locator(".value").inner_text() for one in told.all()
    }


def search_options(page, label, text):
    """Type into a choice and return what it offers; it closes where the page is drawn again."""
    box, options = page.get_by_role("combobox", name=label), page.get_by_role("option")
    for _ in range(5):
        wait_until_idle(page)
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
