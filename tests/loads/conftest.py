"""Warehouses to build and load into, on DuckDB and PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.engines.postgres.engine import Postgres as PostgresEngine
from support.loaded_warehouse import LoadedWarehouse
from support.postgres import Postgres
from support.warehouses import Rows, to_csv


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for the warehouses of these tests."""
    return postgres.new_database("loads")


WITH_MARTS = {"test_faults", "test_killed", "test_safety", "test_sequences", "test_statistics"}
"""Modules that show that loads keep the marts up to date, or interrupt them."""


@pytest.fixture(autouse=True)
def without_marts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build and load without marts in PostgreSQL, which take half of the time on few lines."""
    if request.path.stem not in WITH_MARTS:
        monkeypatch.setattr(PostgresEngine, "stores_marts", False)


KEY = "a key of the tests that is long enough"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key for personal data, in the environment."""
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", KEY)
    return KEY


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_location(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Return a function that names a location for another warehouse on the engine."""
    count = 0

    def name() -> str:
        nonlocal count
        count += 1
        if engine == "duckdb":
            return str(tmp_path / f"shop {count}.duckdb")
        server: Postgres = request.getfixturevalue("postgres")
        return server.address(f"shop_{abs(hash(request.node.nodeid)) % 10**9}_{count}")

    return name


@pytest.fixture
def shop(new_location: Callable[[], str], tmp_path: Path) -> LoadedWarehouse:
    """A new warehouse for this test."""
    return LoadedWarehouse(new_location(), tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, Rows], Path]:
    """Return a function that writes rows to a CSV file."""

    def write(name: str, rows: Rows) -> Path:
        path = tmp_path / name
        path.write_text(to_csv(rows), "utf-8")
        return path

    return write
