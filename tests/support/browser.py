"""The dashboard in a real Chromium: open pages, read them, click and type."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Download, FloatRect, Locator, Page, expect

import regulars
from support.dashboard_server import PASSWORDS
from support.present import present
from support.small_shop import SHOP

WIDE = {"width": 1280, "height": 900}
LEVEL_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def violations(page: Page) -> list[tuple[str, str]]:
    """Return what breaks WCAG AA on a page: each rule, with the HTML of its first element."""
    found = Axe().run(page, options=LEVEL_AA).response["violations"]
    return [(issue["id"], issue["nodes"][0]["html"]) for issue in found]


_COUNT_CLICKS = """addEventListener("pointerdown", () => {
    sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1
}, true)"""


def clicks_on(page: Page) -> int:
    """Return how often the user has pressed the mouse since the page was opened."""
    return int(page.evaluate("sessionStorage.clicks ?? 0"))


@dataclass
class PageLog:
    """A page in the browser, with its requests and everything that went wrong on it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, page: Page) -> "PageLog":
        """Start recording a page."""
        log = cls(page)
        page.on("request", lambda request: log.requests.append(request.url))
        page.on("websocket", lambda socket: log.requests.append(socket.url))
        page.on("console", lambda message: log.problems.append(f"{message.type} {message.text}"))
        page.on("pageerror", lambda error: log.problems.append(f"error {error}"))
        page.on("dialog", lambda dialog: log.problems.append(f"dialog {dialog.message}"))
        return log


@contextmanager
def page_opener(browser: Browser) -> Iterator[Callable[..., PageLog]]:
    """Yield a function that opens an address in a fresh browser context; close all at the end."""
    with ExitStack() as contexts:

        def open_it(
            address: str, *, until: Literal["load", "networkidle"] = "load", **context: Any
        ) -> PageLog:
            options = {"viewport": WIDE} | context
            fresh = contexts.enter_context(closing(browser.new_context(**options)))
            fresh.add_init_script(_COUNT_CLICKS)
            log = PageLog.new(fresh.new_page())
            log.page.goto(address, wait_until=until)
            return log

        yield open_it


def build_small_shop(folder: Path) -> Path:
    """Put the 30-line shop in a folder: its file, and its warehouse."""
    built = _built_small_shop()
    shutil.copy(built / "shop.csv", folder)
    # As a build does it: a page may be waiting for the file.
    copied = Path(shutil.copy(built / "shop.duckdb", folder / "shop.copy"))
    copied.replace(folder / "shop.duckdb")
    return folder


@cache
def _built_small_shop() -> Path:
    """Return a folder with the 30-line shop, built once per process."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-small-shop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    regulars.build(folder / "shop.csv", warehouse=folder / "shop.duckdb")
    return folder


def load_late(folder: Path, location: str | Path) -> None:
    """Load one more order into the 30-line shop: Zed spends 1,000.00 on the last day."""
    heading, *_ = SHOP.splitlines()
    late = f"{heading}\n2001,2024-04-10 12:00:00,Zed,T1,Tea,Drinks,Tea,1,1000.00,0,UK,paid\n"
    (folder / "late.csv").write_text(late, "utf-8")
    regulars.load(folder / "late.csv", warehouse=location)


def wait_for_preview(page: Page) -> Page:
    """Wait until the Lists page shows the customers that it has selected, and return it."""
    metric = page.get_by_test_id("stMetric").filter(has_text="To contact")
    expect(metric).to_be_visible(timeout=60_000)
    return wait_until_idle(page)


def save_list(page: Page, name: str) -> None:
    """Save the customers that the Lists page has selected."""
    wait_for_preview(page)
    page.get_by_label("List name").fill(name)
    page.get_by_role("button", name="Save list").click()
    expect(page.get_by_text(f"Saved {name}.")).to_be_visible(timeout=30_000)
    wait_until_idle(page)


def download_list(page: Page) -> Download:
    """Export the list and return the download."""
    page.get_by_role("button", name="Export", exact=True).click(timeout=60_000)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download").click()
    return download.value


def wait_until_idle(page: Page) -> Page:
    """Wait until the page has drawn everything, and return it."""
    drawn = page.locator(
        ".stage h2, [data-testid=stMetric], [data-testid=stAlert], .st-key-mail_to"
    ).first
    expect(drawn).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=60_000
    )
    return page


def box_of(element: Locator) -> FloatRect:
    """Return the box that a visible element fills."""
    return present(element.bounding_box())


def headline_figures(page: Page) -> dict[str, str]:
    """Return the headline figures as displayed, keyed by label."""
    expect(page.locator(".kpi").first).to_be_visible(timeout=60_000)
    cards = wait_until_idle(page).locator(".kpi").all()
    return {card.locator("dt").inner_text(): card.locator(".value").inner_text() for card in cards}


def options_found(page: Page, label: str, text: str) -> list[str]:
    """Type into a select box and return the options it offers. Retry if a rerun closes the box."""
    box, options = page.get_by_role("combobox", name=label), page.get_by_role("option")
    for _ in range(5):
        wait_until_idle(page)
        box.click()
        box.fill(text)
        with suppress(AssertionError):
            expect(options.first).to_be_visible(timeout=5_000)
        if offered := options.all_inner_texts():
            return offered
        page.keyboard.press("Escape")
    raise AssertionError(f"{label} offered nothing for {text}")


def log_in(page: Page, name: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORDS[name])
    page.keyboard.press("Enter")
