"""What was measured of the engines -> one Markdown page."""

import os
import platform
from datetime import date
from importlib.metadata import version
from typing import Any

from report import mark, table

PACKAGES = ("regulars", "ibis-framework", "duckdb", "pyspark", "adbc-driver-postgresql", "pandas")
LOAD_TARGETS = {"to_sql": 20.0, r"\copy": 0.7}
ASK_TARGET = 1.3
NAMES = {"postgresql": "PostgreSQL", "spark": "Spark", "duckdb": "DuckDB"}


def page(kept: dict[str, Any]) -> str:
    """Return the page, with a section for each part that was measured."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    parts = [
        "# PostgreSQL and Spark\n\n"
        f"{date.today()}, Python {platform.python_version()}, {versions}, PostgreSQL 18. "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores. Spark is a master and "
        "two workers on this machine, with one core and 1 GB each. Written by "
        "`python benchmarks/engines.py`; what is measured stands in [README.md](README.md)."
    ]
    if "load" in kept:
        parts.append(_load(kept["load"]))
    asked = {key: figures for key, figures in sorted(kept.items()) if key.startswith("ask")}
    parts += [_ask(key.split()[1], figures) for key, figures in asked.items()]
    if grown := {key: figures for key, figures in kept.items() if key.startswith("grow")}:
        parts.append(_grow(grown))
    return "\n\n".join(parts) + "\n"


def _load(figures: dict[str, Any]) -> str:
    ours = figures["Regulars"]
    speeds = {way: speed for way, speed in figures.items() if way != "rows"}
    rows = [
        [f"`{way}`", f"{speed:,.0f}", f"{ours / speed:.2f}", *_target(way, ours / speed)]
        for way, speed in speeds.items()
    ]
    heads = ["way", "rows a second", "Regulars to it", "at least", ""]
    return f"## Loading {figures['rows']:,} lines into PostgreSQL\n\n" + table(heads, rows)


def _target(way: str, ratio: float) -> list[str]:
    least = LOAD_TARGETS.get(way)
    return ["", ""] if least is None else [f"{least:g}", mark(least, ratio)]


def _ask(engine: str, figures: dict[str, dict[str, float]]) -> str:
    rows = [
        [question, f"{s['regulars']:.3f}", f"{s['sql']:.3f}", f"{s['regulars'] / s['sql']:.2f}"]
        for question, s in figures.items()
    ]
    ours, theirs = (sum(s[who] for s in figures.values()) for who in ("regulars", "sql"))
    ratio = ours / theirs
    told = f"{ratio:.2f} {mark(ratio, ASK_TARGET)}"
    rows.append(["**all**", f"{ours:.3f}", f"{theirs:.3f}", told])
    heads = ["question, s", "Regulars", "SQL by hand", "ratio"]
    return f"## Asking {NAMES[engine]}\n\n" + table(heads, rows)


def _grow(grown: dict[str, dict[str, Any]]) -> str:
    kinds = ("program", "driver's Java", "worker", "worker's Python")
    rows = []
    for key, figures in sorted(
        grown.items(), key=lambda item: (item[0].split()[1], item[1]["rows"])
    ):
        memory = [figures["memory"].get(kind) for kind in kinds]
        rows.append([
            NAMES[key.split()[1]], f"{figures['rows']:,}", f"{figures['build']:.1f}",
            f"{figures['ask']:.1f}", *("" if m is None else f"{m / 1e6:,.0f}" for m in memory),
        ])  # fmt: skip
    heads = ["engine", "lines", "build, s", "13 questions once, s", *(f"{k}, MB" for k in kinds)]
    return "## Growing\n\n" + table(heads, rows)
