"""Write the figures of a run as a Markdown page."""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from statistics import median
from typing import Any

import command_times
from queries import QUERIES

PACKAGES = ("regulars", "ibis-framework", "duckdb", "pandas", "pyarrow")
BUILD_TARGET, QUERY_TARGET, MEMORY_TARGET = 1.5, 1.3, 1 / 3
HELP_TARGET, SHOW_TARGET = 0.3, 0.3
NAMES = {"regulars": "Regulars", "sql": "SQL", "pandas": "pandas", "bare": "bare star"}

Figure = Callable[[dict[str, Any]], float]


@dataclass(frozen=True)
class Result:
    """The figures of every contender for one number of lines: a dictionary per round."""

    lines: int
    runs: dict[str, list[dict[str, Any]]]

    def median(self, contender: str, figure: Figure) -> float | None:
        """Return the median over the rounds, or None if the contender has no such figure."""
        runs = self.runs.get(contender, [])
        has_figure = bool(runs) and (contender != "bare" or figure in (_build, _start, _memory))
        return median(figure(run) for run in runs) if has_figure else None


def markdown(results: list[Result], seconds: dict[str, float], repeats: int) -> str:
    """Return the page."""
    parts = [_head(repeats)]
    for result in results:
        parts += [f"## {result.lines:,} lines", _targets(result), _stages(result), _queries(result)]
    if seconds:
        parts += ["## In a terminal", _commands(seconds)]
    return "\n\n".join(parts) + "\n"


def _start(run: dict[str, Any]) -> float:
    return float(run["start-up"])


def _build(run: dict[str, Any]) -> float:
    return float(run["build"])


def _memory(run: dict[str, Any]) -> float:
    return float(run["memory"])


def _open(run: dict[str, Any]) -> float:
    return float(run["open"])


def _warm(query: str) -> Figure:
    return lambda run: median(run[query])


def _first(query: str) -> Figure:
    return lambda run: run[query][0]


def _all_warm(run: dict[str, Any]) -> float:
    return float(sum(median(run[query]) for query in QUERIES))


def _all_first(run: dict[str, Any]) -> float:
    return float(sum(run[query][0] for query in QUERIES))


def _head(repeats: int) -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        "# Results\n\n"
        f"{date.today()}, Python {platform.python_version()}, {versions}. "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB. "
        f"Medians of {repeats} rounds. Written by `python benchmarks/run.py`; "
        "[README.md](README.md) explains what is measured."
    )


def _targets(result: Result) -> str:
    rows = [
        _target(result, "build, Regulars / SQL", _build, "sql", BUILD_TARGET),
        _target(result, "queries, Regulars / SQL", _all_warm, "sql", QUERY_TARGET),
        _target(result, "memory, Regulars / pandas", _memory, "pandas", MEMORY_TARGET),
    ]
    return table(["target", "at most", "actual", ""], [row for row in rows if row])


def _target(result: Result, name: str, figure: Figure, other: str, most: float) -> list[str] | None:
    ours, theirs = result.median("regulars", figure), result.median(other, figure)
    if ours is None or theirs is None:
        return None
    return [name, f"{most:.2f}", f"{ours / theirs:.2f}", mark(ours / theirs, most)]


def _stages(result: Result) -> str:
    stages = {
        "start-up, s": _start, "build, s": _build, "open, s": _open,
        "all queries, first, s": _all_first, "all queries, median, s": _all_warm,
        "peak memory, MB": lambda run: _memory(run) / 1e6,
    }  # fmt: skip
    rows = [[n, *_cells(result, f if "MB" not in n else _memory, n)] for n, f in stages.items()]
    return table(["", *(NAMES[c] for c in result.runs)], rows)


def _cells(result: Result, figure: Figure, name: str) -> list[str]:
    values = [result.median(contender, figure) for contender in result.runs]
    if "MB" in name:
        return ["" if value is None else f"{value / 1e6:,.0f}" for value in values]
    return [_seconds(value) for value in values]


def _queries(result: Result) -> str:
    contenders = [contender for contender in result.runs if contender != "bare"]
    heads = [f"{NAMES[c]} {which}" for c in contenders for which in ("first", "median")]
    rows = []
    for query in QUERIES:
        kinds = (_first(query), _warm(query))
        cells = [_seconds(result.median(c, figure)) for c in contenders for figure in kinds]
        rows.append([query, *cells, *_ratio(result, query)])
    return table(["query, s", *heads, "Regulars / SQL"], rows)


def _ratio(result: Result, query: str) -> list[str]:
    ours = result.median("regulars", _warm(query))
    theirs = result.median("sql", _warm(query))
    if ours is None or theirs is None:
        return [""]
    return [f"{ours / theirs:.2f} {mark(ours / theirs, QUERY_TARGET)}"]


def _commands(seconds: dict[str, float]) -> str:
    over = seconds[command_times.SHOW] - seconds[command_times.IBIS]
    rows = [
        [f"`{command_times.HELP}`", _seconds(seconds[command_times.HELP]), f"{HELP_TARGET}",
         mark(seconds[command_times.HELP], HELP_TARGET)],
        [f"`{command_times.IMPORT}`", _seconds(seconds[command_times.IMPORT]), "", ""],
        [f"`{command_times.IBIS}`", _seconds(seconds[command_times.IBIS]), "", ""],
        [f"`{command_times.SHOW}`", _seconds(seconds[command_times.SHOW]), "", ""],
        ["`show kpis` minus plain Ibis", _seconds(over), f"{SHOW_TARGET}",
         mark(over, SHOW_TARGET)],
    ]  # fmt: skip
    return table(["command", "s", "at most", ""], rows)


def mark(value: float, most: float) -> str:
    """Return "pass" if a value is at most its target, else "miss"."""
    return "pass" if value <= most else "**miss**"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table: text in the first column, figures in the others."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
