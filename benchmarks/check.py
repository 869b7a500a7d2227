"""Check that the contenders return the same figures before any are reported.

Regulars and the hand-written SQL must agree on every row in the same order: whole numbers, text,
dates and money exactly, shares and means to 1e-9. The notebook computes in floats and breaks ties
differently, so it must agree on the rows and columns it shares with the others, to 1e-6.
"""

from decimal import Decimal
from math import isclose
from typing import Any

from queries import QUERIES

Rows = list[dict[str, Any]]
MOST_SHOWN = 5
EXACT, FLOATS = 1e-9, 1e-6


def differences(results: dict[str, dict[str, Rows]]) -> list[str]:
    """Return a line for each difference from Regulars, or from SQL if Regulars was not run."""
    exact = [name for name in ("regulars", "sql") if name in results]
    if not exact:
        return []
    base, found = exact[0], []
    for query, keys in QUERIES.items():
        ours = results[base][query]
        for other in exact[1:]:
            lines = row_differences(ours, results[other][query])
            found += [f"{query}: {base} / {other}: {line}" for line in lines]
        if "pandas" in results:
            lines = _shared_row_differences(ours, results["pandas"][query], keys)
            found += [f"{query}: {base} / pandas: {line}" for line in lines]
    return found


def row_differences(ours: Rows, theirs: Rows) -> list[str]:
    """Return a line for each of the first differences between two results in the same order."""
    if len(ours) != len(theirs):
        return [f"{len(ours):,} rows / {len(theirs):,} rows"]
    pairs = zip(ours, theirs, strict=True)
    return [line for a, b in pairs for line in _differences(a, b, money_exact=True)][:MOST_SHOWN]


def _shared_row_differences(ours: Rows, theirs: Rows, keys: tuple[str, ...]) -> list[str]:
    """Compare the rows of the notebook by key. It omits rows for empty cells."""
    if not theirs or not set(keys) <= theirs[0].keys():
        return []
    by_key = {tuple(row[key] for key in keys): row for row in ours}
    lines = []
    for row in theirs:
        key = tuple(row[name] for name in keys)
        if key in by_key:
            lines += _differences(by_key[key], row, money_exact=False)
        else:
            lines.append(f"no row {key}")
    return lines[:MOST_SHOWN]


def _differences(ours: dict[str, Any], theirs: dict[str, Any], *, money_exact: bool) -> list[str]:
    shared = [name for name in ours if name in theirs]
    return [
        f"{name} {ours[name]!r} / {theirs[name]!r} in {next(iter(ours.values()))}"
        for name in shared
        if not _equal(ours[name], theirs[name], money_exact=money_exact)
    ]


def _equal(a: Any, b: Any, *, money_exact: bool) -> bool:
    if not isinstance(a, int | float | Decimal) or not isinstance(b, int | float | Decimal):
        return bool(a == b)
    if money_exact and not isinstance(a, float) and not isinstance(b, float):
        return a == b
    tolerance = EXACT if money_exact else FLOATS
    return isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1000)
