"""Running dashboards: one that tests share, and others for tests that change users."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regulars.demo.build_demo import add_contacts
from regulars.engines.locate import engine_of
from support.browser import ContextPool, PageLog, build_small_shop, page_opener
from support.campaign import add_campaign
from support.dashboard_server import (
    DashboardProcess,
    WebClient,
    run_dashboard,
    run_server,
    write_users,
)
from support.warehouses import BuiltWarehouse


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard with one user for each role. Tests do not change the users."""
    folder = tmp_path_factory.mktemp("dashboard")
    write_users(folder)
    with run_server(folder) as server:
        yield server


@pytest.fixture(scope="session")
def editable_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard with an admin, to which each test adds its own users."""
    folder: Path = tmp_path_factory.mktemp("editable")
    write_users(folder, adam="admin")
    with run_server(folder) as server:
        yield server


@pytest.fixture(scope="session")
def local_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard without login, for this machine only."""
    with run_server(tmp_path_factory.mktemp("local")) as server:
        yield server


@pytest.fixture(scope="session")
def real(
    standard: BuiltWarehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardProcess]:
    """The dashboard of Online Retail II with made-up names and one campaign.

    Tests may save more lists there, but change nothing else.
    """
    folder = tmp_path_factory.mktemp("real")
    location = str(shutil.copy(str(standard.warehouse.engine), folder / "shop.duckdb"))
    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(folder)  # the key of the names is there
        environment.delenv("REGULARS_PEOPLE_KEY", raising=False)
        add_contacts(engine_of(location), "1GB")
    add_campaign(location)
    with run_dashboard(folder) as server:
        yield server


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """The dashboard of the 30-line shop, which tests do not change."""
    with run_dashboard(build_small_shop(tmp_path_factory.mktemp("small"))) as server:
        yield server


@pytest.fixture(scope="session")
def with_roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """The dashboard of the 30-line shop with a user for each role; tests keep both as they are."""
    folder = tmp_path_factory.mktemp("roles")
    write_users(folder)
    with run_dashboard(build_small_shop(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def with_lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """The dashboard of the 30-line shop, in which tests save lists under names of their own."""
    with run_dashboard(build_small_shop(tmp_path_factory.mktemp("lists"))) as server:
        yield server


@pytest.fixture
def client(dashboard: DashboardProcess) -> WebClient:
    """A client that has not logged in."""
    return WebClient(dashboard.address)


@pytest.fixture
def open_page(contexts: ContextPool) -> Iterator[Callable[..., PageLog]]:
    """Open an address as a user of their own, in a wide window by default."""
    with page_opener(contexts) as open_address:
        yield open_address
