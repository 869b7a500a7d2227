"""What a column of an answer means: its label, unit and format."""

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
    """One column of an answer: how it is headed, counted and read."""

    label: str
    unit: Unit
    description: str = ""
    fmt: str = ""
    good: Good = "neither"


def docstring(function: Callable[..., Any]) -> str:
    if not function.__doc__:
        raise TypeError(f"{function.__name__} needs a docstring: it is what people are shown")
    return cleandoc(function.__doc__)
