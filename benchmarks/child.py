"""One contender in a process of its own: started, built, asked; timed figures and answers out.

Called by run.py:  child.py CONTENDER CSV FOLDER MEMORY_LIMIT STARTED_AT OUT
"""

import math
import pickle
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from questions import QUESTIONS

TIMES = 3


def main(contender: str, csv: str, folder: str, memory_limit: str, began: str, out: str) -> None:
    module = import_module(f"contenders.{contender}")
    figures: dict[str, Any] = {"start-up": time.time() - float(began)}
    built, figures["build"] = _timed(lambda: module.build(Path(csv), Path(folder), memory_limit))
    answers = {}
    if hasattr(module, "ask"):
        shop, figures["open"] = _timed(lambda: module.opened(built))
        for question in QUESTIONS:
            asked = [_timed(lambda q=question: module.ask(shop, q)) for _ in range(TIMES)]
            figures[question] = [seconds for _, seconds in asked]
            answers[question] = asked[-1][0]
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    plain = {question: _rows(answer) for question, answer in answers.items()}
    Path(out).write_bytes(pickle.dumps((figures, plain)))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def _rows(answer: Any) -> list[dict[str, Any]]:
    """Return an answer of Arrow or pandas as rows of plain Python values."""
    rows = answer.to_pylist() if hasattr(answer, "to_pylist") else answer.to_dict("records")
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
