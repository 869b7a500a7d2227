"""Warehouses that know people, on both engines that keep them; the environment has the key."""

import pytest

from loads.conftest import engine, kept, new_place  # noqa: F401
from postgres import Postgres

KEY = "a key of the tests that is long enough"


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for warehouses that know people."""
    return postgres.new_database("people")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", KEY)
    return KEY
