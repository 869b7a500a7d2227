"""Take the pictures of the README from the running thing: builds the demo, opens its report."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import regulars as rg
from regulars.demo import demo_settings, demo_sources
from regulars.report import write_report

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PICTURE = Path(__file__).parents[1] / "docs" / "report.png"


def main() -> None:
    """Write docs/report.png: the upper part of the demo's report."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse, page = Path(folder, "demo.duckdb"), Path(folder, "report.html")
        rg.build(*demo_sources(), warehouse=warehouse, settings=demo_settings())
        with rg.open_warehouse(warehouse) as shop:
            write_report(shop, page)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            view = browser.new_page(viewport={"width": 1180, "height": 1560})
            view.goto(page.as_uri())
            view.screenshot(path=PICTURE)
            browser.close()


if __name__ == "__main__":
    main()
