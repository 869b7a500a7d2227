"""Warehouses with personal data, and a key in the environment.

Tests use DuckDB. Tests of what engines do differently (search text, purge deleted data, restrict
tables) also use PostgreSQL.
"""

from collections.abc import Callable
from functools import partial

import pytest

from loads.conftest import KEY, new_location, shop  # noqa: F401
from support.built_once import BuiltOnce
from support.loaded_warehouse import LoadedWarehouse
from support.postgres import Postgres

Fill = Callable[..., None]
"""Fills the warehouse of a test, as `BuiltOnce.fill` does."""


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for warehouses with personal data."""
    return postgres.new_database("people")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", KEY)
    return KEY


@pytest.fixture
def fill(shop: LoadedWarehouse, built_once: BuiltOnce) -> Fill:  # noqa: F811
    """Return a function that fills the warehouse of the test."""
    return partial(built_once.fill, shop)
