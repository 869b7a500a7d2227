"""Somebody at a real Chromium: until a page is seen, and until what they choose is drawn."""

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
def opened(browser: Browser, address: str) -> Iterator["Opened"]:
    """Open an address as somebody does who has never been there: nothing is kept from before."""
    with browser.new_context(viewport=WIDE) as context:  # type: ignore[arg-type]
        context.add_init_script(path=STOPWATCH)
        page = context.new_page()
        page.goto(address, wait_until="commit")
        yield Opened(page)


class Opened:
    """A page that somebody has open, drawn to its end."""

    def __init__(self, page: Page) -> None:
        """Wait until it is drawn."""
        self._page = page
        painted = 'performance.getEntriesByName("first-contentful-paint")[0].startTime'
        self.first_paint = self._drawn() | {"painted": page.evaluate(painted) / 1000}

    @property
    def figures(self) -> str:
        """The headline figures that are shown."""
        return str(self._page.evaluate("stopwatch.figures()"))

    def choose(self, label: str, option: str) -> float:
        """Choose a value; return the seconds until the page has been drawn with other figures."""
        seconds = self._press(self._offered(label, option))
        # A choice of several values stays open, and covers the rest of the page.
        self._page.keyboard.press("Escape")
        return seconds

    def reset(self) -> float:
        """Take all that was chosen back; return the seconds as `choose` does."""
        return self._press(self._page.get_by_role("button", name="Reset", exact=True))

    def _offered(self, label: str, option: str) -> Locator:
        """Open a choice; it closes where its page is drawn again, and is opened again then."""
        box = self._page.get_by_role("combobox", name=label)
        found = self._page.get_by_role("option", name=option, exact=True)
        for _ in range(TRIES):
            box.click()
            if box.get_attribute("inputmode") != "none":
                box.fill(option)
            try:
                found.wait_for(timeout=5_000)
            except TimeoutError:
                self._page.keyboard.press("Escape")
            else:
                return found
        return self._give_up(f"{label} did not offer {option}")

    def _press(self, what: Locator) -> float:
        self._page.evaluate("stopwatch.arm()")
        what.click()
        return self._drawn()["drawn"]

    def _drawn(self) -> Times:
        """Return the seconds of each mark once the page is drawn, with other figures than before.

        Stops the benchmark if it shows an error, or goes on working.
        """
        ended = self._page.locator("html:is([data-stopwatch=drawn], [data-stopwatch=trouble])")
        try:
            ended.wait_for(state="attached", timeout=MOST_SECONDS * 1000)
        except TimeoutError:
            self._give_up(f"The page was not drawn anew within {MOST_SECONDS} seconds")
        if ended.get_attribute("data-stopwatch") == "trouble":
            self._give_up("The page shows an error")
        marks = self._page.evaluate("stopwatch.marks")
        return {name: milliseconds / 1000 for name, milliseconds in marks.items()}

    def _give_up(self, why: str) -> NoReturn:
        shown = self._page.locator("body").inner_text()
        sys.exit(f"{why}: {self._page.url}\n{shown[:2_000]}")
