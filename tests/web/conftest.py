"""Dashboards to come to: one for all who look, others for those who change something."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium

from support.browser import Opened, opening
from support.dashboard_server import Browser, Running, running, users_file


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A dashboard with a user for each role, who stay as they are."""
    folder = tmp_path_factory.mktemp("guarded")
    users_file(folder)
    with running(folder) as one:
        yield one


@pytest.fixture(scope="session")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A dashboard whose users each test makes anew: nobody at first but an admin."""
    folder: Path = tmp_path_factory.mktemp("changing")
    users_file(folder, adam="admin")
    with running(folder) as one:
        yield one


@pytest.fixture(scope="session")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A dashboard where nobody logs in, for this machine alone."""
    with running(tmp_path_factory.mktemp("unguarded")) as one:
        yield one


@pytest.fixture
def somebody(guarded: Running) -> Browser:
    """Somebody who has not logged in."""
    return Browser(guarded.address)


@pytest.fixture
def open_page(browser: Chromium) -> Iterator[Callable[..., Opened]]:
    """Open an address as somebody of their own: wide, unless told otherwise."""
    with opening(browser) as open_it:
        yield open_it
