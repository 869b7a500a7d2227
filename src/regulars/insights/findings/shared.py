"""What all findings use: the rows of an analysis, how figures are written, and long names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Formatter = Callable[[Any], str]

_LONGEST_NAME = 60


def shortened(name: str) -> str:
    """Return a name cut to fit a heading."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


def total(rows: Sequence[Row], column: str) -> Any:
    """Return the sum of a column."""
    return sum(row[column] for row in rows)
