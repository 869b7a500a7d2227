"""Do the contenders give the same figures? Nothing is reported before they do.

Regulars and the hand-written SQL must agree on every row in the same order: whole numbers, text,
dates and money exactly, shares and means to 1e-9. The notebook computes in floats and breaks ties
in its own way, so it is held to the rows and columns that it shares with the others, to 1e-6.
"""

from decimal import Decimal
from math import isclose
from typing import Any

from questions import QUESTIONS

Rows = list[dict[str, Any]]
FIRST = 5
EXACT, FLOATS = 1e-9, 1e-6


def differences(answers: dict[str, dict[str, Rows]]) -> list[str]:
    """Return, in words, where the contenders differ from Regulars, or from SQL without it."""
    exact = [name for name in ("regulars", "sql") if name in answers]
    if not exact:
        return []
    base, found = exact[0], []
    for question, keys in QUESTIONS.items():
        ours = answers[base][question]
        for other in exact[1:]:
            told = same_rows(ours, answers[other][question])
            found += [f"{question}: {base} / {other}: {difference}" for difference in told]
        if "pandas" in answers:
            told = _shared_rows(ours, answers["pandas"][question], keys)
            found += [f"{question}: {base} / pandas: {difference}" for difference in told]
    return found


def same_rows(ours: Rows, theirs: Rows) -> list[str]:
    """Return, in words, the first differences between two answers, which are to have one order."""
    if len(ours) != len(theirs):
        return [f"{len(ours):,} rows / {len(theirs):,} rows"]
    pairs = zip(ours, theirs, strict=True)
    return [told for a, b in pairs for told in _unlike(a, b, money_exact=True)][:FIRST]


def _shared_rows(ours: Rows, theirs: Rows, keys: tuple[str, ...]) -> list[str]:
    """Compare the rows that the notebook has, found by their keys; it leaves out empty cells."""
    if not theirs or not set(keys) <= theirs[0].keys():
        return []
    known = {tuple(row[key] for key in keys): row for row in ours}
    told = []
    for row in theirs:
        key = tuple(row[name] for name in keys)
        told += _unlike(known[key], row, money_exact=False) if key in known else [f"no row {key}"]
    return told[:FIRST]


def _unlike(ours: dict[str, Any], theirs: dict[str, Any], *, money_exact: bool) -> list[str]:
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
    near = EXACT if money_exact else FLOATS
    return isclose(a, b, rel_tol=near, abs_tol=near * 1000)
