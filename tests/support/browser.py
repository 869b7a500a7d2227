"""The dashboard in a real Chromium: open pages, read them, click and type."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Download,
    FloatRect,
    Locator,
    Page,
    ViewportSize,
    expect,
)
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

import regulars
from support.dashboard_server import PASSWORDS
from support.present import present
from support.small_shop import SHOP, built_small_shop

WIDE: ViewportSize = {"width": 1280, "height": 900}
AXE = Axe().axe_script
LEVEL_AA = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],  # describes one element per rule that holds, not all of them
}
FEWEST_RULES = 10
"""Every page has elements to which more rules apply; with fewer, nothing was drawn."""


def violations(page: Page) -> list[tuple[str, str]]:
    """Return what breaks WCAG AA on a page: each rule, with the HTML of its first element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("options => axe.run(options)", LEVEL_AA)
    assert len(found["passes"]) > FEWEST_RULES
    return [(issue["id"], issue["nodes"][0]["html"]) for issue in found["violations"]]


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


@dataclass
class ContextPool:
    """Browser contexts for tests, which keep only what a browser caches: scripts and styles.

    In a new context, Chromium fetches and compiles the scripts of Streamlit again. That takes
    longer than anything else on a page.
    """

    browser: Browser
    _free: dict[str, list[BrowserContext]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def lend(self, **options: Any) -> Iterator[BrowserContext]:
        """Lend a context with these options that has no pages, cookies or stored values."""
        free = self._free[repr(sorted(options.items()))]
        context = free.pop() if free else self._new(options)
        yield context
        for page in context.pages:
            with suppress(PlaywrightError):  # an error page of the browser stores nothing
                page.evaluate("localStorage.clear()")
            page.close()
        context.clear_cookies()
        free.append(context)

    def _new(self, options: dict[str, Any]) -> BrowserContext:
        context = self.browser.new_context(viewport=WIDE, **options)
        context.add_init_script(_COUNT_CLICKS)
        return context


@contextmanager
def page_opener(pool: ContextPool) -> Iterator[Callable[..., PageLog]]:
    """Yield a function that opens an address, each time as another user; close all at the end."""
    with ExitStack() as lent:

        def open_it(
            address: str,
            *,
            until: Literal["load", "networkidle"] = "load",
            viewport: ViewportSize | None = None,
            color_scheme: Literal["light", "dark"] = "light",
            **options: Any,
        ) -> PageLog:
            page = lent.enter_context(pool.lend(**options)).new_page()
            # Animations cost more than the rest of a page that waits for the server.
            page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")
            page.set_viewport_size(viewport or WIDE)
            log = PageLog.new(page)
            page.goto(address, wait_until=until)
            return log

        yield open_it


def build_small_shop(folder: Path) -> Path:
    """Put the 30-line shop in a folder: its file, and its warehouse."""
    built = built_small_shop()
    shutil.copy(built / "shop.csv", folder)
    # As a build does it: a page may be waiting for the file.
    copied = Path(shutil.copy(built / "shop.duckdb", folder / "shop.copy"))
    copied.replace(folder / "shop.duckdb")
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


def choose_option(
    page: Page,
    label: str,
    option: str | Pattern[str],
    *,
    typed: str = "",
    exact: bool = False,
) -> None:
    """Choose an option of a select box.

    label   the name of the select box
    option  the name of the option, or the beginning of it
    typed   what to type in the box first
    exact   whether another box has a name that contains this one
    """
    for _ in _openings(page, label, typed, exact=exact):
        with suppress(PlaywrightTimeoutError):
            page.get_by_role("option", name=option).first.click(timeout=5_000)
            return
    raise AssertionError(f"{label} did not offer {option}")


def options_of(page: Page, label: str, *, typed: str = "") -> list[str]:
    """Return the options that a select box offers."""
    options = page.get_by_role("option")
    for _ in _openings(page, label, typed):
        with suppress(AssertionError):
            expect(options.first).to_be_visible(timeout=5_000)
        if offered := options.all_inner_texts():
            return offered
    raise AssertionError(f"{label} offered nothing for {typed!r}")


def _openings(page: Page, label: str, typed: str, *, exact: bool = False) -> Iterator[None]:
    """Open a select box again and again: a rerun of the page closes it."""
    box = page.get_by_role("combobox", name=label, exact=exact)
    for _ in range(10):
        wait_until_idle(page)
        box.click(timeout=60_000)
        if typed:
            box.fill(typed)
        yield
        page.keyboard.press("Escape")


def log_in(page: Page, name: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORDS[name])
    page.keyboard.press("Enter")
