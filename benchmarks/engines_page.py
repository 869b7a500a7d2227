"""Write the results of the engines as a Markdown page."""

import os
import platform
from datetime import date
from importlib.metadata import version
from typing import Any

from report import mark, table

PACKAGES = ("regulars", "ibis-framework", "duckdb", "pyspark", "adbc-driver-postgresql", "pandas")
LOAD_TARGETS = {"to_sql": 20.0, r"\copy": 0.7}
QUERY_TARGET = 1.3
NAMES = {"postgresql": "PostgreSQL", "spark": "Spark", "duckdb": "DuckDB"}


def markdown(results: dict[str, Any]) -> str:
    """Return the page, with a section for each measured part."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    parts = [
        "# PostgreSQL and Spark\n\n"
        f"{date.today()}, Python {platform.python_version()}, {versions}, PostgreSQL 18. "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores. Spark is a master and "
        "two workers on this machine, with one core and 1 GB each. Written by "
        "`python benchmarks/engines.py`; [README.md](README.md) explains what is measured."
    ]
    if "load" in results:
        parts.append(_load(results["load"]))
    for key, figures in sorted(results.items()):
        if key.startswith("ask"):
            parts.append(_queries(key.split()[1], figures))
    if growth := {key: figures for key, figures in results.items() if key.startswith("grow")}:
        parts.append(_growth(growth))
    return "\n\n".join(parts) + "\n"


def _load(figures: dict[str, Any]) -> str:
    ours = figures["Regulars"]
    speeds = {way: speed for way, speed in figures.items() if way != "rows"}
    rows = [
        [f"`{way}`", f"{speed:,.0f}", f"{ours / speed:.2f}", *_target(way, ours / speed)]
        for way, speed in speeds.items()
    ]
    heads = ["way", "rows per second", "Regulars / way", "at least", ""]
    return f"## Loading {figures['rows']:,} lines into PostgreSQL\n\n" + table(heads, rows)


def _target(way: str, ratio: float) -> list[str]:
    least = LOAD_TARGETS.get(way)
    return ["", ""] if least is None else [f"{least:g}", mark(least, ratio)]


def _queries(engine: str, figures: dict[str, dict[str, float]]) -> str:
    rows = [
        [query, f"{s['regulars']:.3f}", f"{s['sql']:.3f}", f"{s['regulars'] / s['sql']:.2f}"]
        for query, s in figures.items()
    ]
    ours, theirs = (sum(s[name] for s in figures.values()) for name in ("regulars", "sql"))
    ratio = ours / theirs
    total = f"{ratio:.2f} {mark(ratio, QUERY_TARGET)}"
    rows.append(["**all**", f"{ours:.3f}", f"{theirs:.3f}", total])
    heads = ["query, s", "Regulars", "hand-written SQL", "ratio"]
    return f"## Queries in {NAMES[engine]}\n\n" + table(heads, rows)


def _growth(growth: dict[str, dict[str, Any]]) -> str:
    kinds = ("program", "driver's Java", "worker", "worker's Python")
    rows = []
    for key, figures in sorted(
        growth.items(), key=lambda item: (item[0].split()[1], item[1]["rows"])
    ):
        memory = [figures["memory"].get(kind) for kind in kinds]
        rows.append([
            NAMES[key.split()[1]], f"{figures['rows']:,}", f"{figures['build']:.1f}",
            f"{figures['ask']:.1f}", *("" if m is None else f"{m / 1e6:,.0f}" for m in memory),
        ])  # fmt: skip
    heads = ["engine", "lines", "build, s", "13 queries once, s", *(f"{k}, MB" for k in kinds)]
    return "## Growth\n\n" + table(heads, rows)
