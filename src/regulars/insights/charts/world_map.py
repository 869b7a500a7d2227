"""Countries on a map of the world as SVG that takes its colours from the page.

The outlines ship with the package; nothing is fetched or run. What is too small to be seen is
drawn as a circle.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

SHADES = 5
_MANY_CLOSE = 4
_DOT, _DOT_CLOSER = 60, 12
_REACH = 1.5
"""How far a country may reach from its middle, in sizes across."""


class Land(NamedTuple):
    """A country as it lies on the map: its outline, its middle, and how large it is across."""

    path: str
    x: int
    y: int
    across: int


class Window(NamedTuple):
    """A part of the map, and the radius of the circles on it."""

    name: str
    left: int
    top: int
    width: int
    height: int
    dot: int

    def holds(self, land: Land, reach: float = 0) -> bool:
        """Whether the middle of a country lies in it, or no farther off than it may reach."""
        return (
            -reach <= land.x - self.left <= self.width + reach
            and -reach <= land.y - self.top <= self.height + reach
        )


@dataclass(frozen=True)
class Market:
    """A country with sales: its shade from 1 to SHADES, 0 where nothing is left after returns.

    `words` are all there is to say of it; `member` is what it stands for in the data, where one can
    go on from there.
    """

    code: str
    shade: int
    words: str
    member: str = ""


@dataclass(frozen=True)
class View:
    """Markets in a part of the map, and what it shows in words.

    own     the codes of those that are told here, and not in another view
    column  what the members of the markets are values of
    """

    markets: Sequence[Market]
    window: Window
    own: frozenset[str]
    alt: str
    column: str

    def drawn(self, *, with_links: bool = False) -> str:
        """Return it as SVG; links lead to what the markets stand for."""
        box = " ".join(map(str, self.window[1:5]))
        root = Element("svg", {
            "xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "class": "marks",
            "role": "group" if with_links else "img", "aria-label": self.alt,
        })  # fmt: skip
        seen = {c: one for c, one in lands().items() if self.window.holds(one, one.across * _REACH)}
        sold = [market for market in self.markets if market.code in seen]
        others = seen.keys() - {market.code for market in sold}
        SubElement(root, "path", {"d": "".join(seen[code].path for code in sorted(others))})
        for market in sorted(sold, key=self._is_dot):
            self._draw(SubElement(root, "g"), market, with_links)
        return tostring(root, encoding="unicode")

    def _draw(self, group: Element, market: Market, with_links: bool) -> None:
        """Draw a market as its outline, and a circle where that is too small."""
        land = lands()[market.code]
        group.set("class", f"step-{market.shade}")
        if with_links:
            group.attrib |= self._handle(market)
        SubElement(group, "title").text = market.words
        if land.path:
            SubElement(group, "path", {"d": land.path})
        if self._is_dot(market):
            place = {"cx": str(land.x), "cy": str(land.y), "r": str(self.window.dot)}
            SubElement(group, "circle", place)

    def _handle(self, market: Market) -> dict[str, str]:
        """Return what a market is chosen by: anywhere with the mouse, with the keys once."""
        leads = {"data-go": self.column, "data-member": market.member} if market.member else {}
        if market.code not in self.own:
            return {"aria-hidden": "true", **leads}
        role = {"role": "button", "tabindex": "0"} if leads else {"role": "img"}
        return {**role, "aria-label": market.words, **leads}

    def _is_dot(self, market: Market) -> bool:
        return market.code in self.own and lands()[market.code].across < self.window.dot


def views(markets: Sequence[Market], alt: str, column: str) -> list[View]:
    """Return the views of markets: the world, and Europe closer where much lies close there.

    Europe alone where they all lie there.
    """
    world, closer = _windows()
    codes = frozenset(market.code for market in markets)
    close = frozenset(code for code in codes if closer.holds(lands()[code]))
    if close == codes:
        return [View(markets, closer, codes, alt, column)]
    if len(close) < _MANY_CLOSE:
        return [View(markets, world, codes, alt, column)]
    return [
        View(markets, world, codes - close, alt, column),
        View(markets, closer, close, f"{alt} Europe, closer.", column),
    ]


@cache
def lands() -> Mapping[str, Land]:
    """Return how countries lie on the map by their codes; "" is land that is no country's."""
    return {code: Land(*told) for code, told in _packaged()["lands"].items()}


@cache
def _windows() -> tuple[Window, Window]:
    told = _packaged()
    left, top, width, height = told["closer"]
    return (
        Window("whole", 0, 0, told["width"], told["height"], _DOT),
        Window("closer", left, top, width, height, _DOT_CLOSER),
    )


def _packaged() -> dict[str, Any]:
    made: dict[str, Any] = json.loads((files(__package__) / "world.json").read_text("utf-8"))
    return made
