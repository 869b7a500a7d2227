"""Dashboards to come to: one for all who look, others for those who change something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browsing import WIDE, Opened
from dashboards import Browser, Running, running, users_file


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
def open_page(browser):
    contexts = []

    def open_it(address, **context):
        contexts.append(browser.new_context(**{"viewport": WIDE} | context))
        opened = Opened(contexts[-1].new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda told: opened.complaints.append(told.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(address)
        return opened

    yield open_it
    for context in contexts:
        context.close()
