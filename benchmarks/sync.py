"""Measure a first sync with a shop of a million lines, then one of ten thousand changes.

    python -m venv benchmarks/work/dlt
    benchmarks/work/dlt/bin/pip install "dlt[duckdb,sql_database]" sqlalchemy psycopg2-binary
    python benchmarks/sync.py

The shop has its own PostgreSQL server. For comparison, ADBC alone reads the same rows and discards
them, and dlt loads them into DuckDB, table by table, merged by key. Each runs in its own process,
and its lines are compared with the shop at the end. The results go to sync.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from installed import AS_INSTALLED
from report import table

HERE = Path(__file__).parent
RESULTS = HERE / "work" / "sync.json"
DLT = HERE / "work" / "dlt" / "bin" / "python"
LINES, PER_ORDER, CUSTOMERS, PRODUCTS = 1_000_000, 4, 50_000, 2_000
CHANGED = 10_000
sys.path.insert(0, str(HERE.parent / "tests"))

FILL = f"""
    INSERT INTO customers SELECT n, 'Customer ' || n, n || '@example.com',
        (ARRAY['Germany', 'France', 'Italy'])[1 + n % 3], '2024-01-01'
        FROM generate_series(1, {CUSTOMERS}) n;
    INSERT INTO products SELECT n, 'P' || n, 'Product ' || n,
        (ARRAY['Tea', 'Coffee', 'Cups'])[1 + n % 3], '2024-01-01'
        FROM generate_series(1, {PRODUCTS}) n;
    INSERT INTO orders SELECT n, 'N' || n, 1 + n * 7919 % {CUSTOMERS}, at, 'paid', at
        FROM (SELECT n, timestamp '2024-01-01 09:00' + n * interval '4 minutes' AS at
              FROM generate_series(1, {LINES // PER_ORDER}) n) o;
    INSERT INTO order_lines
        SELECT n, 1 + (n - 1) / {PER_ORDER}, 1 + n * 31 % {PRODUCTS}, 1 + n % 5,
            (199 + 100 * (n % 17)) / 100.0, 0,
            timestamp '2024-01-01 09:00' + (1 + (n - 1) / {PER_ORDER}) * interval '4 minutes'
        FROM generate_series(1, {LINES}) n;
    ANALYZE;
"""
CHANGE = f"""
    UPDATE order_lines SET quantity = quantity + 1, updated_at = timestamp '2026-06-01'
        WHERE line_id % 250 = 0;
    UPDATE orders SET status = 'cancelled', updated_at = timestamp '2026-06-01'
        WHERE order_id % 200 = 7;
    INSERT INTO orders SELECT n, 'N' || n, 1 + n * 7919 % {CUSTOMERS}, timestamp '2026-06-01',
        'paid', timestamp '2026-06-01'
        FROM generate_series({LINES // PER_ORDER + 1}, {LINES // PER_ORDER + 2_500}) n;
    INSERT INTO order_lines SELECT {LINES} + n, {LINES // PER_ORDER} + 1 + (n - 1) / 1,
        1 + n * 31 % {PRODUCTS}, 1, 4.99, 0, timestamp '2026-06-01'
        FROM generate_series(1, 2500) n;
    DELETE FROM order_lines WHERE order_id % 100 = 13;
    DELETE FROM orders WHERE order_id % 100 = 13;
"""
"""4,000 lines corrected, 1,250 orders cancelled, 2,500 new, 2,500 deleted: about 10,000 changes."""

TOTALS = "SELECT count(*), sum(quantity * unit_price) FROM order_lines"
SINCE = "2026-01-01"
TABLES = ("customers", "products", "orders", "order_lines")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a sync.")
    parser.add_argument("--without-dlt", action="store_true")
    options = parser.parse_args()
    if not options.without_dlt and not DLT.exists():
        sys.exit(f"{DLT} is missing: see the top of this file, or pass --without-dlt.")
    results = _measure(with_dlt=not options.without_dlt)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1), "utf-8")
    (HERE / "sync.md").write_text(_page(results), "utf-8")


def _measure(*, with_dlt: bool) -> list[dict[str, Any]]:
    import psycopg

    from regulars.demo.sample_shop import SCHEMA
    from support.postgres import running_postgres

    contenders = ["adbc", "regulars", "regulars-postgresql", *(["dlt"] if with_dlt else [])]
    results = []
    (HERE / "work").mkdir(exist_ok=True)
    with running_postgres() as server, tempfile.TemporaryDirectory(dir=HERE / "work") as work:
        shop = server.new_database("shop")
        shop.run(SCHEMA.format(time="TIMESTAMP(6)") + ";" + FILL)
        locations = dict.fromkeys(contenders, f"{work}/shop.duckdb")
        locations["regulars-postgresql"] = server.new_database("warehouse").address("bench")
        for what in ("first", "changes", "nothing"):
            if what == "changes":
                shop.run(CHANGE)
            with psycopg.connect(host=shop.socket, user="postgres", dbname="shop") as con:
                totals = [str(total) for total in con.execute(TOTALS).fetchone() or ()]
            for contender in contenders:
                address = f"postgresql://postgres@/shop?host={shop.socket}"
                copy = f"{work}/copied.duckdb"
                location = copy if contender == "dlt" else locations[contender]
                figures = _child(contender, what, address, location)
                results.append({"contender": contender, "what": what, "shop": totals} | figures)
                print(results[-1], flush=True)
    return results


def _child(contender: str, *arguments: str) -> dict[str, Any]:
    python = str(DLT) if contender == "dlt" else sys.executable
    command = [python, __file__, "--child", contender, *arguments]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | AS_INSTALLED
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _run_child(contender: str, what: str, address: str, location: str) -> None:
    start = time.perf_counter()
    work = {"adbc": _adbc, "dlt": _dlt}.get(contender, _regulars)
    figures = work(what, address, location)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak} | figures | _totals(contender, location)))


def _regulars(what: str, address: str, location: str) -> dict[str, Any]:
    import regulars as rg

    report = rg.sync(address, warehouse=location)
    return {"read": report.total("read")[0], "orders": vars(report.orders)}


def _adbc(what: str, address: str, _location: str) -> dict[str, Any]:
    """Read the same rows of the same join and discard them."""
    from adbc_driver_postgresql import dbapi

    from regulars.sources.databases.postgres import PostgreSQL
    from regulars.sources.databases.queries import LineQueries
    from regulars.sources.profiles.profile import load_profile

    profile = load_profile("shop-database")
    columns = [names[0] for names in profile.columns.values()]
    queries = LineQueries(PostgreSQL(), profile.database, columns, "orders.order_number",
                     "orders.ordered_at", has_dates=True)  # fmt: skip
    query = queries.all_lines() if what == "first" else queries.changed_lines()
    since = {"changes": SINCE, "nothing": "2026-05-31 23:50"}.get(what)
    with dbapi.connect(address) as con, con.cursor() as cursor:
        if since:
            moment = datetime.fromisoformat(since).isoformat()
            for number in (1, 2):
                setting = (f"regulars.timestamp_{number}", moment)
                cursor.execute("SELECT set_config($1, $2, true)", setting)
                cursor.fetchall()
        cursor.execute(query)
        rows = sum(batch.num_rows for batch in cursor.fetch_record_batch())
    return {"read": rows}


def _dlt(_what: str, address: str, location: str) -> dict[str, Any]:
    """Load the four tables, merging newer rows by key, as in dlt's guide."""
    import dlt
    from dlt.sources.sql_database import sql_database

    url = address.replace("postgresql://postgres@", "postgresql+psycopg2://postgres@")
    source = sql_database(url, table_names=list(TABLES), backend="pyarrow", chunk_size=50_000)
    keys = {"customers": "customer_id", "products": "product_id", "orders": "order_id",
            "order_lines": "line_id"}  # fmt: skip
    for name, key in keys.items():
        source.resources[name].apply_hints(
            primary_key=key,
            write_disposition="merge",
            incremental=dlt.sources.incremental("updated_at"),
        )
    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.duckdb(location), dataset_name="bench",
        pipelines_dir=f"{location}.state",
    )  # fmt: skip
    pipeline.run(source)
    return {}


def _totals(contender: str, location: str) -> dict[str, Any]:
    """Return the number of lines of a contender and their value."""
    if contender == "adbc":
        return {}
    if contender == "dlt":
        import duckdb

        with duckdb.connect(location, read_only=True) as con:
            totals = con.execute(TOTALS.replace("order_lines", "bench.order_lines")).fetchone()
        return {"held": [str(total) for total in totals or ()]}
    import regulars as rg

    with rg.open_warehouse(location) as warehouse:
        sales = warehouse.table("fact_sales")
        [row] = warehouse.rows(sales.aggregate(n=sales.count(), value=sales.gross_amount.sum()))
    return {"held": [str(row["n"]), str(row["value"])]}


def _page(results: list[dict[str, Any]]) -> str:
    names = {
        "adbc": "ADBC alone, discarded", "regulars": "Regulars, into DuckDB",
        "regulars-postgresql": "Regulars, into PostgreSQL", "dlt": "dlt, into DuckDB",
    }  # fmt: skip
    rows = []
    for run in results:
        equal = "" if "held" not in run else "yes" if _equal(run["held"], run["shop"]) else "no"
        rows.append([run["what"], names[run["contender"]], f"{run['seconds']:.2f}",
                     f"{run['peak'] / 1e6:,.0f}", f"{run['read']:,}" if "read" in run else "",
                     equal])  # fmt: skip
    heads = ["sync", "by", "seconds", "peak, MB", "lines read", "equals the shop"]
    return (
        f"# Syncing a shop\n\nA shop of {LINES:,} lines in PostgreSQL, then about {CHANGED:,} "
        "changes, a quarter of them deletions, then no changes. Written by `python "
        "benchmarks/sync.py`. Regulars builds and checks the whole star schema; dlt copies the "
        "four tables and does not see deletions.\n\n" + table(heads, rows) + "\n"
    )


def _equal(ours: list[str], shop: list[str]) -> bool:
    return [Decimal(total) for total in ours] == [Decimal(total) for total in shop]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _run_child(*sys.argv[2:])
    else:
        main()
