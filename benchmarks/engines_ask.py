"""The standard questions on PostgreSQL and on Spark, beside SQL written by hand for that engine.

Both ask the same tables, which Regulars has built there, and fetch the same rows.
"""

import re
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from check import same_rows
from questions import QUESTIONS

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

WORDS = {
    "postgresql": {"$recency": "last_order_on + 1 - last"},
    "spark": {
        "$recency": "datediff(last_order_on, last) + 1",
        "double precision": "double",
        "''": r"\'",
    },
}
"""What the two engines say in words of their own."""

Rows = list[dict[str, Any]]


def measured(engine: str, repeats: int) -> dict[str, Any]:
    """Return the seconds of each question, ours and by hand."""
    from support.postgres import running_postgres
    from support.spark import running_cluster
    from support.warehouses import SAMPLE_FILES, build_and_open

    with ExitStack() as stack:
        if engine == "postgresql":
            server = stack.enter_context(running_postgres(durable=True))
            shop = stack.enter_context(
                build_and_open(server.address("bench"), SAMPLE_FILES).warehouse
            )
            return _beside(shop, _in_postgresql(server), repeats)
        cluster = stack.enter_context(running_cluster(quick_start=False))
        shop = stack.enter_context(build_and_open(cluster.address("bench"), SAMPLE_FILES).warehouse)
        return _beside(shop, _in_spark(shop), repeats)


def _beside(warehouse: Any, by_hand: Callable[[str], Rows], repeats: int) -> dict[str, Any]:
    ours: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    theirs: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    for _ in range(repeats + 1):
        for question in QUESTIONS:
            answer = _timed(lambda q=question: _ask(warehouse, q), ours[question])
            other = _timed(lambda q=question: by_hand(q), theirs[question])
            if told := same_rows(answer, other):
                sys.exit(f"{question} is not the same by hand: {told}")
    # The first round of each warms up the engine, and us.
    return {
        question: {"regulars": median(ours[question][1:]), "sql": median(theirs[question][1:])}
        for question in QUESTIONS
    }


def _timed(work: Callable[[], Rows], seconds: list[float]) -> Rows:
    start = time.perf_counter()
    rows = work()
    seconds.append(time.perf_counter() - start)
    return rows


def _ask(warehouse: Any, question: str) -> Rows:
    name, *by = question.split()
    return list(warehouse.rows(warehouse.ask(name, **({"by": by[0]} if by else {}))))


def _in_postgresql(server: Any) -> Callable[[str], Rows]:
    import psycopg
    from psycopg.rows import dict_row

    con = psycopg.connect(server.uri, row_factory=dict_row, autocommit=True)
    con.execute("SET search_path = bench_1")
    asked = questions("postgresql")
    return lambda question: con.execute(asked[question].encode()).fetchall()


def _in_spark(warehouse: Any) -> Callable[[str], Rows]:
    session, asked = warehouse.con._session, questions("spark")
    return lambda question: [row.asDict() for row in session.sql(asked[question]).collect()]


def questions(engine: str) -> dict[str, str]:
    """Return the questions by hand as an engine understands them."""
    script = (HERE / "reference" / "questions_portable.sql").read_text("utf-8")
    for ours, theirs in WORDS[engine].items():
        script = script.replace(ours, theirs)
    parts = re.split(r"^-- question: (.+)\n", script, flags=re.MULTILINE)[1:]
    asked = {name: sql.strip().rstrip(";") for name, sql in zip(*[iter(parts)] * 2, strict=True)}
    asked["segments"] = asked["segments"].replace("$rfm", asked["rfm"])
    return asked
