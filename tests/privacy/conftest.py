"""Warehouses that know people, in DuckDB unless a test asks for more; the environment has the key.

Who people are is found out in the same way on both engines: what each does in its own way (look for
words, free bytes, keep tables from readers) is tested on each.
"""

import pytest

from loads.conftest import kept, new_place  # noqa: F401
from support.postgres import Postgres

KEY = "a key of the tests that is long enough"


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for warehouses that know people."""
    return postgres.new_database("people")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", KEY)
    return KEY
