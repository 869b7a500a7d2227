"""Countries on a world map, as SVG in the colours of the page.

The outlines ship with the package, so nothing is fetched. Countries too small to see are circles.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

SHADES = 5
_MANY_IN_EUROPE = 4
_DOT, _DOT_CLOSER = 60, 12
_REACH = 1.5
"""How far a country may reach from its middle, as a multiple of its size."""


class Outline(NamedTuple):
    """The outline of a country on the map, its middle, and its size across."""

    path: str
    x: int
    y: int
    across: int


class Window(NamedTuple):
    """A part of the map, and the radius of its circles."""

    name: str
    left: int
    top: int
    width: int
    height: int
    dot: int

    def holds(self, outline: Outline, reach: float = 0) -> bool:
        """Whether the middle of a country is inside, or at most `reach` outside."""
        return (
            -reach <= outline.x - self.left <= self.width + reach
            and -reach <= outline.y - self.top <= self.height + reach
        )


@dataclass(frozen=True)
class Market:
    """A country with sales.

    shade   from 1 to SHADES; 0 if net sales are not above zero
    words   the tooltip
    member  the location to filter by when it is clicked; empty for none
    """

    code: str
    shade: int
    words: str
    member: str = ""


@dataclass(frozen=True)
class MapView:
    """Markets in a window of the map.

    own     codes of the markets that screen readers and the keyboard reach in this view
    column  the column that the markets' members are values of
    """

    markets: Sequence[Market]
    window: Window
    own: frozenset[str]
    alt: str
    column: str

    def svg(self, *, with_links: bool = False) -> str:
        """Return the SVG; with links, markets can be clicked."""
        box = " ".join(map(str, self.window[1:5]))
        root = Element("svg", {
            "xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "class": "marks",
            "role": "group" if with_links else "img", "aria-label": self.alt,
        })  # fmt: skip
        seen = {
            code: outline
            for code, outline in outlines().items()
            if self.window.holds(outline, outline.across * _REACH)
        }
        sold = [market for market in self.markets if market.code in seen]
        others = seen.keys() - {market.code for market in sold}
        SubElement(root, "path", {"d": "".join(seen[code].path for code in sorted(others))})
        for market in sorted(sold, key=self._is_dot):
            self._draw(SubElement(root, "g"), market, with_links)
        return tostring(root, encoding="unicode")

    def _draw(self, group: Element, market: Market, with_links: bool) -> None:
        """Draw the outline of a market, and a circle if it is too small."""
        outline = outlines()[market.code]
        group.set("class", f"step-{market.shade}")
        if with_links:
            group.attrib |= self._link(market)
        SubElement(group, "title").text = market.words
        if outline.path:
            SubElement(group, "path", {"d": outline.path})
        if self._is_dot(market):
            circle = {"cx": str(outline.x), "cy": str(outline.y), "r": str(self.window.dot)}
            SubElement(group, "circle", circle)

    def _link(self, market: Market) -> dict[str, str]:
        """Return the attributes of a market: a click works in each view, Tab stops in its own."""
        link = {"data-go": self.column, "data-member": market.member} if market.member else {}
        if market.code not in self.own:
            return {"aria-hidden": "true", **link}
        role = {"role": "button", "tabindex": "-1"} if link else {"role": "img"}
        return {**role, "aria-label": market.words, **link}

    def _is_dot(self, market: Market) -> bool:
        return market.code in self.own and outlines()[market.code].across < self.window.dot


def views(markets: Sequence[Market], alt: str, column: str) -> list[MapView]:
    """Return the views of the markets: the world, with a closer view of Europe if many are there.

    If all markets are in Europe, the closer view is the only one.
    """
    world, closer = _windows()
    codes = frozenset(market.code for market in markets)
    close = frozenset(code for code in codes if closer.holds(outlines()[code]))
    if close == codes:
        return [MapView(markets, closer, codes, alt, column)]
    if len(close) < _MANY_IN_EUROPE:
        return [MapView(markets, world, codes, alt, column)]
    return [
        MapView(markets, world, codes - close, alt, column),
        MapView(markets, closer, close, f"{alt} Close-up of Europe.", column),
    ]


@cache
def outlines() -> Mapping[str, Outline]:
    """Return the outlines of all countries by code; "" is land that belongs to no country."""
    return {code: Outline(*outline) for code, outline in _world()["lands"].items()}


@cache
def _windows() -> tuple[Window, Window]:
    world = _world()
    left, top, width, height = world["closer"]
    return (
        Window("whole", 0, 0, world["width"], world["height"], _DOT),
        Window("closer", left, top, width, height, _DOT_CLOSER),
    )


def _world() -> dict[str, Any]:
    world: dict[str, Any] = json.loads((files(__package__) / "world.json").read_text("utf-8"))
    return world
