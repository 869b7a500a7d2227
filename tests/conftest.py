"""Warehouses to ask: a shop drawn by hand, the real one under both conventions, and any other."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from support.postgres import Postgres, running_postgres
from support.small_shop import SHOP
from support.warehouses import SAMPLE_FILES, BuiltWarehouse, Rows, build_and_open, to_csv

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from support.spark import Cluster

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

SHARED = ("spark", "in_postgres", "tests/insights/", "tests/analyses/")
"""What takes long to make: a cluster, the real shop on a server, its report, a browser."""

LONG = ("tests/cli/", "tests/loads/", "tests/engines/postgres/test_postgres",
        "tests/test_invariants")  # fmt: skip

# Ibis makes a million short-lived objects a question: to look through all that is there each time
# seven hundred more of them are, takes a tenth of the time.
gc.set_threshold(50_000, 20, 100)


class InOneProcess(LoadScopeScheduling):  # type: ignore[misc]
    """Tests that share what takes long to make together, long ones by themselves, others by file.

    The largest parts are given out first, so that the single ones fill the processes to the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = next((name for name in SHARED if name in nodeid), None)
        by_itself = nodeid.startswith(LONG)
        return shared or (nodeid if by_itself else nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InOneProcess:
    """Give tests out by name: xdist 3.8 loses its groups under pytest 9.2."""
    return InOneProcess(config, log)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """The shop of thirty lines that `shop_by_hand` draws."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    with _opened(build_and_open(folder / "shop.duckdb", [folder / "shop.csv"])) as shop:
        yield shop


@pytest.fixture(scope="session")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """Online Retail II, every line of it, by our own definitions."""
    path = tmp_path_factory.mktemp("standard") / "shop.duckdb"
    with _opened(build_and_open(path, SAMPLE_FILES)) as shop:
        yield shop


@pytest.fixture(scope="session")
def lgs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """Online Retail II, every line of it, as others published it."""
    path = tmp_path_factory.mktemp("lgs") / "shop.duckdb"
    with _opened(build_and_open(path, SAMPLE_FILES, "lgs")) as shop:
        yield shop


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, to keep warehouses in and to have real dumps made by its own pg_dump."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def spark() -> "Iterator[Cluster]":
    """A cluster of Spark, of which a program has one at most."""
    from support.spark import running_cluster  # PySpark takes long to import

    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A real Chromium, of which Playwright runs one in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write rows, or text, to a file and return its path."""

    def write(rows: Rows | str, name: str = "sales.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rows if isinstance(rows, str) else to_csv(rows), "utf-8")
        return path

    return write


@pytest.fixture
def build_shop(
    tmp_path: Path, write: Callable[..., Path]
) -> Iterator[Callable[..., BuiltWarehouse]]:
    """Build a shop from files, each given as rows, as CSV text or as a path."""
    with ExitStack() as shops:
        count = 0

        def make(*files: Rows | str | Path, **told: Any) -> BuiltWarehouse:
            nonlocal count
            count += 1
            sources = [
                file if isinstance(file, Path) else write(file, f"{count}/file {number}.csv")
                for number, file in enumerate(files, 1)
            ]
            shop = build_and_open(tmp_path / f"shop {count}.duckdb", sources, **told)
            return shops.enter_context(_opened(shop))

        yield make


class _opened:  # noqa: N801
    """Let go of a shop's file at the end."""

    def __init__(self, shop: BuiltWarehouse) -> None:
        self.shop = shop

    def __enter__(self) -> BuiltWarehouse:
        return self.shop

    def __exit__(self, *_: object) -> None:
        self.shop.warehouse.close()
