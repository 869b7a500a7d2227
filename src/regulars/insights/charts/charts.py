"""Bar charts: rows -> Altair -> SVG in the colours of the page, in the sizes that pages need.

A chart fetches and runs nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from regulars.insights.charts.marks import Level, Mark, joined, mark_layers
from regulars.insights.charts.page_svg import for_page

if TYPE_CHECKING:
    import altair as alt

ACCENT, SECOND, INK, MUTED, LINE = (
    "var(--accent)", "var(--second)", "var(--ink)", "var(--muted)", "var(--line)",
)  # fmt: skip
INCOMPLETE = {
    ACCENT: "url(#incomplete-accent)", SECOND: "url(#incomplete-second)",
    MUTED: "url(#incomplete-muted)",
}  # fmt: skip
"""The fill of an incomplete month by that of a complete one; each page has the patterns once."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_FEW_TICKS = 4
_LABELS: Mapping[str, tuple[float, dict[str, Any]]] = {
    "above": (0.5, {"dy": -8}),
    "upright": (0.5, {"align": "left", "baseline": "middle", "angle": 270, "dx": 6}),
    "beside": (1, {"align": "left", "dx": 4, "dy": 4}),
}
"""How to draw a label: its position within the band of its bar, and its mark options."""

_LETTER_WIDTH = 6.5
_CONFIG = {
    "font": _FONT,
    "background": "transparent",
    "aria": False,
    "padding": {"left": 8, "right": 12, "top": 8, "bottom": 4},
    "view": {"stroke": None},
    "axis": {"labelColor": MUTED, "gridColor": LINE, "labelFontSize": 12, "labelPadding": 6},
    "text": {"fontSize": 12},
}


@dataclass(frozen=True)
class Size:
    """The size of a chart in pixels, and how many labels its axis has room for."""

    name: str
    width: int
    height: int
    labels: int


SIZES = {
    size.name: size
    for size in (
        Size("broad", 1080, 250, 12), Size("wide", 800, 230, 9), Size("narrow", 300, 200, 4)
    )
}  # fmt: skip
"""For the dashboard, for the report, and for a phone."""

_BAR_WIDTHS = {"broad": 780, "wide": 600, "narrow": 150}
"""Widths of horizontal bars by size, without their labels."""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart.

    category  its place on the axis; bars of one category are stacked
    member    the value to filter by when the bar is clicked; empty for none
    interval  the ends of the interval around the value, shown as a line on a horizontal bar
    text      its value in words, for the tooltip and for screen readers; by default the label
    """

    category: str
    value: float
    fill: str = ACCENT
    label: str = ""
    member: str = ""
    interval: tuple[float, float] | None = None
    text: str = ""

    @property
    def words(self) -> str:
        """The bar in words: its category and its value."""
        return f"{self.category}: {self.text or self.label}"

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the bar with its interval."""
        reached = (self.value, *(self.interval or ()))
        return min(reached), max(reached)


@dataclass(frozen=True)
class VerticalBars:
    """Vertical bars in the given order.

    A label is drawn above its bar: beside the last one, and upright over the first if it would
    reach across the axis.

    currency  sign of the axis; None for counts, which have whole numbers only
    alt       what the chart shows, for screen readers
    column    the column that the bars' members are values of
    marks     badges above the bars, such as for notes
    levels    lines at the bars, such as their targets
    """

    bars: Sequence[Bar]
    currency: str | None
    alt: str
    name: str
    column: str = ""
    marks: Sequence[Mark] = ()
    levels: Sequence[Level] = ()

    def svg(self, name: str, *, with_links: bool = False) -> str:
        """Return the SVG in one of the sizes; with links, bars can be clicked."""
        bars, size = self.bars, SIZES[name]
        size = replace(size, width=min(size.width, 40 + 90 * len({bar.category for bar in bars})))
        column = self.column if with_links else ""
        categories, amounts = _categories(bars, size), _amounts(self.currency, _heights(bars))
        labels = (_labels(bars, placement, size) for placement in _LABELS)
        layers = [_bars(bars, with_links, x=categories, y=amounts), *labels]
        order = [*_heights(bars)]
        marks = joined(self.marks, order, size.width / max(len(order), 1))
        layers += mark_layers(marks, self.levels)
        return _svg(layers, size, self.name, self.alt, column)


@dataclass(frozen=True)
class HorizontalBars:
    """Horizontal bars in the given order, each with its label at the end.

    alt     what the chart shows, for screen readers
    column  the column that the bars' members are values of
    """

    bars: Sequence[Bar]
    alt: str
    name: str
    column: str = ""

    def svg(self, name: str, *, with_links: bool = False) -> str:
        """Return the SVG in one of the sizes; with links, bars can be clicked."""
        size = Size(name, _BAR_WIDTHS[name], max(25 * len(self.bars), 40), 0)
        column = self.column if with_links else ""
        return _svg(_horizontal(self.bars, size, with_links), size, self.name, self.alt, column)


BarChart = VerticalBars | HorizontalBars


def _horizontal(bars: Sequence[Bar], size: Size, with_links: bool) -> list[Any]:
    import altair as alt

    category = alt.Y(
        "category:N", sort=None, scale=alt.Scale(paddingInner=0.35),
        axis=_axis(labelLimit=size.width, ticks=False, domain=False),
    )  # fmt: skip
    # Leaves room for the label at the end of the longest bar.
    high = max(0, *(bar.ends[1] for bar in bars)) * (1.25 if size.width > 300 else 1.9)
    low = min((bar.ends[0] for bar in bars), default=0)
    scale = alt.Scale(domain=[min(low, 0), high or 1])
    value = alt.X("value:Q", scale=scale, axis=None)
    labels = alt.Chart(_data(bars)).mark_text(align="left", dx=6, color=INK).encode(
        x=alt.X("high:Q", scale=scale, axis=None), y=category, text=alt.Text("label:N")
    )  # fmt: skip
    drawn = _bars(bars, with_links, x=value, y=category)
    return [drawn, labels, _intervals(bars, scale, category)]


def _intervals(bars: Sequence[Bar], scale: Any, category: Any) -> Any:
    """Return a line over each bar that has an interval, with its two ends."""
    import altair as alt

    data = _data([bar for bar in bars if bar.interval])
    low, high = (alt.X(f"{end}:Q", scale=scale, axis=None) for end in ("low", "high"))
    line = alt.Chart(data).mark_rule(color=INK, strokeWidth=1.5)
    ends = alt.Chart(data).mark_tick(color=INK, thickness=1.5, size=9)
    return alt.layer(
        line.encode(x=low, x2=alt.X2("high:Q"), y=category),
        ends.encode(x=low, y=category),
        ends.encode(x=high, y=category),
    )


def _bars(bars: Sequence[Bar], with_links: bool, **encoding: Any) -> Any:
    import altair as alt

    if with_links:
        encoding["href"] = alt.Href("member:N")
    fill = alt.Color("fill:N", scale=None, legend=None)
    order = alt.Order("order:Q")
    return alt.Chart(_data(bars)).mark_bar().encode(color=fill, order=order, **encoding)


def _labels(bars: Sequence[Bar], placement: str, size: Size) -> Any:
    """Return the labels with one placement, above all bars of their category."""
    import altair as alt

    heights = _heights(bars)
    room = size.width / len(heights)
    labelled = [
        Bar(bar.category, heights[bar.category], label=bar.label)
        for bar in bars
        if bar.label and _placement(bar, bars, room) == placement
    ]
    position, options = _LABELS[placement]
    x = alt.X("category:N", sort=None, bandPosition=position)
    text = alt.Chart(_data(labelled)).mark_text(color=MUTED, **options)
    return text.encode(x=x, y=alt.Y("value:Q"), text=alt.Text("label:N"))


def _placement(bar: Bar, bars: Sequence[Bar], room: float) -> str:
    if bar.category == bars[-1].category:
        return "beside"
    is_too_wide = len(bar.label) * _LETTER_WIDTH > room
    return "upright" if bar.category == bars[0].category and is_too_wide else "above"


def _heights(bars: Sequence[Bar]) -> dict[str, float]:
    """Return the height of the stacked bars of each category."""
    heights: dict[str, float] = {}
    for bar in bars:
        heights[bar.category] = heights.get(bar.category, 0) + max(bar.value, 0)
    return heights


def _categories(bars: Sequence[Bar], size: Size) -> "alt.X":
    import altair as alt

    categories = list(dict.fromkeys(bar.category for bar in bars))
    step = -(-len(categories) // size.labels)
    return alt.X(
        "category:N", sort=None, scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
        axis=_axis(values=categories[::step], labelAngle=0, labelOverlap=False),
    )  # fmt: skip


def _amounts(currency: str | None, heights: Mapping[str, float]) -> "alt.Y":
    import altair as alt

    options: dict[str, Any] = {}
    if currency is None:
        options["labelExpr"] = "format(datum.value, ',')"
        most = int(max(heights.values(), default=0))
        # Vega ignores tickMinStep here and would label half customers.
        if most <= _FEW_TICKS:
            options["values"] = list(range(most + 1))
    else:
        short = "replace(replace(format(abs(datum.value), '~s'), 'G', 'bn'), 'M', 'm')"
        options["labelExpr"] = f"(datum.value < 0 ? '−' : '') + {json.dumps(currency)} + {short}"
    axis = _axis(tickCount=_FEW_TICKS, grid=True, domain=False, ticks=False, **options)
    return alt.Y("value:Q", stack="zero", title=None, axis=axis)


def _axis(**options: Any) -> "alt.Axis":
    import altair as alt

    return alt.Axis(**{"title": None, "domainColor": LINE, "tickColor": LINE, **options})


def _data(bars: Sequence[Bar]) -> "alt.InlineData":
    import altair as alt

    rows = [
        {
            "category": bar.category,
            "value": bar.value,
            "fill": bar.fill,
            "label": bar.label,
            "order": n,
            "member": f"#{quote(bar.member, safe='')}/{quote(bar.words, safe='')}",
            "low": bar.ends[0],
            "high": bar.ends[1],
        }
        for n, bar in enumerate(bars)
    ]
    return alt.InlineData(values=rows)


def _svg(layers: Sequence[Any], size: Size, name: str, alt: str, column: str = "") -> str:
    import altair
    import vl_convert

    # Without Altair's validation, and its copy of the chart for each option: they took as long as
    # drawing it.
    chart = altair.layer(*layers).to_dict(validate=False)
    chart |= {"width": size.width, "height": size.height, "config": _CONFIG}
    svg = vl_convert.vegalite_to_svg(chart)
    return for_page(svg, f"{name}-{size.name}", alt, column)
