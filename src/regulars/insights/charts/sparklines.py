"""Sparklines: the trend of a figure as a small line, above that of the earlier period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.core import formatting

FEWEST = 3
"""The fewest months that make a trend."""

Months = Sequence[tuple[date, bool]]
"""The first day of each month, and whether the month is complete."""

_WIDTH, _HEIGHT = 100, 30
_Points = Sequence[tuple[float, float] | None]


@dataclass(frozen=True)
class Sparkline:
    """A trend as SVG paths.

    complete    the complete months
    incomplete  the months after those
    label       the first and the last month
    before      the months of the earlier period, each below its counterpart
    area        the area between the line and zero
    """

    complete: str
    incomplete: str
    label: str
    before: str = ""
    area: str = ""


def sparkline(
    months: Months, values: Sequence[Any], before: Sequence[Any] = ()
) -> Sparkline | None:
    """Return the trend of a figure; None if there are too few months.

    A month without a value, such as the average of no orders, is a gap.
    """
    now, then = _numbers(values), _numbers(before)
    seen = [value for value in (*now, *then) if value is not None]
    if len([value for value in now if value is not None]) < FEWEST:
        return None
    top, low = max(seen), min(0.0, *seen)
    height = (top - low) or 1

    def points(numbers: Sequence[float | None]) -> _Points:
        return [
            None if number is None
            else (n * _WIDTH / (len(numbers) - 1), _HEIGHT * (1 - (number - low) / height))
            for n, number in enumerate(numbers)
        ]  # fmt: skip

    line, complete = points(now), sum(is_complete for _, is_complete in months)
    label = f"{formatting.month(months[0][0])} to {formatting.month(months[-1][0])}"
    floor = _HEIGHT * (1 + low / height)
    return Sparkline(
        _path(line[:complete]), _path(line[max(complete - 1, 0) :]), label, _path(points(then)),
        _area(line[:complete], floor, len(line)),
    )  # fmt: skip


def _numbers(values: Sequence[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _path(points: _Points) -> str:
    """Return the path through points; after a gap it starts again."""
    path, pen = "", "M"
    for point in points:
        if point:
            path += f"{pen}{point[0]:.1f},{point[1]:.1f}"
        pen = "L" if point else "M"
    return path if "L" in path else ""


def _area(points: _Points, floor: float, months: int) -> str:
    """Return the area under a line; empty for a line with gaps."""
    line = _path(points)
    if not line or None in points:
        return ""
    return f"{line}L{_WIDTH * (len(points) - 1) / (months - 1):.1f},{floor:.1f}L0,{floor:.1f}Z"
