"""What a sync with a shop of a million lines costs, and then one of ten thousand changes.

    python -m venv benchmarks/work/dlt
    benchmarks/work/dlt/bin/pip install "dlt[duckdb,sql_database]" sqlalchemy psycopg2-binary
    python benchmarks/sync.py

The shop is in a PostgreSQL server of its own. Beside Regulars the same rows are read by ADBC alone,
into nothing, and by dlt into DuckDB, table by table, merged by their keys. Each in a process of its
own; at the end what each holds is compared with the shop. Written to sync.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from installed import AS_INSTALLED
from report import table

HERE = Path(__file__).parent
KEPT = HERE / "work" / "sync.json"
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
    parser = argparse.ArgumentParser(description="What a sync costs.")
    parser.add_argument("--without-dlt", action="store_true")
    told = parser.parse_args()
    if not told.without_dlt and not DLT.exists():
        sys.exit(f"There is no {DLT}: see the head of this file, or pass --without-dlt.")
    kept = _measured(with_dlt=not told.without_dlt)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1), "utf-8")
    (HERE / "sync.md").write_text(_page(kept), "utf-8")


def _measured(*, with_dlt: bool) -> list[dict[str, Any]]:
    import psycopg

    from regulars.demo.sample_shop import SCHEMA
    from support.postgres import running_postgres

    contenders = ["adbc", "regulars", "regulars-postgresql", *(["dlt"] if with_dlt else [])]
    found = []
    (HERE / "work").mkdir(exist_ok=True)
    with running_postgres() as server, tempfile.TemporaryDirectory(dir=HERE / "work") as work:
        shop = server.new_database("shop")
        shop.run(SCHEMA.format(time="TIMESTAMP(6)") + ";" + FILL)
        places = dict.fromkeys(contenders, f"{work}/shop.duckdb")
        places["regulars-postgresql"] = server.new_database("warehouse").address("bench")
        for what in ("first", "changes", "nothing"):
            if what == "changes":
                shop.run(CHANGE)
            with psycopg.connect(host=shop.socket, user="postgres", dbname="shop") as con:
                totals = [str(one) for one in con.execute(TOTALS).fetchone() or ()]
            for contender in contenders:
                address = f"postgresql://postgres@/shop?host={shop.socket}"
                place = f"{work}/copied.duckdb" if contender == "dlt" else places[contender]
                one = _child(contender, what, address, place)
                found.append({"contender": contender, "what": what, "shop": totals} | one)
                print(found[-1], flush=True)
    return found


def _child(contender: str, *told: str) -> dict[str, Any]:
    python = str(DLT) if contender == "dlt" else sys.executable
    command = [python, __file__, "--child", contender, *told]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | AS_INSTALLED
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _in_the_child(contender: str, what: str, address: str, place: str) -> None:
    start = time.perf_counter()
    work = {"adbc": _adbc, "dlt": _dlt}.get(contender, _regulars)
    told = work(what, address, place)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak} | told | _held(contender, place)))


def _regulars(what: str, address: str, place: str) -> dict[str, Any]:
    import regulars as rg

    report = rg.sync(address, warehouse=place)
    return {"read": report.total("read")[0], "orders": vars(report.orders)}


def _adbc(what: str, address: str, _place: str) -> dict[str, Any]:
    """Read the same rows of the same join, and let them go."""
    from adbc_driver_postgresql import dbapi

    from regulars.sources.databases.postgres import PostgreSQL
    from regulars.sources.databases.queries import LineQueries
    from regulars.sources.profiles.profile import load_profile

    profile = load_profile("shop-database")
    columns = [names[0] for names in profile.columns.values()]
    asked = LineQueries(PostgreSQL(), profile.database, columns, "orders.order_number",
                     "orders.ordered_at", has_dates=True)  # fmt: skip
    query = asked.all_lines() if what == "first" else asked.changed_lines()
    since = {"changes": SINCE, "nothing": "2026-05-31 23:50"}.get(what)
    with dbapi.connect(address) as con, con.cursor() as cursor:
        for number in (1, 2) if since else ():
            setting = (f"regulars.timestamp_{number}", _moment(since).isoformat())
            cursor.execute("SELECT set_config($1, $2, true)", setting)
            cursor.fetchall()
        cursor.execute(query)
        rows = sum(batch.num_rows for batch in cursor.fetch_record_batch())
    return {"read": rows}


def _moment(text: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(text)


def _dlt(_what: str, address: str, place: str) -> dict[str, Any]:
    """Load the four tables, what is newer by its time merged by its key, as dlt's guide does."""
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
        "bench", destination=dlt.destinations.duckdb(place), dataset_name="bench",
        pipelines_dir=f"{place}.state",
    )  # fmt: skip
    pipeline.run(source)
    return {}


def _held(contender: str, place: str) -> dict[str, Any]:
    """Return lines and their worth as the contender holds them."""
    if contender == "adbc":
        return {}
    if contender == "dlt":
        import duckdb

        with duckdb.connect(place, read_only=True) as con:
            held = con.execute(TOTALS.replace("order_lines", "bench.order_lines")).fetchone()
        return {"held": [str(one) for one in held or ()]}
    import regulars as rg

    with rg.open_warehouse(place) as warehouse:
        sales = warehouse.table("fact_sales")
        [row] = warehouse.rows(sales.aggregate(n=sales.count(), worth=sales.gross_amount.sum()))
    return {"held": [str(row["n"]), str(row["worth"])]}


def _page(kept: list[dict[str, Any]]) -> str:
    words = {
        "adbc": "ADBC alone, into nothing", "regulars": "Regulars, into DuckDB",
        "regulars-postgresql": "Regulars, into PostgreSQL", "dlt": "dlt, into DuckDB",
    }  # fmt: skip
    rows = []
    for one in kept:
        holds = "" if "held" not in one else "yes" if _alike(one["held"], one["shop"]) else "no"
        rows.append([one["what"], words[one["contender"]], f"{one['seconds']:.2f}",
                     f"{one['peak'] / 1e6:,.0f}", f"{one['read']:,}" if "read" in one else "",
                     holds])  # fmt: skip
    heads = ["sync", "by", "seconds", "peak, MB", "lines read", "holds what the shop does"]
    return (
        f"# Syncing a shop\n\nA shop of {LINES:,} lines in PostgreSQL, then about {CHANGED:,} "
        "changes, a quarter of them deletions, then nothing new. Written by `python "
        "benchmarks/sync.py`. Regulars builds the whole star and its checks; dlt copies the four "
        "tables, and does not see deletions.\n\n" + table(heads, rows) + "\n"
    )


def _alike(held: list[str], shop: list[str]) -> bool:
    from decimal import Decimal

    return [Decimal(one) for one in held] == [Decimal(one) for one in shop]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _in_the_child(*sys.argv[2:])
    else:
        main()
