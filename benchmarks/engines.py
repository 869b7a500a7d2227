"""Measure PostgreSQL and Spark: loading, queries against hand-written SQL, and growth.

    python benchmarks/engines.py load ask grow --lines 1 10

Results are saved in work/engines.json, so that you can run the parts one by one. engines.md is
rewritten from all of them.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import engines_ask
import engines_grow
import engines_load
from engines_page import markdown

HERE = Path(__file__).parent
ENGINES = ("duckdb", "postgresql", "spark")
RESULTS = HERE / "work" / "engines.json"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure PostgreSQL and Spark.")
    parser.add_argument("parts", nargs="+", choices=("load", "ask", "grow"))
    parser.add_argument("--lines", type=int, nargs="+", default=[1, 10], help="grow: in millions")
    parser.add_argument("--on", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    if "load" in options.parts:
        _save("load", engines_load.measure(options.repeats))
    if "ask" in options.parts:
        for engine in [one for one in options.on if one != "duckdb"]:
            _save(f"ask {engine}", engines_ask.measure(engine, options.repeats))
    if "grow" in options.parts:
        for millions in options.lines:
            for engine in [one for one in options.on if one != "postgresql"]:
                _save(f"grow {engine} {millions}", engines_grow.measure(engine, millions))
    (HERE / "engines.md").write_text(markdown(_saved()), "utf-8")


def _saved() -> dict[str, Any]:
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}


def _save(part: str, figures: dict[str, Any]) -> None:
    print(part, json.dumps(figures), file=sys.stderr, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(_saved() | {part: figures}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
