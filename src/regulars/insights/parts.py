"""What the page is made of. These hold text ready to be shown; the template only arranges it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.analyses.catalog import is_metric
from regulars.core.columns import ColumnCard
from regulars.core.formatting import Change, text
from regulars.insights.charts.charts import Picture
from regulars.insights.charts.world_map import View
from regulars.insights.figure_ref import Origin


@dataclass(frozen=True)
class Kpi:
    """A headline figure: its value, how it moved, and where it stood before.

    `figure` and `figure_before` tell where both come from (`origins`).
    """

    name: str
    label: str
    value: str
    change: Change | None
    before: str
    whole: str
    description: str
    figure: str = ""
    figure_before: str = ""


@dataclass(frozen=True)
class Headlines:
    """The headline figures of a period, the chief ones first."""

    chief: Sequence[Kpi]
    others: Sequence[Kpi]
    finding: str
    words: str
    why_none: str


@dataclass(frozen=True)
class Head:
    """The heading of a column, and what it means.

    `member` is what it stands for in the data, a value of `column`, where one can go on from there.
    """

    label: str
    means: str = ""
    is_number: bool = True
    column: str = ""
    member: str = ""


@dataclass(frozen=True)
class Cell:
    """One value of a table: its text, perhaps a note below, a bar, or a shade behind.

    A bar is a part of the longest one, below 0 for a fall.
    `member` is what it stands for in the data, where one can go on from there; `figure` tells
    where it comes from (`origins`), where one can look behind it.
    """

    text: str
    note: str = ""
    bar: float | None = None
    heat: float | None = None
    swatch: int | None = None
    style: str = ""
    member: str = ""
    figure: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under headings; a folded one is opened by the reader.

    `column` is what the members in its cells are values of.
    """

    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    style: str = ""
    is_folded: bool = False
    column: str = ""
    shape: str = "table"


@dataclass(frozen=True)
class Figure:
    """A chart with the names of its colours."""

    picture: Picture
    legend: Sequence[tuple[str, str]] = ()
    shape: str = "figure"


@dataclass(frozen=True)
class Place:
    """One cell of the R x F map."""

    r: int
    f: int
    segment: str
    customers: str
    swatch: int
    is_empty: bool


@dataclass(frozen=True)
class Map:
    """The R x F map, best recency on top, and what it shows in words."""

    places: Sequence[Place]
    alt: str
    shape: str = "map"


@dataclass(frozen=True)
class World:
    """Sales by country on a map, in one view or two, with its steps and what it does not show.

    legend  how each step is drawn, and what it means
    """

    views: Sequence[View]
    legend: Sequence[tuple[str, str]]
    note: str
    shape: str = "world"


@dataclass(frozen=True)
class Note:
    """A sentence or two, perhaps of caution."""

    words: str
    is_caution: bool = False
    shape: str = "note"


@dataclass(frozen=True)
class Call:
    """Whom to act on first: who they are and what to do, and the figure that leads to them."""

    topic: str
    finding: str
    figure: str


@dataclass(frozen=True)
class Section:
    """One subject of the page: the finding is its heading, the topic says what it is about.

    call  whom it calls for acting on, where it does
    """

    name: str
    topic: str
    finding: str
    detail: str = ""
    parts: Sequence[Table | Figure | Map | World | Note] = ()
    call: Call | None = None


def heads(cards: Mapping[str, ColumnCard], names: Sequence[str]) -> list[Head]:
    """Return the headings of columns as their cards have them."""
    return [_head(cards[name]) for name in names]


def _head(card: ColumnCard) -> Head:
    label = f"{card.label}, days" if card.unit == "days" else card.label
    return Head(label, card.description, card.unit not in ("text", "date", "yes/no"))


def cells(
    row: Mapping[str, Any], cards: Mapping[str, ColumnCard], names: Sequence[str], currency: str,
    origins: Mapping[str, Origin] | None = None,
) -> list[Cell]:  # fmt: skip
    """Return the values of a row as their cards write them, with where each comes from, if told."""
    told = origins or {}
    return [_cell(row[name], name, cards[name], currency, told.get(name)) for name in names]


def _cell(value: object, name: str, card: ColumnCard, currency: str, origin: Origin | None) -> Cell:
    written = text(value, card, currency)
    if origin is None or value is None:
        return Cell(written)
    told = "" if is_metric(name, card) else written
    return Cell(written, figure=replace(origin, told=told).figure(name))
