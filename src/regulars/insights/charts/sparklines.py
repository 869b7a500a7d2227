"""Trends of figures as small lines: this period, and the one it is compared with below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.core import formatting

FEWEST = 3
"""With fewer months there is no trend to speak of."""

Months = Sequence[tuple[date, bool]]
_WIDTH, _HEIGHT = 100, 30


@dataclass(frozen=True)
class Spark:
    """A trend as the paths of lines: complete months, then those that are not.

    before  the months compared with, one below each
    area    what lies between the line and nought
    """

    whole: str
    rest: str
    words: str
    before: str = ""
    area: str = ""


def spark(months: Months, told: Sequence[Any], before: Sequence[Any] = ()) -> Spark | None:
    """Return the trend of a figure; None where there are too few months to speak of one.

    A month of which there is nothing to tell, such as the average of no orders, is a gap.
    """
    now, then = _numbers(told), _numbers(before)
    seen = [value for value in (*now, *then) if value is not None]
    if len([value for value in now if value is not None]) < FEWEST:
        return None
    top, low = max(seen), min(0.0, *seen)
    height = (top - low) or 1

    def points(values: Sequence[float | None]) -> list[tuple[float, float] | None]:
        return [
            None if value is None
            else (n * _WIDTH / (len(values) - 1), _HEIGHT * (1 - (value - low) / height))
            for n, value in enumerate(values)
        ]  # fmt: skip

    line, ended = points(now), sum(is_complete for _, is_complete in months)
    words = f"{formatting.month(months[0][0])} to {formatting.month(months[-1][0])}"
    floor = _HEIGHT * (1 + low / height)
    return Spark(
        _path(line[:ended]), _path(line[max(ended - 1, 0) :]), words, _path(points(then)),
        _area(line[:ended], floor, len(line)),
    )  # fmt: skip


def _numbers(told: Sequence[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in told]


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Return the path through points; where there is none, it begins anew."""
    told, pen = "", "M"
    for point in points:
        if point:
            told += f"{pen}{point[0]:.1f},{point[1]:.1f}"
        pen = "L" if point else "M"
    return told if "L" in told else ""


def _area(points: Sequence[tuple[float, float] | None], floor: float, most: int) -> str:
    """Return what lies under a line without a gap, of so many months with those to come."""
    line = _path(points)
    if not line or None in points:
        return ""
    return f"{line}L{_WIDTH * (len(points) - 1) / (most - 1):.1f},{floor:.1f}L0,{floor:.1f}Z"
