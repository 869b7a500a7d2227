"""Generate the outlines of the sales map from Natural Earth's countries.

    python tools/make_map.py countries-50m.json

The file is the 1:50m TopoJSON of the package world-atlas. The output is world.json of the charts:
for each ISO code a path, the centre of its largest part, and its size. A border is simplified once
for both sides, so that neighbours still share it.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import asin, cos, dist, inf, pi, radians, sin, sqrt
from pathlib import Path
from typing import Any

CHARTS = Path(__file__).parents[1] / "src" / "regulars" / "insights" / "charts"

Point = tuple[float, float]
Arc = Sequence[Point]
Ring = list[int]
"""Arc numbers in order; ~n is arc n reversed."""
Rings = list[Ring]

WIDTH = 10_000
MIDDLE = 11.5
"""The central meridian: it puts the edge of the map into the Bering Strait."""
NORTH, SOUTH = 83.7, -56.4
EUROPE = ((-18.5, 34.2), (37.0, 71.4))
"""The south-west and north-east corners of the inset, with longitudes measured at 50° N."""

FINE, COARSE = 0.01, 0.12
"""The smallest triangle that a point must form with its neighbours to stay, in square degrees of
latitude, inside and outside the inset."""
SMALL_FINE, SMALL_COARSE = 25.0, 500.0
"""The smallest island that is drawn, in square units of the map, inside and outside the inset."""

ELSEWHERE = {
    "Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY", "Indian Ocean Ter.": "CX",
    "Siachen Glacier": "", "Ashmore and Cartier Is.": "AU",
}  # fmt: skip
"""The country of each outline without its own number, by name; "" is unclaimed land."""
TERRITORIES = {
    "FR": {"GF": (-53.1, 3.9), "GP": (-61.5, 16.2), "MQ": (-61.0, 14.7), "RE": (55.5, -21.1),
           "YT": (45.1, -12.8)},
    "NL": {"BQ": (-68.3, 12.2)},
    "NO": {"SJ": (18.0, 78.5)},
    "CX": {"CC": (96.8, -12.1)},
    "RU": {"UA": (34.2, 45.2)},
}  # fmt: skip
"""Parts of a country with another ISO 3166 code, with a point near their centres."""
NEAR = 6.0
"""The largest distance from such a point, in degrees."""
POINTS = {
    "BV": (3.4, -54.4), "GI": (-5.35, 36.14), "TK": (-171.8, -9.2), "TV": (179.2, -8.5),
    "UM": (-176.5, 0.2),
}  # fmt: skip
"""The position of countries without an outline at this scale."""


def main(source: str) -> None:
    """Write the outlines of the countries of a TopoJSON file."""
    topology = json.loads(Path(source).read_text("utf-8"))
    arcs = [simplified(arc) for arc in decoded(topology)]
    owned = rings_by_code(topology["objects"]["countries"]["geometries"], arcs)
    points = {code: ["", *rounded(outline([point])[0]), 0] for code, point in POINTS.items()}
    lands = points | {code: land(rings, arcs) for code, rings in owned.items()}
    world = {
        "width": WIDTH,
        "height": round(projected(0, SOUTH)[1]),
        "closer": rounded(inset()),
        "lands": dict(sorted(lands.items())),
    }
    text = json.dumps(world, ensure_ascii=False, separators=(",", ":"))
    (CHARTS / "world.json").write_text(text.replace('],"', '],\n"') + "\n", "utf-8")
    print(f"{len(lands)} countries, {len(text):,} characters")


def decoded(topology: Mapping[str, Any]) -> list[Arc]:
    """Return the arcs in degrees. They are stored as integer steps from point to point."""
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
    """Return an arc without its least important points (Visvalingam & Whyatt, 1993).

    The ends stay, and a ring has at least three corners.
    """
    flat = [(x * cos(radians(y)), y) for x, y in unwrapped(arc)]
    remaining = list(range(len(arc)))
    least = FINE if any(is_in_inset(projected(*point)) for point in arc) else COARSE
    fewest = 4 if arc[0] == arc[-1] else 2

    def weight(index: int) -> float:
        is_end = not 0 < index < len(remaining) - 1
        return inf if is_end else area([flat[n] for n in remaining[index - 1 : index + 2]])

    weights = [weight(index) for index in remaining]
    while len(remaining) > fewest and min(weights) < least:
        index = weights.index(min(weights))
        del remaining[index], weights[index]
        weights[index - 1], weights[index] = weight(index - 1), weight(index)
    return [arc[n] for n in remaining]


def rings_by_code(geometries: Sequence[Mapping[str, Any]], arcs: Sequence[Arc]) -> dict[str, Rings]:
    """Return the rings of each ISO code, including holes."""
    owned: dict[str, Rings] = defaultdict(list)
    numbers = codes()
    for geometry in geometries:
        name, polygons = geometry["properties"]["name"], geometry["arcs"]
        if name == "Antarctica":
            continue
        code = ELSEWHERE[name] if name in ELSEWHERE else numbers[geometry["id"]]
        for polygon in polygons if geometry["type"] == "MultiPolygon" else [polygons]:
            owned[owner(code, middle(points_of(polygon[0], arcs)))] += polygon
    return owned


def codes() -> dict[str, str]:
    """Return ISO alpha-2 codes by numeric code."""
    lines = (CHARTS / "countries.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {number: code for code, _, number, *_ in rows if number}


def owner(code: str, centre: Point) -> str:
    """Return the ISO code of a part of a country, by its centre."""
    distances = {other: dist(centre, point) for other, point in TERRITORIES.get(code, {}).items()}
    nearest = min(distances, key=distances.__getitem__, default=code)
    return nearest if distances.get(nearest, inf) < NEAR else code


def land(rings: Rings, arcs: Sequence[Arc]) -> list[Any]:
    """Return a country as its path, the centre of its largest part, and its size."""
    outlines = [outline(points_of(ring, arcs)) for ring in joined(rings, arcs)]
    largest = max(outlines, key=area)
    drawn = [ring for ring in outlines if ring is largest or not is_small(ring)]
    size = round(sqrt(sum(map(area, outlines))))
    return ["".join(map(path, drawn)), *rounded(middle(largest)), size]


def joined(rings: Rings, arcs: Sequence[Arc]) -> Rings:
    """Merge rings by removing the borders between them: arcs used in both directions."""
    used = {number for ring in rings for number in ring}
    separate = [ring for ring in rings if not any(~number in used for number in ring)]
    open_ends = {
        points_of([number], arcs)[0]: number
        for ring in rings if ring not in separate for number in ring if ~number not in used
    }  # fmt: skip
    while open_ends:
        ring = [open_ends.popitem()[1]]
        while (end := points_of(ring[-1:], arcs)[-1]) in open_ends:
            ring.append(open_ends.pop(end))
        separate.append(ring)
    return separate


def points_of(ring: Ring, arcs: Sequence[Arc]) -> list[Point]:
    """Return the points of a ring in degrees; the last is the first."""
    points: list[Point] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def outline(points: Sequence[Point]) -> list[Point]:
    """Return a ring on the map, all of it on the side where most of it is."""
    ring = unwrapped(points)
    turns = round((middle(ring)[0] - MIDDLE) / 360)
    return [projected(x - 360 * turns, y) for x, y in ring]


def unwrapped(points: Iterable[Point]) -> list[Point]:
    """Return points in degrees without a jump from one edge of the map to the other."""
    result: list[Point] = []
    for x, y in points:
        turns = round((x - result[-1][0]) / 360) if result else 0
        result.append((x - 360 * turns, y))
    return result


def projected(longitude: float, latitude: float) -> Point:
    """Return map coordinates in Equal Earth projection (Šavrič, Patterson & Jenny, 2018)."""
    x, y = equal_earth(radians(longitude - MIDDLE), radians(latitude))
    scale = WIDTH / 2 / equal_earth(pi, 0)[0]
    return WIDTH / 2 + x * scale, (equal_earth(0, radians(NORTH))[1] - y) * scale


def equal_earth(east: float, north: float) -> Point:
    """Return projected coordinates of angles in radians."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = asin(sqrt(3) / 2 * sin(north))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    return 2 * sqrt(3) * east * cos(t) / (3 * slope), a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t


def inset() -> tuple[float, float, float, float]:
    """Return the inset on the map: left, top, width, height."""
    (west, south), (east, north) = EUROPE
    left, right = projected(west, 50)[0], projected(east, 50)[0]
    top, bottom = projected(0, north)[1], projected(0, south)[1]
    return left, top, right - left, bottom - top


def is_in_inset(point: Point) -> bool:
    """Return whether a point on the map is in the inset."""
    left, top, width, height = inset()
    return left <= point[0] <= left + width and top <= point[1] <= top + height


def is_small(ring: Sequence[Point]) -> bool:
    """Return whether an island is too small to be drawn."""
    return area(ring) < (SMALL_FINE if any(map(is_in_inset, ring)) else SMALL_COARSE)


def area(ring: Sequence[Point]) -> float:
    """Return the area of a ring in either direction."""
    return abs(sum(twice_area(a, b) for a, b in sides(ring))) / 2


def middle(ring: Sequence[Point]) -> Point:
    """Return the centroid of a ring."""
    total = sum(twice_area(a, b) for a, b in sides(ring))
    if not total:
        return ring[0]
    x = sum((a[0] + b[0]) * twice_area(a, b) for a, b in sides(ring)) / total / 3
    y = sum((a[1] + b[1]) * twice_area(a, b) for a, b in sides(ring)) / total / 3
    return x, y


def sides(ring: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    """Return the sides of a ring."""
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def twice_area(a: Point, b: Point) -> float:
    """Return twice the area between a side and the origin."""
    return a[0] * b[1] - b[0] * a[1]


def path(ring: Sequence[Point]) -> str:
    """Return a ring as part of an SVG path, in whole units; empty if it is a point."""
    points = [rounded(point) for point in ring[:-1]]
    steps = [
        [x - back, y - up] for (back, up), (x, y) in pairwise(points) if (x, y) != (back, up)
    ]  # fmt: skip
    lines = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
    return f"M{points[0][0]} {points[0][1]}l{lines}z" if len(steps) > 1 else ""


def rounded(numbers: Iterable[float]) -> list[int]:
    """Return numbers rounded to integers."""
    return [round(number) for number in numbers]


if __name__ == "__main__":
    main(sys.argv[1])
