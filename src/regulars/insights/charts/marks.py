"""Marks on the axis of a chart: notes as numbered badges above it, targets as lines at the bars.

A badge is read and reached like a button: `to_text` gives it a label of its own in the SVG.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree

INK, PAGE = "var(--ink)", "var(--page)"

_MARK = "mark:"
"""The start of the target of a badge. That of a bar never contains a colon: it is quoted."""

_SVG = "http://www.w3.org/2000/svg"
_ABOVE = -16
_RADIUS, _PER_LETTER = 8, 2.5
_TO = "–"


@dataclass(frozen=True)
class Mark:
    """A badge above the bars from one category to another.

    label  the number in the badge
    text   what it stands for
    """

    first: str
    last: str
    label: str
    text: str


@dataclass(frozen=True)
class Level:
    """A line at the bar of a category, such as its target."""

    category: str
    value: float


def mark_layers(marks: Sequence[Mark], levels: Sequence[Level]) -> list[Any]:
    """Return the layers on top of a chart: its lines, then its badges."""
    lines = [_level_layer(levels)] if levels else []
    return [*lines, _badge_layer(marks)] if marks else lines


def joined(marks: Sequence[Mark], categories: Sequence[str], band_width: float) -> Sequence[Mark]:
    """Return marks in the order of their categories, with badges that would overlap as one."""
    found: list[Mark] = []
    for mark in sorted(marks, key=lambda one: categories.index(one.first)):
        before = found[-1] if found else None
        if before and _overlap(before, mark, categories, band_width):
            found[-1] = _as_one(before, mark, categories)
        else:
            found.append(mark)
    return found


def _overlap(one: Mark, other: Mark, categories: Sequence[str], band_width: float) -> bool:
    """Return whether the badges of two marks would overlap."""
    bands = categories.index(other.first) - categories.index(one.first)
    return bands * band_width < _radius(one.label) + _radius(other.label)


def _as_one(one: Mark, other: Mark, categories: Sequence[str]) -> Mark:
    first, last = one.label.split(_TO)[0], other.label.split(_TO)[-1]
    end = max(one.last, other.last, key=categories.index)
    return Mark(one.first, end, f"{first}{_TO}{last}", f"{one.text}; {other.text}")


def numbers(first: int, last: int) -> str:
    """Return the label of consecutive numbers: 3, or 3–5."""
    return str(first) if first == last else f"{first}{_TO}{last}"


def _level_layer(levels: Sequence[Level]) -> Any:
    """Return a line across the band of each category that has a level."""
    import altair as alt

    rows = [{"category": one.category, "value": one.value} for one in levels]
    ends = {
        "x": alt.X("category:N", sort=None, bandPosition=0),
        "x2": alt.X2("category:N", bandPosition=1),
    }
    line = alt.Chart(alt.InlineData(values=rows)).mark_rule(color=INK, strokeWidth=2)
    return line.encode(y=alt.Y("value:Q"), **ends)


def _badge_layer(marks: Sequence[Mark]) -> Any:
    """Return the badges, each with a line over the categories that it covers."""
    import altair as alt

    rows = [
        {"category": one.first, "last": one.last, "label": one.label,
         "href": f"#{_MARK}{quote(one.text)}", "size": _size(one.label)}
        for one in marks
    ]  # fmt: skip
    y = alt.value(_ABOVE)
    lasting = [row for row in rows if row["category"] != row["last"]]
    middle = alt.X("category:N", sort=None, bandPosition=0.5)
    line = alt.Chart(alt.InlineData(values=lasting)).mark_rule(color=INK, strokeWidth=2)
    badges = alt.Chart(alt.InlineData(values=rows))
    size = alt.Size("size:Q", scale=None, legend=None)
    return alt.layer(
        line.encode(x=middle, x2=alt.X2("last:N", bandPosition=0.5), y=y),
        badges.mark_circle(color=INK, opacity=1).encode(
            x=middle, y=y, href=alt.Href("href:N"), size=size
        ),
        badges.mark_text(color=PAGE, fontSize=10, fontWeight="bold", dy=0.5).encode(
            x=middle, y=y, text=alt.Text("label:N")
        ),
    )


def _size(label: str) -> float:
    """Return the area of a badge in Vega's units: that of the square around it."""
    return (2 * _radius(label)) ** 2


def _radius(label: str) -> float:
    return _RADIUS + max(len(label) - 2, 0) * _PER_LETTER


def is_mark(target: str) -> bool:
    """Return whether the target of a link in the SVG is that of a badge."""
    return target.startswith(_MARK)


def to_text(link: ElementTree.Element, target: str) -> None:
    """Turn the link around a badge into a focusable image with a label and a tooltip."""
    text = unquote(target.removeprefix(_MARK))
    link.attrib |= {"role": "img", "tabindex": "0", "aria-label": text, "class": "badge"}
    tooltip = ElementTree.Element(f"{{{_SVG}}}title")
    tooltip.text = text
    link.insert(0, tooltip)
