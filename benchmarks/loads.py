"""Measure the load of one day into a warehouse of one and of ten million lines.

    python benchmarks/loads.py --lines 1 10 --on duckdb postgresql

A day is 5,000 lines of complete orders with new numbers, by existing customers. It is loaded, then
loaded again with one price in a hundred corrected. The results go to loads.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from input_files import SHEETS, parts_of
from installed import AS_INSTALLED
from report import table

HERE = Path(__file__).parent
RESULTS = HERE / "work" / "loads.json"
DAY_LINES = 5_000
sys.path.insert(0, str(HERE.parent / "tests"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the load of one day.")
    parser.add_argument("--lines", type=int, nargs="+", default=[1, 10], help="in millions")
    parser.add_argument("--on", nargs="+", default=["duckdb", "postgresql"])
    parser.add_argument("--days", type=int, default=3)
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for engine in options.on:
        for millions in options.lines:
            results[f"{engine} {millions}"] = _measure(engine, millions, options.days)
            RESULTS.write_text(json.dumps(results, indent=1), "utf-8")
    (HERE / "loads.md").write_text(_page(results), "utf-8")


def _measure(engine: str, millions: int, days: int) -> dict[str, Any]:
    """Return the figures of a build, and the median loads of a day and of its corrections."""
    folder = parts_of(millions, HERE / "work" / f"parts-{millions}")
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=HERE / "work")))
        location = str(work / "shop.duckdb")
        if engine == "postgresql":
            from support.postgres import running_postgres

            server = stack.enter_context(running_postgres(durable=True))
            location = server.address("bench")
        if engine == "spark":
            location = f"local[2]?folder={work / 'shop'}"
        _write_days(work, days)
        build = _child(["build", location, str(folder)])
        loads = [_child(["load", location, str(work / f"day-{n}.csv")]) for n in range(days)]
        corrections = [
            _child(["load", location, str(work / f"corrected-{n}.csv")]) for n in range(days)
        ]
        size = Path(location).stat().st_size if engine == "duckdb" else None
    return {"build": build, "day": _median(loads), "corrected": _median(corrections), "size": size}


def _write_days(work: Path, days: int) -> None:
    """Write a file for each day, and another with one price in a hundred corrected."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE l AS SELECT * FROM read_parquet({SHEETS}) "
            f"WHERE Invoice NOT LIKE 'C%' AND InvoiceDate < '2010-12-01' LIMIT {DAY_LINES * days}"
        )
        for day in range(days):
            lines = f"""
                SELECT 'N' || Invoice || '-{day}' AS Invoice, StockCode, Description, Quantity,
                    TIMESTAMP '2011-12-10 09:00:00' + INTERVAL {day} DAY AS InvoiceDate,
                    Price, "Customer ID", Country, rowid AS number
                FROM l LIMIT {DAY_LINES} OFFSET {DAY_LINES * day}
            """
            corrected = "* EXCLUDE (number, Price), if(number % 100 = 0, Price + 1, Price) AS Price"
            for name, columns in (("day", "* EXCLUDE number"), ("corrected", corrected)):
                target = work / f"{name}-{day}.csv"
                con.execute(f"COPY (SELECT {columns} FROM ({lines})) TO '{target}'")


def _child(arguments: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", *arguments]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | AS_INSTALLED
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _run_child(what: str, location: str, source: str) -> None:
    import regulars as rg

    steps: list[tuple[float, str]] = []
    start = time.perf_counter()
    run = rg.build if what == "build" else rg.load
    run(
        source,
        warehouse=location,
        progress=lambda step: steps.append((time.perf_counter(), step)),
    )
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    parts = {step.split()[0]: after - at for (at, step), (after, _) in
             zip(steps, [*steps[1:], (end, "")], strict=True)}  # fmt: skip
    opening = {"Opening": steps[0][0] - start}
    print(json.dumps({"seconds": end - start, "peak": peak} | opening | parts))


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]


def _page(results: dict[str, Any]) -> str:
    rows = []
    for key, figures in results.items():
        engine, millions = key.split()
        size = "" if figures["size"] is None else f"{figures['size'] / 1e6:,.0f}"
        for what in ("build", "day", "corrected"):
            run = figures[what]
            parts = ", ".join(
                f"{name.lower()} {seconds:.2f}"
                for name, seconds in run.items()
                if name not in ("seconds", "peak") and seconds >= 0.05
            )
            rows.append([engine, f"{millions} M", what, f"{run['seconds']:.2f}",
                         f"{run['peak'] / 1e6:,.0f}", size, parts])  # fmt: skip
    heads = ["engine", "lines", "what", "seconds", "peak, MB", "file, MB", "of which"]
    return (
        f"# Loading a day\n\nOne day is {DAY_LINES:,} lines. Written by "
        "`python benchmarks/loads.py`; medians of three days.\n\n" + table(heads, rows) + "\n"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _run_child(*sys.argv[2:])
    else:
        main()
