"""Sales by location on a world map, for shops whose locations are countries."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from regulars.analyses.shared.columns import SHARE
from regulars.core import formatting
from regulars.insights.charts import world_map
from regulars.insights.charts.countries import countries
from regulars.insights.charts.world_map import SHADES, Market
from regulars.insights.findings.shared import shortened
from regulars.insights.parts import WorldMap
from regulars.insights.scope import Rows, Scope

_ROUND = ((1, 2, 5), (1, 3), (1,))
"""Which amounts of each power of ten can limit a step, the finest choice first."""

_MOST_NAMED = 5
_TRACE = 0.0005


def places_map(scope: Scope, rows: Rows, finding: str) -> WorldMap | None:
    """Return a breakdown by location as a map; None unless it has two countries or more."""
    codes = countries(scope.warehouse.values("location"))
    sold: dict[str, Rows] = {}
    for row in rows:
        if code := codes.get(row["location"]):
            sold.setdefault(code, []).append(row)
    if len(sold) < 2:
        return None
    amounts = {code: _sum(found) for code, found in sold.items()}
    bounds = steps([amount for amount in amounts.values() if amount > 0])
    markets = [
        Market(code, _shade(amounts[code], bounds), _tooltip(scope, found), _member(found))
        for code, found in sorted(sold.items(), key=lambda item: -amounts[item[0]])
    ]
    alt = f"{finding}. Map of net sales by country."
    on_map = [row for found in sold.values() for row in found]
    off_map = [row for row in rows if row["location"] not in codes]
    return WorldMap(
        world_map.views(markets, alt, "location"),
        _legend(scope, bounds, min(amounts.values())),
        _note(scope, on_map, off_map, len(sold)),
    )


def steps(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Return the amounts, ascending, at which each darker shade starts.

    They are round, at most four, and each is about the same multiple of the one before. A market
    with at least half of all sales gets a step above the others, however far above it is.
    """
    ordered = sorted(amounts)
    home = ordered.pop() if len(ordered) > 1 and ordered[-1] * 2 >= sum(ordered) else None
    if not ordered:
        return []
    found: list[Decimal] = []
    for digits in _ROUND:
        limits = _round_amounts(digits, ordered[0], ordered[-1] if home is None else home)
        found = [limit for limit in limits if limit <= ordered[-1]]
        found += [limit for limit in limits if limit > ordered[-1]][:1]
        if len(found) < SHADES:
            break
    return found[1 - SHADES :]


def _round_amounts(digits: Sequence[int], low: Decimal, high: Decimal) -> list[Decimal]:
    """Return the round amounts above `low` and up to `high`."""
    powers = range(low.adjusted(), high.adjusted() + 1)
    amounts = [Decimal(digit).scaleb(power) for power in powers for digit in digits]
    return [amount for amount in amounts if low < amount <= high]


def _shade(amount: Decimal, bounds: Sequence[Decimal]) -> int:
    if amount <= 0:
        return 0
    return _shades(len(bounds) + 1)[bisect_right(bounds, amount)]


def _shades(number: int) -> list[int]:
    """Return the shades of a number of steps, the lightest first; the last is the darkest."""
    first = 1 if number > 2 else 6 - 2 * number
    return [round(first + (SHADES - first) * n / max(number - 1, 1)) for n in range(number)]


def _legend(scope: Scope, bounds: Sequence[Decimal], least: Decimal) -> list[tuple[str, str]]:
    """Return the CSS class and the label of each step."""
    money = scope.formatter("sales_by", "net_sales")
    limits = [money(bound).replace(".00", "") for bound in bounds]
    labels = ["with sales"]
    if limits:
        between = [f"{low} to {high}" for low, high in pairwise(limits)]
        labels = [f"under {limits[0]}", *between, f"{limits[-1]} or more"]
    classes = [f"step-{shade}" for shade in _shades(len(labels))]
    below = [("step-0", "zero or less after returns")] if least <= 0 else []
    return [*below, *zip(classes, labels, strict=True), ("", "no sales")]


def _tooltip(scope: Scope, rows: Rows) -> str:
    """Return a country as the shop calls it, with its net sales and share."""
    names = " and ".join(row["location"] for row in rows)
    share = f", {part} of net sales" if (part := _share(rows)) else ""
    return f"{names}: {_money(scope, rows)}{share}"


def _member(rows: Rows) -> str:
    """Return the location that a country is in the data; empty if it is several."""
    return rows[0]["location"] if len(rows) == 1 else ""


def _note(scope: Scope, on_map: Rows, off_map: Rows, number: int) -> str:
    """Return the net sales on the map and off it, which add up to the total."""
    shown = formatting.counted(number, "country", "countries")
    sentence = f"On the map: {shown}, {_amount(scope, on_map)}."
    if not off_map:
        return sentence
    named = [f"{_name(row)}, {_amount(scope, [row])}" for row in off_map[:_MOST_NAMED]]
    if rest := off_map[_MOST_NAMED:]:
        named.append(f"{len(rest):,} more, {_amount(scope, rest)}")
    together = f", {_amount(scope, off_map)} in total" if len(off_map) > 1 else ""
    return f"{sentence} Not on the map{together}: {'; '.join(named)}."


def _name(row: Mapping[str, Any]) -> str:
    place = row["location"]
    return "no location" if place is None else shortened(place)


def _amount(scope: Scope, rows: Rows) -> str:
    share = f" ({part})" if (part := _share(rows)) else ""
    return f"{_money(scope, rows)}{share}"


def _money(scope: Scope, rows: Rows) -> str:
    """Return net sales in full, so that those on the map and off it add up."""
    return formatting.text(_sum(rows), scope.cards("sales_by")["net_sales"], scope.currency)


def _share(rows: Rows) -> str:
    """Return the share of net sales; empty if shares make no sense."""
    shares = [row["share"] for row in rows]
    if any(map(formatting.is_missing, shares)):
        return ""
    is_trace = 0 < abs(sum(shares)) < _TRACE
    return "under 0.1%" if is_trace else formatting.text(sum(shares), SHARE)


def _sum(rows: Rows) -> Decimal:
    return sum((row["net_sales"] for row in rows), Decimal())
