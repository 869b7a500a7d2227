"""Make the outlines of the map of places from Natural Earth's countries.

    python tools/make_map.py countries-50m.json

The file is the 1:50m TopoJSON of the package world-atlas. What is made of it is world.json of the
report: for each ISO code a path, the middle of its largest part, and how large it is across.
Borders are simplified where they lie, once for both sides, so that neighbours still meet.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import asin, cos, dist, inf, pi, radians, sin, sqrt
from pathlib import Path
from typing import Any

REPORT = Path(__file__).parents[1] / "src" / "regulars" / "report"

Point = tuple[float, float]
Arc = Sequence[Point]
Ring = list[int]
"""Numbers of arcs, one after the other; ~n is arc n backwards."""
Rings = list[Ring]

WIDTH = 10_000
MIDDLE = 11.5
"""The meridian in the middle: the edge of the map is then in the Bering Strait."""
NORTH, SOUTH = 83.7, -56.4
EUROPE = ((-18.5, 34.2), (37.0, 71.4))
"""South-west and north-east corner of what is drawn closer, its degrees of longitude at 50° N."""

FINE, COARSE = 0.01, 0.12
"""How large a triangle a point must make with its neighbours to stay, in degrees of latitude²."""
SMALL_FINE, SMALL_COARSE = 25.0, 500.0
"""How large an island must be to be drawn, in square units of the map."""

ELSEWHERE = {
    "Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY", "Indian Ocean Ter.": "CX",
    "Siachen Glacier": "", "Ashmore and Cartier Is.": "AU",
}  # fmt: skip
"""Whose outlines those without a number of their own are, by name; "" is land of nobody."""
APART = {
    "FR": {"GF": (-53.1, 3.9), "GP": (-61.5, 16.2), "MQ": (-61.0, 14.7), "RE": (55.5, -21.1),
           "YT": (45.1, -12.8)},
    "NL": {"BQ": (-68.3, 12.2)},
    "NO": {"SJ": (18.0, 78.5)},
    "CX": {"CC": (96.8, -12.1)},
    "RU": {"UA": (34.2, 45.2)},
}  # fmt: skip
"""Parts of countries that ISO 3166 counts as another, by a place near their middles."""
NEAR = 6.0
"""How many degrees off such a place they may be."""
POINTS = {
    "BV": (3.4, -54.4), "GI": (-5.35, 36.14), "TK": (-171.8, -9.2), "TV": (179.2, -8.5),
    "UM": (-176.5, 0.2),
}  # fmt: skip
"""Where those are that have no outline at this scale."""


def main(source: str) -> None:
    """Write the outlines of the countries of a TopoJSON file."""
    topology = json.loads(Path(source).read_text("utf-8"))
    arcs = [simplified(arc) for arc in decoded(topology)]
    owned = rings_by_code(topology["objects"]["countries"]["geometries"], arcs)
    points = {code: ["", *rounded(outline([place])[0]), 0] for code, place in POINTS.items()}
    lands = points | {code: land(rings, arcs) for code, rings in owned.items()}
    world = {
        "width": WIDTH,
        "height": round(on_paper(0, SOUTH)[1]),
        "closer": rounded(closer()),
        "lands": dict(sorted(lands.items())),
    }
    text = json.dumps(world, ensure_ascii=False, separators=(",", ":"))
    (REPORT / "world.json").write_text(text.replace('],"', '],\n"') + "\n", "utf-8")
    print(f"{len(lands)} countries, {len(text):,} characters")


def decoded(topology: Mapping[str, Any]) -> list[Arc]:
    """Return the arcs in degrees: they are stored as whole steps from point to point."""
    (across, up), (west, south) = (topology["transform"][name] for name in ("scale", "translate"))
    arcs: list[Arc] = []
    for steps in topology["arcs"]:
        x, y, arc = 0, 0, []
        for step in steps:
            x, y = x + step[0], y + step[1]
            arc.append((x * across + west, y * up + south))
        arcs.append(arc)
    return arcs


def simplified(arc: Arc) -> Arc:
    """Return an arc without the points that matter least (Visvalingam & Whyatt, 1993).

    Its ends stay, and a ring keeps three corners.
    """
    flat = [(x * cos(radians(y)), y) for x, y in unwrapped(arc)]
    kept = list(range(len(arc)))
    least = FINE if any(is_closer(on_paper(*point)) for point in arc) else COARSE
    fewest = 4 if arc[0] == arc[-1] else 2

    def weight(place: int) -> float:
        is_end = not 0 < place < len(kept) - 1
        return inf if is_end else area([flat[n] for n in kept[place - 1 : place + 2]])

    weights = [weight(place) for place in kept]
    while len(kept) > fewest and min(weights) < least:
        place = weights.index(min(weights))
        del kept[place], weights[place]
        weights[place - 1], weights[place] = weight(place - 1), weight(place)
    return [arc[n] for n in kept]


def rings_by_code(geometries: Sequence[Mapping[str, Any]], arcs: Sequence[Arc]) -> dict[str, Rings]:
    """Return the rings of each ISO code, holes among them."""
    owned: dict[str, Rings] = defaultdict(list)
    numbers = codes()
    for told in geometries:
        name, polygons = told["properties"]["name"], told["arcs"]
        if name == "Antarctica":
            continue
        code = ELSEWHERE[name] if name in ELSEWHERE else numbers[told["id"]]
        for polygon in polygons if told["type"] == "MultiPolygon" else [polygons]:
            owned[owner(code, middle(points_of(polygon[0], arcs)))] += polygon
    return owned


def codes() -> dict[str, str]:
    """Return ISO alpha-2 codes by their numbers."""
    lines = (REPORT / "countries.tsv").read_text("utf-8").splitlines()
    told = [line.split("\t") for line in lines if not line.startswith("#")]
    return {number: code for code, _, number, *_ in told if number}


def owner(code: str, place: Point) -> str:
    """Return whose a part of a country is, by where its middle is."""
    away = {other: dist(place, there) for other, there in APART.get(code, {}).items()}
    nearest = min(away, key=away.__getitem__, default=code)
    return nearest if away.get(nearest, inf) < NEAR else code


def land(rings: Rings, arcs: Sequence[Arc]) -> list[Any]:
    """Return a country as its path, the middle of its largest part, and its size across."""
    outlines = [outline(points_of(ring, arcs)) for ring in joined(rings, arcs)]
    largest = max(outlines, key=area)
    drawn = [one for one in outlines if one is largest or not is_small(one)]
    across = round(sqrt(sum(map(area, outlines))))
    return ["".join(map(path, drawn)), *rounded(middle(largest)), across]


def joined(rings: Rings, arcs: Sequence[Arc]) -> Rings:
    """Return rings without the borders between them: arcs that run both ways are such."""
    used = {number for ring in rings for number in ring}
    apart = [ring for ring in rings if not any(~number in used for number in ring)]
    open_ends = {
        points_of([number], arcs)[0]: number
        for ring in rings if ring not in apart for number in ring if ~number not in used
    }  # fmt: skip
    while open_ends:
        ring = [open_ends.popitem()[1]]
        while (end := points_of(ring[-1:], arcs)[-1]) in open_ends:
            ring.append(open_ends.pop(end))
        apart.append(ring)
    return apart


def points_of(ring: Ring, arcs: Sequence[Arc]) -> list[Point]:
    """Return the points of a ring in degrees; the last is the first."""
    points: list[Point] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def outline(points: Sequence[Point]) -> list[Point]:
    """Return a ring on the map, as a whole on the side where most of it is."""
    whole = unwrapped(points)
    turns = round((middle(whole)[0] - MIDDLE) / 360)
    return [on_paper(x - 360 * turns, y) for x, y in whole]


def unwrapped(points: Iterable[Point]) -> list[Point]:
    """Return points in degrees without a leap from one edge of the map to the other."""
    told: list[Point] = []
    for x, y in points:
        turns = round((x - told[-1][0]) / 360) if told else 0
        told.append((x - 360 * turns, y))
    return told


def on_paper(longitude: float, latitude: float) -> Point:
    """Return where a place is on the map: Equal Earth (Šavrič, Patterson & Jenny, 2018)."""
    x, y = equal_earth(radians(longitude - MIDDLE), radians(latitude))
    scale = WIDTH / 2 / equal_earth(pi, 0)[0]
    return WIDTH / 2 + x * scale, (equal_earth(0, radians(NORTH))[1] - y) * scale


def equal_earth(east: float, north: float) -> Point:
    """Return the coordinates of the projection, of angles in radians."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = asin(sqrt(3) / 2 * sin(north))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    return 2 * sqrt(3) * east * cos(t) / (3 * slope), a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t


def closer() -> tuple[float, float, float, float]:
    """Return the part of the map that is drawn closer: left, top, width, height."""
    (west, south), (east, north) = EUROPE
    left, right = on_paper(west, 50)[0], on_paper(east, 50)[0]
    top, bottom = on_paper(0, north)[1], on_paper(0, south)[1]
    return left, top, right - left, bottom - top


def is_closer(place: Point) -> bool:
    """Whether a place on the map is in the part that is drawn closer."""
    left, top, width, height = closer()
    return left <= place[0] <= left + width and top <= place[1] <= top + height


def is_small(ring: Sequence[Point]) -> bool:
    """Whether an island is too small to be drawn."""
    return area(ring) < (SMALL_FINE if any(map(is_closer, ring)) else SMALL_COARSE)


def area(ring: Sequence[Point]) -> float:
    """Return the area of a ring, whichever way it runs."""
    return abs(sum(twice(a, b) for a, b in around(ring))) / 2


def middle(ring: Sequence[Point]) -> Point:
    """Return the centre of gravity of a ring."""
    whole = sum(twice(a, b) for a, b in around(ring))
    if not whole:
        return ring[0]
    x = sum((a[0] + b[0]) * twice(a, b) for a, b in around(ring)) / whole / 3
    y = sum((a[1] + b[1]) * twice(a, b) for a, b in around(ring)) / whole / 3
    return x, y


def around(ring: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    """Return the sides of a ring."""
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def twice(a: Point, b: Point) -> float:
    """Return twice the area between a side and the origin."""
    return a[0] * b[1] - b[0] * a[1]


def path(ring: Sequence[Point]) -> str:
    """Return a ring as part of an SVG path, in whole units; empty where it is but a point."""
    places = [rounded(point) for point in ring[:-1]]
    steps = [
        [x - back, y - up] for (back, up), (x, y) in pairwise(places) if (x, y) != (back, up)
    ]  # fmt: skip
    told = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
    return f"M{places[0][0]} {places[0][1]}l{told}z" if len(steps) > 1 else ""


def rounded(numbers: Iterable[float]) -> list[int]:
    """Return numbers as whole ones."""
    return [round(number) for number in numbers]


if __name__ == "__main__":
    main(sys.argv[1])
