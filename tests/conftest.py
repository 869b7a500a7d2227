"""Shared fixtures: warehouses of the small shop and of the real one, servers and a browser."""

import gc
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

from regulars.warehouse.warehouse import open_warehouse
from support.built_once import BuiltOnce
from support.postgres import Postgres, running_postgres
from support.small_shop import SHOP
from support.warehouses import SAMPLE_FILES, BuiltWarehouse, Rows, build_and_open, to_csv
from support.weekly_shop import write_weekly_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from support.browser import ContextPool
    from support.spark import Cluster

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

SHARED = ("spark", "in_postgres", "tests/insights/", "tests/analyses/")
"""Tests that share a slow fixture: a cluster, the real shop on a server, its report, a browser."""

LONG = ("tests/cli/", "tests/loads/", "tests/engines/postgres/test_postgres")

SLOW = {"spark", "postgres", "mariadb", "browser", "standard", "lgs", "report", "odd_report"}
"""Fixtures that `make unit` does without."""

BUILDS = {"build_shop"}
"""Fixtures that build a warehouse for each test, which `make unit` does without too."""

# Ibis creates a million short-lived objects per query: at the default threshold of 700, garbage
# collection takes a tenth of the time.
gc.set_threshold(50_000, 20, 100)


class GroupedScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Test scheduling by group: tests sharing a slow fixture, single long tests, other files.

    The largest groups start first, so that single tests keep all processes busy to the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = next((name for name in SHARED if name in nodeid), None)
        return shared or (nodeid if nodeid.startswith(LONG) else nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupedScheduling:
    """Group tests by name: xdist 3.8 loses its own groups under pytest 9.2."""
    return GroupedScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server, a browser, the real shop or a build of their own."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if SLOW & fixtures or "postgresql" in item.name:
            item.add_marker("slow")
        if BUILDS & fixtures:
            item.add_marker("builds")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """The 30-line shop of `support.small_shop`."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    shop = build_and_open(folder / "shop.duckdb", [folder / "shop.csv"])
    with shop.warehouse:
        yield shop


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> BuiltOnce:
    """Warehouses built once per process, of which tests get copies."""
    return BuiltOnce(tmp_path_factory.mktemp("built_once"))


@pytest.fixture(scope="session")
def weekly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """The 58 weeks of `support.weekly_shop`."""
    folder = tmp_path_factory.mktemp("weekly")
    shop = build_and_open(folder / "weekly.duckdb", [write_weekly_shop(folder)])
    with shop.warehouse:
        yield shop


@pytest.fixture(scope="session")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """All lines of Online Retail II under the standard conventions."""
    shop = real_shop(tmp_path_factory, "standard")
    with shop.warehouse:
        yield shop


@pytest.fixture(scope="session")
def lgs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """All lines of Online Retail II under the conventions of the published figures."""
    shop = real_shop(tmp_path_factory, "lgs")
    with shop.warehouse:
        yield shop


def real_shop(folders: pytest.TempPathFactory, conventions: str) -> BuiltWarehouse:
    """Return the real shop, built once for all processes of a test run."""
    folder = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path, report = folder / f"{conventions}.duckdb", folder / f"{conventions}.report"
    with FileLock(folder / f"{conventions}.lock"):
        if not report.exists():
            built = build_and_open(path, SAMPLE_FILES, conventions)
            built.warehouse.close()
            report.write_bytes(pickle.dumps(built.report))
    return BuiltWarehouse(pickle.loads(report.read_bytes()), open_warehouse(path))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, for warehouses and for dumps by its own pg_dump."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def spark() -> "Iterator[Cluster]":
    """A Spark cluster; a process can use only one."""
    from support.spark import running_cluster  # PySpark is slow to import

    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A real Chromium, one per process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)


@pytest.fixture(scope="session")
def contexts(browser: "Browser") -> "ContextPool":
    """The browser contexts that the tests of a process share."""
    from support.browser import ContextPool

    return ContextPool(browser)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes rows or text to a file and returns its path."""

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
    """Yield a function that builds a warehouse from files, given as rows, CSV text or paths."""
    with ExitStack() as warehouses:
        count = 0

        def make(*files: Rows | str | Path, **options: Any) -> BuiltWarehouse:
            nonlocal count
            count += 1
            sources = [
                file if isinstance(file, Path) else write(file, f"{count}/file {number}.csv")
                for number, file in enumerate(files, 1)
            ]
            shop = build_and_open(tmp_path / f"shop {count}.duckdb", sources, **options)
            warehouses.enter_context(shop.warehouse)
            return shop

        yield make
