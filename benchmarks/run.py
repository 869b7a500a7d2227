"""Compare Regulars with hand-written SQL and a pandas notebook.

    python benchmarks/run.py --lines 1 10 --only regulars sql pandas --repeats 3

This process imports nothing heavy: the peak memory of a child includes the memory of its parent.
"""

import argparse
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command_times
from check import differences
from input_files import csv_of
from installed import AS_INSTALLED
from regulars.core.settings import Settings
from report import Result, markdown

HERE = Path(__file__).parent
WORK = HERE / "work"
MODULES = {"regulars": "regulars_", "sql": "sql", "pandas": "pandas_notebook", "bare": "bare"}


def main() -> None:
    options = _arguments()
    results = [_compare(n, options.only, options.repeats) for n in options.lines]
    warehouse = _folder(options.lines[0]) / "regulars.duckdb"
    seconds = {} if options.without_shell else command_times.measure(warehouse)
    text = markdown(results, seconds, options.repeats)
    print(text)
    (HERE / "results.md").write_text(text, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compare Regulars with hand-written SQL and pandas."
    )
    parser.add_argument("--lines", type=int, nargs="+", default=[1, 10], help="in millions")
    parser.add_argument("--only", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-shell", action="store_true", help="skip the command times")
    return parser.parse_args()


def _compare(millions: int, contenders: list[str], repeats: int) -> Result:
    """Run the contenders in turn, so that a slow hour affects all of them."""
    csv, lines = csv_of(millions, _folder(millions))
    runs: dict[str, list[dict[str, Any]]] = {contender: [] for contender in contenders}
    for repeat in range(repeats):
        results = {}
        for contender in contenders:
            progress = f"{lines:,} lines, round {repeat + 1} of {repeats}: {contender}"
            print(progress, file=sys.stderr, flush=True)
            figures, results[contender] = _run(contender, csv)
            runs[contender].append(figures)
        if found := differences(results):
            sys.exit("The contenders do not return the same figures:\n  " + "\n  ".join(found))
    return Result(lines, runs)


def _folder(millions: int) -> Path:
    return WORK / str(millions)


def _run(contender: str, csv: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        child = [
            sys.executable,
            str(HERE / "run_contender.py"),
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
        figures, results = pickle.loads(out.read_bytes())
    return figures, results


if __name__ == "__main__":
    main()
