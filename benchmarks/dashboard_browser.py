"""Time a page in a real Chromium: until it is drawn, and until a new choice is drawn."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from playwright.sync_api import Browser, Locator, Page, TimeoutError, sync_playwright

STOPWATCH = Path(__file__).with_name("stopwatch.js")
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE = {"width": 1280, "height": 900}
MOST_SECONDS, TRIES = 300, 5

Times = dict[str, float]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser, address: str) -> Iterator["OpenPage"]:
    """Open an address in a fresh browser context, with an empty cache."""
    with browser.new_context(viewport=WIDE) as context:  # type: ignore[arg-type]
        context.add_init_script(path=STOPWATCH)
        page = context.new_page()
        page.goto(address, wait_until="commit")
        yield OpenPage(page)


class OpenPage:
    """An open page that has been drawn completely."""

    def __init__(self, page: Page) -> None:
        """Wait until the page is drawn."""
        self._page = page
        painted = 'performance.getEntriesByName("first-contentful-paint")[0].startTime'
        self.first_paint = self._wait_until_drawn() | {"painted": page.evaluate(painted) / 1000}

    @property
    def figures(self) -> str:
        """The headline figures on the page."""
        return str(self._page.evaluate("stopwatch.figures()"))

    def choose(self, label: str, option: str) -> float:
        """Select a value and return the seconds until the page is drawn with new figures."""
        seconds = self._click(self._find_option(label, option))
        # A multi-select stays open and covers the rest of the page.
        self._page.keyboard.press("Escape")
        return seconds

    def reset(self) -> float:
        """Reset all filters and return the seconds, as `choose` does."""
        return self._click(self._page.get_by_role("button", name="Reset", exact=True))

    def _find_option(self, label: str, option: str) -> Locator:
        """Open a select box and return an option. Retry if a rerun closes the box."""
        box = self._page.get_by_role("combobox", name=label)
        choice = self._page.get_by_role("option", name=option, exact=True)
        for _ in range(TRIES):
            box.click()
            if box.get_attribute("inputmode") != "none":
                box.fill(option)
            try:
                choice.wait_for(timeout=5_000)
            except TimeoutError:
                self._page.keyboard.press("Escape")
            else:
                return choice
        return self._give_up(f"{label} has no option {option}")

    def _click(self, target: Locator) -> float:
        self._page.evaluate("stopwatch.arm()")
        target.click()
        return self._wait_until_drawn()["drawn"]

    def _wait_until_drawn(self) -> Times:
        """Return the seconds of each mark, once the page is drawn with new figures.

        Stop the benchmark if the page shows an error or never finishes.
        """
        ended = self._page.locator("html:is([data-stopwatch=drawn], [data-stopwatch=error])")
        try:
            ended.wait_for(state="attached", timeout=MOST_SECONDS * 1000)
        except TimeoutError:
            self._give_up(f"The page was not drawn within {MOST_SECONDS} seconds")
        if ended.get_attribute("data-stopwatch") == "error":
            self._give_up("The page shows an error")
        marks = self._page.evaluate("stopwatch.marks")
        return {name: milliseconds / 1000 for name, milliseconds in marks.items()}

    def _give_up(self, reason: str) -> NoReturn:
        text = self._page.locator("body").inner_text()
        sys.exit(f"{reason}: {self._page.url}\n{text[:2_000]}")
