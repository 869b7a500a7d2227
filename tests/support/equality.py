"""The queries that every engine runs, and how their results are compared."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from regulars.analyses.catalog import ANALYSES
from regulars.analyses.define import Option
from support.warehouses import ResultRows


def analysis_calls() -> list[tuple[str, dict[str, Any]]]:
    """Return every analysis with each choice of each of its options, as (name, options)."""
    return [(name, call) for name in ANALYSES for call in option_choices(ANALYSES[name].options)]


def option_choices(options: Mapping[str, Option]) -> list[dict[str, Any]]:
    """Return the options of each call: none, then one choice that is not the default at a time."""
    others = (
        {name: choice}
        for name, option in options.items()
        for choice in option.choices
        if choice != option.default
    )
    return [{}, *others]


def same_value(one: object, other: object) -> bool:
    """Return whether two values are equal: money and counts exactly, ratios to nine digits."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, Decimal) != isinstance(other, Decimal):
        return False
    return one == other


def assert_same_rows(actual: ResultRows, expected: ResultRows) -> None:
    """Check that two results have the same rows in the same order."""
    assert len(actual) == len(expected)
    for ours, theirs in zip(actual, expected, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(same_value(ours[column], theirs[column]) for column in ours), (ours, theirs)
