"""Column cards: the label, unit and format of a column in the result of an analysis."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Literal

Unit = Literal[
    "money", "count", "units", "share", "days", "months", "score", "text", "date", "yes/no"
]
Good = Literal["up", "down", "neither"]


@dataclass(frozen=True)
class ColumnCard:
    """One column of a result: its label, unit and format, and which direction is good."""

    label: str
    unit: Unit
    description: str = ""
    fmt: str = ""
    good: Good = "neither"


def docstring(function: Callable[..., Any]) -> str:
    """Return the cleaned docstring of a function. Raises TypeError if it has none."""
    if not function.__doc__:
        raise TypeError(f"{function.__name__} needs a docstring: users see it as its description")
    return cleandoc(function.__doc__)
