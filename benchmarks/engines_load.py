"""Load a million lines of the sales fact into PostgreSQL in several ways.

Slow ways load only some of the rows; all are compared in rows per second. The tables have no keys
or indexes, so that only the load is measured.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from support.postgres import Postgres

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

SLOW, SLOWEST = 200_000, 30_000
"""The rows that `to_sql` loads, without and with `multi`."""

SCHEMA = "bench"


def measure(repeats: int) -> dict[str, Any]:
    """Return the rows per second of each way, the median over the rounds."""
    from support.postgres import running_postgres

    with running_postgres(durable=True) as server, _Bench(server) as bench:
        ways: dict[str, Callable[[], int]] = {
            "Regulars": bench.by_regulars,
            r"\copy": bench.by_copy,
            "ADBC": bench.by_adbc,
            "to_sql": lambda: bench.by_to_sql(SLOW, None),
            "to_sql multi": lambda: bench.by_to_sql(SLOWEST, "multi"),
        }
        speeds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(repeats):
            for way, load in ways.items():
                bench.reset()
                start = time.perf_counter()
                rows = load()
                speeds[way].append(rows / (time.perf_counter() - start))
                bench.check(rows)
        return {way: median(rates) for way, rates in speeds.items()} | {"rows": bench.rows}


class _Bench:
    """The sales fact in DuckDB, as a data frame and as CSV, and an empty table in PostgreSQL."""

    def __init__(self, server: "Postgres") -> None:
        self.server = server

    def __enter__(self) -> "_Bench":
        from contextlib import ExitStack
        from tempfile import TemporaryDirectory

        from sqlalchemy import create_engine

        from regulars.engines.duckdb.workspace import open_workspace
        from regulars.engines.locate import engine_of
        from regulars.engines.postgres.address import address_of
        from regulars.loads.build import build
        from support.warehouses import SAMPLE_FILES, request_for

        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        build(request_for(SAMPLE_FILES), engine_of(folder / "shop.duckdb"))
        self.shop = self._stack.enter_context(open_workspace(folder / "bench.duckdb"))
        self.shop.con.raw_sql(f"ATTACH '{folder / 'shop.duckdb'}' AS warehouse (READ_ONLY)")
        self.shop.con.raw_sql("CREATE TABLE fact_sales AS FROM warehouse.fact_sales")
        self.rows = self.shop.count("fact_sales")
        self.csv = folder / "fact.csv"
        self.shop.con.raw_sql(f"COPY fact_sales TO '{self.csv}' (HEADER false)")
        self.frame = self.shop.con.table("fact_sales").to_pandas()
        self.address = address_of(self.server.address(SCHEMA))
        uri = f"postgresql+psycopg://postgres@/postgres?host={self.server.socket}"
        self.engine = create_engine(uri)
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()
        self._stack.close()

    def reset(self) -> None:
        """Drop and create the table."""
        import psycopg

        from regulars.engines.postgres.sql import create_table

        with psycopg.connect(self.server.uri, autocommit=True) as con:
            con.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            con.execute(f"CREATE SCHEMA {SCHEMA}")
            con.execute(
                create_table(con, SCHEMA, "fact_sales", self.shop.con.table("fact_sales").schema())
            )
            con.execute("CHECKPOINT")

    def check(self, rows: int) -> None:
        """Check that this many rows arrived, and all the money if every row was loaded."""
        import psycopg

        with psycopg.connect(self.server.uri) as con:
            query = f"SELECT count(*), sum(net_amount) FROM {SCHEMA}.fact_sales"
            totals = con.execute(query).fetchone()
        assert totals is not None
        assert totals[0] == rows, totals
        if rows == self.rows:
            assert totals[1] == self.frame.net_amount.sum(), totals

    def by_regulars(self) -> int:
        from regulars.engines.postgres.copy import load

        load(self.shop, self.address, SCHEMA, ["fact_sales"])
        return self.rows

    def by_adbc(self) -> int:
        import adbc_driver_postgresql.dbapi as adbc

        with adbc.connect(self.server.uri) as con, con.cursor() as cursor:
            rows = self.shop.con.con.table("fact_sales").to_arrow_reader(100_000)
            cursor.adbc_ingest("fact_sales", rows, mode="append", db_schema_name=SCHEMA)
            con.commit()
        return self.rows

    def by_copy(self) -> int:
        copy = rf"\copy {SCHEMA}.fact_sales FROM '{self.csv}' CSV"
        subprocess.run([self.server.bin / "psql", "-q", self.server.uri, "-c", copy], check=True)
        return self.rows

    def by_to_sql(self, rows: int, method: Literal["multi"] | None) -> int:
        from sqlalchemy import Date, Numeric

        columns = self.shop.con.table("fact_sales").schema().items()
        money = {name: Numeric() for name, type_ in columns if type_.is_decimal()}
        self.frame.head(rows).to_sql(
            "fact_sales", self.engine, schema=SCHEMA, if_exists="append", index=False,
            method=method, chunksize=1000 if method else None, dtype=money | {"ordered_on": Date()},
        )  # fmt: skip
        return rows
