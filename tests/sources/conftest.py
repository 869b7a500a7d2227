"""A DuckDB connection, and fixtures that write, open and read files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest

from regulars.sources.open import open_sources
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable
from support.postgres import Postgres
from support.present import present

Rows = list[tuple[object, ...]]


@pytest.fixture(scope="session")
def rows_of() -> Callable[[ibis.Table], Rows]:
    def rows(table: ibis.Table) -> Rows:
        return list(zip(*table.to_pyarrow().to_pydict().values(), strict=True))

    return rows


@pytest.fixture(scope="session")
def checked() -> Callable[[RawTable], RawTable]:
    """Return a table, reread exactly if the fast reader fails or loses rows, as a build does."""

    def check(raw: RawTable) -> RawTable:
        if raw.exact_reader is None:
            return raw
        try:
            rows = len(raw.table.to_pyarrow())
        except duckdb.InvalidInputException:
            return raw.exact_reader()
        return raw if rows == raw.rows else raw.exact_reader()

    return check


def read_exactly(raw: RawTable) -> RawTable:
    """Return a table as its exact reader reads it."""
    return present(raw.exact_reader)()


@pytest.fixture(scope="session")
def con() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


@pytest.fixture
def open_all(con: ibis.BaseBackend, tmp_path: Path) -> Callable[..., list[RawTable]]:
    workdir = tmp_path / "work directory"
    workdir.mkdir()

    def opener(*patterns: object, chosen: Profile | None = None, **file: Any) -> list[RawTable]:
        texts = [str(pattern) for pattern in patterns]
        return open_sources(con, texts, file=FileOptions(**file), chosen=chosen, workdir=workdir)

    return opener


@pytest.fixture
def open_one(open_all: Callable[..., list[RawTable]]) -> Callable[..., RawTable]:
    def opener(path: object, **options: object) -> RawTable:
        (raw,) = open_all(path, **options)
        return raw

    return opener


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database of its own, so that dumps contain only the tables of these tests."""
    return postgres.new_database("dumps")
