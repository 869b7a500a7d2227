"""Reports of the real shop and of an odd one, opened in a real browser."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from regulars.core.settings import Settings
from regulars.insights.report.write import write_report
from support.browser import ContextPool, PageLog, page_opener
from support.warehouses import BuiltWarehouse, build_and_open

SCRIPT, IMAGE = "<script>alert(1)</script>", "</svg><img src=x onerror=alert(2)>"
ODD = Settings(currency="£", shop=f"Tea & {SCRIPT}", credit=IMAGE)
HEADING = (
    "Order ID,Order Date,Customer ID,Product ID,Product Name,Category,"
    "Quantity,Unit Price,Discount,Country\n"
)


Open = Callable[..., PageLog]


@pytest.fixture
def open_page(contexts: ContextPool) -> Iterator[Open]:
    """Open a report as a reader does: in light or dark, wide or on a phone."""
    with page_opener(contexts) as open_it:

        def open_report(path: Path, *, width: int = 1100, **context: str) -> PageLog:
            size = {"width": width, "height": 900}
            return open_it(path.as_uri(), until="networkidle", viewport=size, **context)

        yield open_report


@pytest.fixture(scope="session")
def report(standard: BuiltWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of Online Retail II."""
    return write_report(standard.warehouse, tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """A shop whose names are attacks, or very long, with discounts, categories and a bad row."""
    folder = tmp_path_factory.mktemp("odd")
    source = folder / f"sales {SCRIPT.replace('/', '')}.csv"
    source.write_text(HEADING + "".join(map(_odd_line, range(240))) + _BAD, "utf-8")
    shop = build_and_open(folder / "odd.duckdb", [source], settings=ODD)
    with closing(shop.warehouse):
        yield shop


@pytest.fixture(scope="session")
def odd_report(odd: BuiltWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(odd.warehouse, tmp_path_factory.mktemp("report") / "odd.html")


_BAD = "x,no date,c,p,name,,1,1,0,UK\n"


def _odd_line(n: int) -> str:
    name, place = (
        [SCRIPT, IMAGE, "x" * 300][n % 3],
        [f"</text>{SCRIPT}", "Q & <i>", "y" * 200][n % 3],
    )
    day = f"2024-{1 + n % 8:02}-{1 + n % 27:02}"
    discount = [0, 0.1, 0.3, 0][n % 4]
    return f"{n},{day},c{n % 60},p{n % 3},{name},<b>Hot,{1 + n % 3},3.50,{discount},{place}\n"
