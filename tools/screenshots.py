"""Take the screenshots in the docs: the report and the dashboard of the demo."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

import regulars as rg
from regulars.demo.sample_sales import demo_settings, demo_sources
from regulars.insights.report.write import write_report

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"": "dashboard", "sales": "dashboard-sales", "customers": "dashboard-customers"}
"""The path of each page -> the name of its screenshot."""


def main() -> None:
    """Write docs/report.png and the screenshots of the dashboard."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse, page = Path(folder, "demo.duckdb"), Path(folder, "report.html")
        rg.build(*demo_sources(), warehouse=warehouse, settings=demo_settings())
        with rg.open_warehouse(warehouse) as shop:
            write_report(shop, page)
        with sync_playwright() as driver, dashboard(warehouse) as address:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            view = browser.new_page(viewport={"width": 1180, "height": 1560})
            view.goto(page.as_uri())
            view.screenshot(path=DOCS / "report.png")
            for path, name in PAGES.items():
                screenshot(browser, f"{address}{path}", DOCS / f"{name}.png")
            browser.close()


@contextmanager
def dashboard(warehouse: Path) -> Iterator[str]:
    """Serve the dashboard of a warehouse and yield its address."""
    command = [sys.executable, "-m", "regulars", "dashboard", "-w", str(warehouse)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address, "the dashboard announced no address"
            yield address[0]
        finally:
            process.terminate()


def screenshot(browser: Browser, address: str, path: Path) -> None:
    """Take a screenshot of a page once it is drawn completely."""
    view = browser.new_page(viewport={"width": 1240, "height": 900})
    view.goto(address)
    expect(view.locator(".stage h2").first).to_be_visible(timeout=60_000)
    idle = view.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(idle).to_be_visible(timeout=60_000)
    expect(view.get_by_test_id("stSpinner")).to_have_count(0, timeout=60_000)
    view.screenshot(path=path)


if __name__ == "__main__":
    main()
