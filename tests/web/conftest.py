"""Dashboards to come to: one for all who look, others for those who change something."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium

from support.browser import PageLog, page_opener
from support.dashboard_server import DashboardProcess, WebClient, run_server, write_users


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard with a user for each role, who stay as they are."""
    folder = tmp_path_factory.mktemp("guarded")
    write_users(folder)
    with run_server(folder) as one:
        yield one


@pytest.fixture(scope="session")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard whose users each test makes anew: nobody at first but an admin."""
    folder: Path = tmp_path_factory.mktemp("changing")
    write_users(folder, adam="admin")
    with run_server(folder) as one:
        yield one


@pytest.fixture(scope="session")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard where nobody logs in, for this machine alone."""
    with run_server(tmp_path_factory.mktemp("unguarded")) as one:
        yield one


@pytest.fixture
def somebody(guarded: DashboardProcess) -> WebClient:
    """Somebody who has not logged in."""
    return WebClient(guarded.address)


@pytest.fixture
def open_page(browser: Chromium) -> Iterator[Callable[..., PageLog]]:
    """Open an address as somebody of their own: wide, unless told otherwise."""
    with page_opener(browser) as open_it:
        yield open_it
