"""What PostgreSQL and Spark cost: loading, asking beside SQL by hand, and growing.

    python benchmarks/engines.py load ask grow --lines 1 10

What was measured is kept in work/engines.json, so that the parts can be run one by one; the page
engines.md is written anew from all of it.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import engines_ask
import engines_grow
import engines_load
from engines_page import page

HERE = Path(__file__).parent
ENGINES = ("duckdb", "postgresql", "spark")
KEPT = HERE / "work" / "engines.json"


def main() -> None:
    parser = argparse.ArgumentParser(description="What PostgreSQL and Spark cost.")
    parser.add_argument("parts", nargs="+", choices=("load", "ask", "grow"))
    parser.add_argument("--lines", type=int, nargs="+", default=[1, 10], help="grow: in millions")
    parser.add_argument("--on", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--repeats", type=int, default=3)
    told = parser.parse_args()
    if "load" in told.parts:
        _keep("load", engines_load.measured(told.repeats))
    if "ask" in told.parts:
        for engine in [one for one in told.on if one != "duckdb"]:
            _keep(f"ask {engine}", engines_ask.measured(engine, told.repeats))
    if "grow" in told.parts:
        for millions in told.lines:
            for engine in [one for one in told.on if one != "postgresql"]:
                _keep(f"grow {engine} {millions}", engines_grow.measured(engine, millions))
    (HERE / "engines.md").write_text(page(_kept()), "utf-8")


def _kept() -> dict[str, Any]:
    return json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}


def _keep(part: str, figures: dict[str, Any]) -> None:
    print(part, json.dumps(figures), file=sys.stderr, flush=True)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(_kept() | {part: figures}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
