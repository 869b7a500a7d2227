"""Warehouses that are kept: built once, then loaded into, on both engines that can."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.loaded_warehouse import LoadedWarehouse
from support.postgres import Postgres
from support.warehouses import Rows, to_csv


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for warehouses that are loaded into."""
    return postgres.new_database("kept")


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_place(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Name a place for another warehouse on the engine."""
    count = 0

    def name() -> str:
        nonlocal count
        count += 1
        if engine == "duckdb":
            return str(tmp_path / f"kept {count}.duckdb")
        server: Postgres = request.getfixturevalue("postgres")
        return server.address(f"kept_{abs(hash(request.node.nodeid)) % 10**9}_{count}")

    return name


@pytest.fixture
def kept(new_place: Callable[[], str], tmp_path: Path) -> LoadedWarehouse:
    """A warehouse of its own for this test."""
    return LoadedWarehouse(new_place(), tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, Rows], Path]:
    def write(name: str, rows: Rows) -> Path:
        path = tmp_path / name
        path.write_text(to_csv(rows), "utf-8")
        return path

    return write
