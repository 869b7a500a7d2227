"""A shop whose exports arrive every night, and a webhook that hears of failures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loads.conftest import engine, new_location  # noqa: F401
from loads.sync.conftest import shops  # noqa: F401
from support.loaded_warehouse import LoadedWarehouse, line
from support.postgres import Postgres
from support.webhook_receiver import WebhookReceiver, running_receiver


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for the warehouses of these tests."""
    return postgres.new_database("jobs")


@pytest.fixture
def shop(
    new_location: Callable[[], str],  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> LoadedWarehouse:
    """A warehouse with one order, in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    shop = LoadedWarehouse(new_location(), tmp_path)
    shop.build(shop.file("all.csv", [line("A", day="2024-01-05")]))
    return shop


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    with running_receiver() as receiver:
        monkeypatch.setenv("REGULARS_WEBHOOK", receiver.address)
        yield receiver
