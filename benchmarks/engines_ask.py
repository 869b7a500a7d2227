"""Compare the standard queries in PostgreSQL and Spark with SQL written by hand for each engine.

Both query the same tables, built by Regulars, and fetch the same rows.
"""

import re
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from check import row_differences
from queries import QUERIES, analysis_call

if TYPE_CHECKING:
    from regulars.warehouse.warehouse import Warehouse
    from support.postgres import Postgres

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

DIALECTS = {
    "postgresql": {"$recency": "last_order_on + 1 - last"},
    "spark": {
        "$recency": "datediff(last_order_on, last) + 1",
        "double precision": "double",
        "''": r"\'",
    },
}
"""The replacements that adapt the hand-written SQL to each engine."""

Rows = list[dict[str, Any]]


def measure(engine: str, repeats: int) -> dict[str, Any]:
    """Return the seconds of each query, by Regulars and by hand."""
    from support.postgres import running_postgres
    from support.spark import running_cluster
    from support.warehouses import SAMPLE_FILES, build_and_open

    with ExitStack() as stack:
        if engine == "postgresql":
            server = stack.enter_context(running_postgres(durable=True))
            shop = stack.enter_context(
                build_and_open(server.address("bench"), SAMPLE_FILES).warehouse
            )
            return _compare(shop, _in_postgresql(server), repeats)
        cluster = stack.enter_context(running_cluster(quick_start=False))
        shop = stack.enter_context(build_and_open(cluster.address("bench"), SAMPLE_FILES).warehouse)
        return _compare(shop, _in_spark(shop), repeats)


def _compare(
    warehouse: "Warehouse", by_hand: Callable[[str], Rows], repeats: int
) -> dict[str, Any]:
    ours: dict[str, list[float]] = {query: [] for query in QUERIES}
    theirs: dict[str, list[float]] = {query: [] for query in QUERIES}
    for _ in range(repeats + 1):
        for query in QUERIES:
            rows = _timed(partial(_run, warehouse, query), ours[query])
            expected = _timed(partial(by_hand, query), theirs[query])
            if lines := row_differences(rows, expected):
                sys.exit(f"{query} differs from the hand-written SQL: {lines}")
    # The first round warms up the engine and Regulars.
    return {
        query: {"regulars": median(ours[query][1:]), "sql": median(theirs[query][1:])}
        for query in QUERIES
    }


def _timed(work: Callable[[], Rows], seconds: list[float]) -> Rows:
    start = time.perf_counter()
    rows = work()
    seconds.append(time.perf_counter() - start)
    return rows


def _run(warehouse: "Warehouse", query: str) -> Rows:
    name, options = analysis_call(query)
    return list(warehouse.rows(warehouse.ask(name, **options)))


def _in_postgresql(server: "Postgres") -> Callable[[str], Rows]:
    import psycopg
    from psycopg.rows import dict_row

    con = psycopg.connect(server.uri, row_factory=dict_row, autocommit=True)
    con.execute("SET search_path = bench_1")
    sql = hand_written("postgresql")
    return lambda query: con.execute(sql[query].encode()).fetchall()


def _in_spark(warehouse: "Warehouse") -> Callable[[str], Rows]:
    session, sql = warehouse.con._session, hand_written("spark")
    return lambda query: [row.asDict() for row in session.sql(sql[query]).collect()]


def hand_written(engine: str) -> dict[str, str]:
    """Return the hand-written queries in the SQL of an engine."""
    script = (HERE / "reference" / "queries_portable.sql").read_text("utf-8")
    for ours, theirs in DIALECTS[engine].items():
        script = script.replace(ours, theirs)
    parts = re.split(r"^-- query: (.+)\n", script, flags=re.MULTILINE)[1:]
    queries = {name: sql.strip().rstrip(";") for name, sql in zip(*[iter(parts)] * 2, strict=True)}
    queries["segments"] = queries["segments"].replace("$rfm", queries["rfm"])
    return queries
