"""Start, build and query one contender in its own process; write its times and results.

run.py calls:  run_contender.py CONTENDER CSV FOLDER MEMORY_LIMIT STARTED_AT OUT
"""

import math
import pickle
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from queries import QUERIES

TIMES = 3


def main(contender: str, csv: str, folder: str, memory_limit: str, started: str, out: str) -> None:
    module = import_module(f"contenders.{contender}")
    figures: dict[str, Any] = {"start-up": time.time() - float(started)}
    built, figures["build"] = _timed(lambda: module.build(Path(csv), Path(folder), memory_limit))
    results = {}
    if hasattr(module, "query"):
        shop, figures["open"] = _timed(lambda: module.open_built(built))
        for query in QUERIES:
            runs = [_timed(partial(module.query, shop, query)) for _ in range(TIMES)]
            figures[query] = [seconds for _, seconds in runs]
            results[query] = runs[-1][0]
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    plain = {query: _rows(result) for query, result in results.items()}
    Path(out).write_bytes(pickle.dumps((figures, plain)))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def _rows(result: Any) -> list[dict[str, Any]]:
    """Return an Arrow table or a data frame as rows of plain Python values."""
    rows = result.to_pylist() if hasattr(result, "to_pylist") else result.to_dict("records")
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, str | date | Decimal | bool):
        return value
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number


if __name__ == "__main__":
    main(*sys.argv[1:])
