"""Regulars beside hand-written SQL and a pandas notebook: one command, one table.

    python benchmarks/run.py --lines 1 10 --only regulars sql pandas --repeats 3

This process imports nothing heavy, for a child counts the memory of its parent as its own peak.
"""

import argparse
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import shell
from check import differences
from installed import AS_INSTALLED
from regulars.core.settings import Settings
from report import Result, markdown
from shop import csv_of

HERE = Path(__file__).parent
WORK = HERE / "work"
MODULES = {"regulars": "regulars_", "sql": "sql", "pandas": "pandas_notebook", "bare": "bare"}


def main() -> None:
    told = _arguments()
    results = [_compared(millions, told.only, told.repeats) for millions in told.lines]
    commands = (
        {} if told.without_shell else shell.measured(_folder(told.lines[0]) / "regulars.duckdb")
    )
    text = markdown(results, commands, told.repeats)
    print(text)
    (HERE / "results.md").write_text(text, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Regulars beside SQL by hand and pandas.")
    parser.add_argument("--lines", type=int, nargs="+", default=[1, 10], help="in millions")
    parser.add_argument("--only", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-shell", action="store_true", help="leave out the commands")
    return parser.parse_args()


def _compared(millions: int, contenders: list[str], repeats: int) -> Result:
    """Run every contender so many times in turn, so that a slower hour hits all alike."""
    csv, lines = csv_of(millions, _folder(millions))
    runs: dict[str, list[dict[str, Any]]] = {contender: [] for contender in contenders}
    for repeat in range(repeats):
        answers = {}
        for contender in contenders:
            _say(f"{lines:,} lines, round {repeat + 1} of {repeats}: {contender}")
            figures, answers[contender] = _one(contender, csv)
            runs[contender].append(figures)
        _insist_on_agreement(answers)
    return Result(lines, runs)


def _folder(millions: int) -> Path:
    return WORK / str(millions)


def _one(contender: str, csv: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        child = [
            sys.executable,
            str(HERE / "child.py"),
            MODULES[contender],
            str(csv),
            str(csv.parent),
        ]
        subprocess.run(
            [*child, Settings().memory_limit, repr(time.time()), str(out)],
            check=True,
            cwd=csv.parent,
            env=AS_INSTALLED,
        )
        return pickle.loads(out.read_bytes())


def _insist_on_agreement(answers: dict[str, Any]) -> None:
    if found := differences(answers):
        sys.exit("The contenders do not give the same figures:\n  " + "\n  ".join(found))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
