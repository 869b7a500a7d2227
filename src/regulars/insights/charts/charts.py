"""Rows -> Altair chart -> SVG that takes its colours from the page, in the shapes that pages need.

Nothing in a chart is fetched or run. The SVG is parsed and written again, so that it is well
formed whatever its text says, its ids are unique on the page, and its words for screen readers
are one label for the whole.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree

if TYPE_CHECKING:
    import altair as alt

ACCENT, SECOND, INK, MUTED, LINE = (
    "var(--accent)", "var(--second)", "var(--ink)", "var(--muted)", "var(--line)",
)  # fmt: skip
HATCHED = {ACCENT: "url(#hatch-accent)", SECOND: "url(#hatch-second)"}
"""What marks an unfinished month; the patterns stand once in the page."""

_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_FEW_TICKS = 4
_STANDS: Mapping[str, tuple[float, dict[str, Any]]] = {
    "on top": (0.5, {"dy": -8}),
    "upright": (0.5, {"align": "left", "baseline": "middle", "angle": 270, "dx": 6}),
    "beside": (1, {"align": "left", "dx": 4, "dy": 4}),
}
"""Where in its place a label stands, and how."""
_LETTER = 6.5
"""How wide a letter of a label is, about."""

_PADDING = {"left": 8, "right": 12, "top": 8, "bottom": 4}


@dataclass(frozen=True)
class Shape:
    """How large a chart is, and how many labels its axis bears."""

    name: str
    width: int
    height: int
    labels: int


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("broad", 1080, 250, 12), Shape("wide", 800, 230, 9), Shape("narrow", 300, 200, 4)
    )
}  # fmt: skip
"""Of a page of the dashboard, of the report, and of a phone."""

_LYING = {"broad": 780, "wide": 600, "narrow": 150}
"""How wide bars that lie are, without what stands beside them."""


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, how long it is, its colour, and a label to stand by it.

    `member` is what it stands for in the data, where one can go on from there.
    """

    place: str
    value: float
    fill: str = ACCENT
    label: str = ""
    member: str = ""


@dataclass(frozen=True)
class Columns:
    """Upright bars in their order, stacked where they share a place, and what they show in words.

    Labels stand on top; that of the last place beside it, that of the first upright where it would
    reach over the axis. `sign` stands before money; it is None for what is counted, in whole ones.
    `column` is what the members of the bars are values of.
    """

    bars: Sequence[Bar]
    sign: str | None
    alt: str
    name: str
    column: str = ""

    def drawn(self, name: str, *, with_links: bool = False) -> str:
        """Return it as SVG in one of the shapes; links lead to what bars stand for."""
        bars, shape = self.bars, SHAPES[name]
        shape = replace(shape, width=min(shape.width, 40 + 90 * len({bar.place for bar in bars})))
        column = self.column if with_links else ""
        places, amounts = _places(bars, shape), _amounts(self.sign, _heights(bars))
        layers = _bars(bars, bool(column), x=places, y=amounts)
        for stand in _STANDS:
            layers += _tops(bars, stand, shape)
        return _svg(layers, shape, self.name, self.alt, column)


@dataclass(frozen=True)
class Lying:
    """Bars that lie in their order, each with its label at its end, and what they show in words.

    `column` is what the members of the bars are values of.
    """

    bars: Sequence[Bar]
    alt: str
    name: str
    column: str = ""

    def drawn(self, name: str, *, with_links: bool = False) -> str:
        """Return it as SVG in one of the shapes; links lead to what bars stand for."""
        shape = Shape(name, _LYING[name], max(25 * len(self.bars), 40), 0)
        column = self.column if with_links else ""
        return _svg(_lying(self.bars, shape, bool(column)), shape, self.name, self.alt, column)


Picture = Columns | Lying


def _lying(bars: Sequence[Bar], shape: Shape, with_links: bool) -> Any:
    import altair as alt

    place = alt.Y(
        "place:N", sort=None, scale=alt.Scale(paddingInner=0.35),
        axis=_axis(labelLimit=shape.width, ticks=False, domain=False),
    )  # fmt: skip
    room = max(0, *(bar.value for bar in bars)) * (1.25 if shape.width > 300 else 1.9)
    low = min((bar.value for bar in bars), default=0)
    scale = alt.Scale(domain=[min(low, 0), room or 1])
    value = alt.X("value:Q", scale=scale, axis=None)
    words = alt.Chart(_data(bars)).mark_text(align="left", dx=6, color=INK).encode(
        x=value, y=place, text="label:N"
    )  # fmt: skip
    return _bars(bars, with_links, x=value, y=place) + words


def _bars(bars: Sequence[Bar], with_links: bool, **encoding: Any) -> Any:
    import altair as alt

    if with_links:
        encoding["href"] = "member:N"
    fill = alt.Color("fill:N", scale=None, legend=None)
    return alt.Chart(_data(bars)).mark_bar().encode(color=fill, order="order:Q", **encoding)


def _tops(bars: Sequence[Bar], stand: str, shape: Shape) -> Any:
    """Return the labels that stand in one way, above all bars of their place."""
    import altair as alt

    heights = _heights(bars)
    room = shape.width / len(heights)
    tops = [
        Bar(bar.place, heights[bar.place], label=bar.label)
        for bar in bars
        if bar.label and _stand(bar, bars, room) == stand
    ]
    position, how = _STANDS[stand]
    x = alt.X("place:N", sort=None, bandPosition=position)
    text = alt.Chart(_data(tops)).mark_text(color=MUTED, **how)
    return text.encode(x=x, y=alt.Y("value:Q"), text="label:N")


def _stand(bar: Bar, bars: Sequence[Bar], room: float) -> str:
    if bar.place == bars[-1].place:
        return "beside"
    is_too_wide = len(bar.label) * _LETTER > room
    return "upright" if bar.place == bars[0].place and is_too_wide else "on top"


def _heights(bars: Sequence[Bar]) -> dict[str, float]:
    """Return how high the bars of each place reach together."""
    heights: dict[str, float] = {}
    for bar in bars:
        heights[bar.place] = heights.get(bar.place, 0) + max(bar.value, 0)
    return heights


def _places(bars: Sequence[Bar], shape: Shape) -> "alt.X":
    import altair as alt

    places = list(dict.fromkeys(bar.place for bar in bars))
    step = -(-len(places) // shape.labels)
    return alt.X(
        "place:N", sort=None, scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
        axis=_axis(values=places[::step], labelAngle=0, labelOverlap=False),
    )  # fmt: skip


def _amounts(sign: str | None, heights: Mapping[str, float]) -> "alt.Y":
    import altair as alt

    short = "replace(format(abs(datum.value), '~s'), 'G', 'bn')"
    money = f"(datum.value < 0 ? '−' : '') + {json.dumps(sign)} + {short}"
    told: dict[str, Any] = {"labelExpr": money}
    if sign is None:
        told = {"labelExpr": "format(datum.value, ',')"}
        most = int(max(heights.values(), default=0))
        # Vega does not keep to tickMinStep here, and would count half customers.
        if most <= _FEW_TICKS:
            told["values"] = list(range(most + 1))
    axis = _axis(tickCount=_FEW_TICKS, grid=True, domain=False, ticks=False, **told)
    return alt.Y("value:Q", stack="zero", title=None, axis=axis)


def _axis(**options: Any) -> "alt.Axis":
    import altair as alt

    return alt.Axis(**{"title": None, "domainColor": LINE, "tickColor": LINE, **options})


def _data(bars: Sequence[Bar]) -> "alt.InlineData":
    import altair as alt

    rows = [
        {
            "place": bar.place,
            "value": bar.value,
            "fill": bar.fill,
            "label": bar.label,
            "order": n,
            "member": f"#{quote(bar.member)}",
        }
        for n, bar in enumerate(bars)
    ]
    return alt.InlineData(values=rows)


def _svg(chart: Any, shape: Shape, name: str, alt: str, column: str = "") -> str:
    import vl_convert

    sized = chart.properties(width=shape.width, height=shape.height)
    styled = (
        sized.configure(font=_FONT, background="transparent", aria=False, padding=_PADDING)
        .configure_view(stroke=None)
        .configure_axis(labelColor=MUTED, gridColor=LINE, labelFontSize=12, labelPadding=6)
        .configure_text(fontSize=12)
    )
    drawn = vl_convert.vegalite_to_svg(styled.to_dict())
    return _page_worthy(drawn, f"{name}-{shape.name}", alt, column)


def _page_worthy(svg: str, name: str, alt: str, column: str) -> str:
    """Return the SVG scaled to its place, with ids of its own and one label for the whole.

    Bars that stand for values of a column are buttons, each with a label of its own.
    """
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)
    root.attrib |= {"role": "group" if column else "img", "aria-label": alt, "class": "marks"}
    for element in root.iter():
        _tidy(element, name, is_root=element is root)
        if element.tag == f"{{{_SVG}}}a":
            _make_button(element, column)
    return ElementTree.tostring(root, encoding="unicode")


def _make_button(link: ElementTree.Element, column: str) -> None:
    """Turn a link round a mark into a button that says what it stands for, if it does."""
    member = unquote(link.attrib.pop(_HREF, "").partition("#")[2])
    link.tag = f"{{{_SVG}}}g"
    if member:
        told = {"data-go": column, "data-member": member, "role": "button", "tabindex": "0"}
        link.attrib |= told | {"aria-label": f"{column.replace('_', ' ')}: {member}"}


def _tidy(element: ElementTree.Element, name: str, *, is_root: bool) -> None:
    for key, value in list(element.attrib.items()):
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key == "clip-path":
            element.set(key, value.replace("url(#", f"url(#{name}-"))
        elif key == "font-family" or (not is_root and (key in ("role", "class") or "aria" in key)):
            del element.attrib[key]
