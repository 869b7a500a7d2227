"""The figures of a run -> one Markdown page."""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from statistics import median
from typing import Any

import shell
from questions import QUESTIONS

PACKAGES = ("regulars", "ibis-framework", "duckdb", "pandas", "pyarrow")
BUILD_TARGET, ASK_TARGET, MEMORY_TARGET = 1.5, 1.3, 1 / 3
HELP_TARGET, SHOW_TARGET = 0.3, 0.3
NAMES = {"regulars": "Regulars", "sql": "SQL", "pandas": "pandas", "bare": "bare star"}

Figure = Callable[[dict[str, Any]], float]


@dataclass(frozen=True)
class Result:
    """What every contender took for so many lines: one dictionary of figures a round."""

    lines: int
    runs: dict[str, list[dict[str, Any]]]

    def median(self, contender: str, figure: Figure) -> float | None:
        """Return the median over the rounds, None where the contender has no such figure."""
        runs = self.runs.get(contender, [])
        has_it = bool(runs) and (contender != "bare" or figure in (_build, _start, _memory))
        return median(figure(run) for run in runs) if has_it else None


def markdown(results: list[Result], commands: dict[str, float], repeats: int) -> str:
    """Return the page."""
    parts = [_head(repeats)]
    for result in results:
        parts += [f"## {result.lines:,} lines", _targets(result), _stages(result), _asked(result)]
    if commands:
        parts += ["## From the keyboard", _commands(commands)]
    return "\n\n".join(parts) + "\n"


def _start(run: dict[str, Any]) -> float:
    return float(run["start-up"])


def _build(run: dict[str, Any]) -> float:
    return float(run["build"])


def _memory(run: dict[str, Any]) -> float:
    return float(run["memory"])


def _open(run: dict[str, Any]) -> float:
    return float(run["open"])


def _warm(question: str) -> Figure:
    return lambda run: median(run[question])


def _first(question: str) -> Figure:
    return lambda run: run[question][0]


def _all_warm(run: dict[str, Any]) -> float:
    return sum(median(run[question]) for question in QUESTIONS)


def _all_first(run: dict[str, Any]) -> float:
    return sum(run[question][0] for question in QUESTIONS)


def _head(repeats: int) -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        "# Results\n\n"
        f"{date.today()}, Python {platform.python_version()}, {versions}. "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB. "
        f"Medians of {repeats} rounds. Written by `python benchmarks/run.py`; what is measured "
        "stands in [README.md](README.md)."
    )


def _targets(result: Result) -> str:
    rows = [
        _target(result, "build, Regulars / SQL", _build, "sql", BUILD_TARGET),
        _target(result, "asking, Regulars / SQL", _all_warm, "sql", ASK_TARGET),
        _target(result, "memory, Regulars / pandas", _memory, "pandas", MEMORY_TARGET),
    ]
    return table(["target", "at most", "is", ""], [row for row in rows if row])


def _target(result: Result, name: str, figure: Figure, other: str, most: float) -> list[str] | None:
    ours, theirs = result.median("regulars", figure), result.median(other, figure)
    if ours is None or theirs is None:
        return None
    return [name, f"{most:.2f}", f"{ours / theirs:.2f}", mark(ours / theirs, most)]


def _stages(result: Result) -> str:
    stages = {
        "start-up, s": _start, "build, s": _build, "open, s": _open,
        "all questions, first, s": _all_first, "all questions, median, s": _all_warm,
        "peak memory, MB": lambda run: _memory(run) / 1e6,
    }  # fmt: skip
    rows = [[n, *_cells(result, f if "MB" not in n else _memory, n)] for n, f in stages.items()]
    return table(["", *(NAMES[c] for c in result.runs)], rows)


def _cells(result: Result, figure: Figure, name: str) -> list[str]:
    found = [result.median(contender, figure) for contender in result.runs]
    if "MB" in name:
        return ["" if value is None else f"{value / 1e6:,.0f}" for value in found]
    return [_seconds(value) for value in found]


def _asked(result: Result) -> str:
    asked = [contender for contender in result.runs if contender != "bare"]
    heads = [f"{NAMES[c]} {which}" for c in asked for which in ("first", "median")]
    rows = []
    for question in QUESTIONS:
        kinds = (_first(question), _warm(question))
        cells = [_seconds(result.median(c, figure)) for c in asked for figure in kinds]
        rows.append([question, *cells, *_share(result, question)])
    return table(["question, s", *heads, "Regulars / SQL"], rows)


def _share(result: Result, question: str) -> list[str]:
    ours = result.median("regulars", _warm(question))
    theirs = result.median("sql", _warm(question))
    if ours is None or theirs is None:
        return [""]
    return [f"{ours / theirs:.2f} {mark(ours / theirs, ASK_TARGET)}"]


def _commands(commands: dict[str, float]) -> str:
    over = commands[shell.SHOW] - commands[shell.IBIS]
    rows = [
        [f"`{shell.HELP}`", _seconds(commands[shell.HELP]), f"{HELP_TARGET}",
         mark(commands[shell.HELP], HELP_TARGET)],
        [f"`{shell.IMPORT}`", _seconds(commands[shell.IMPORT]), "", ""],
        [f"`{shell.IBIS}`", _seconds(commands[shell.IBIS]), "", ""],
        [f"`{shell.SHOW}`", _seconds(commands[shell.SHOW]), "", ""],
        ["the last over the one before", _seconds(over), f"{SHOW_TARGET}",
         mark(over, SHOW_TARGET)],
    ]  # fmt: skip
    return table(["command", "s", "at most", ""], rows)


def mark(value: float, most: float) -> str:
    """Return whether a value keeps below its target, in a word."""
    return "pass" if value <= most else "**miss**"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table, its first column of words and the others of figures."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
