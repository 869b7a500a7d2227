"""Sales by place as a map, where a shop's places are countries."""

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
from regulars.insights.findings import sales
from regulars.insights.parts import World
from regulars.insights.scope import Rows, Scope

_LADDERS = ((1, 2, 5), (1, 3), (1,))
"""Where steps may end within each power of ten, the finest first."""

_MOST_NAMED = 5
_TRACE = 0.0005
_UNDER = "under 0.1%"


def places_map(scope: Scope, rows: Rows, finding: str) -> World | None:
    """Return the map of a breakdown by location; None where the places are no countries."""
    known = countries(scope.warehouse.values("location"))
    sold: dict[str, Rows] = {}
    for row in rows:
        if code := known.get(row["location"]):
            sold.setdefault(code, []).append(row)
    if not sold:
        return None
    amounts = {code: _sum(told) for code, told in sold.items()}
    bounds = steps([amount for amount in amounts.values() if amount > 0])
    markets = [
        Market(code, _shade(amounts[code], bounds), _told(scope, told), _member(told))
        for code, told in sorted(sold.items(), key=lambda one: -amounts[one[0]])
    ]
    alt = f"{finding}. Map of net sales by country."
    return World(
        world_map.views(markets, alt, "location"),
        _legend(scope, bounds, min(amounts.values())),
        _note(
            scope,
            [row for told in sold.values() for row in told],
            [row for row in rows if row["location"] not in known],
            len(sold),
        ),
    )


def steps(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Return the amounts, ascending, from which on the next darker step is drawn.

    Round ones, at most four, equally far from each other in size: each step is about as many times
    the one before. What brings at least half of all has a step above all others, however much
    larger it is.
    """
    ordered = sorted(amounts)
    home = ordered.pop() if len(ordered) > 1 and ordered[-1] * 2 >= sum(ordered) else None
    if not ordered:
        return []
    found: list[Decimal] = []
    for ladder in _LADDERS:
        rungs = _rungs(ladder, ordered[0], ordered[-1] if home is None else home)
        found = [rung for rung in rungs if rung <= ordered[-1]]
        found += [rung for rung in rungs if rung > ordered[-1]][:1]
        if len(found) < SHADES:
            break
    return found[1 - SHADES :]


def _rungs(ladder: Sequence[int], low: Decimal, high: Decimal) -> list[Decimal]:
    """Return the rungs of a ladder above one amount and up to another."""
    powers = range(low.adjusted(), high.adjusted() + 1)
    rungs = [Decimal(rung).scaleb(power) for power in powers for rung in ladder]
    return [rung for rung in rungs if low < rung <= high]


def _shade(amount: Decimal, bounds: Sequence[Decimal]) -> int:
    """Return the shade of an amount: the darkest for the highest step, the others apart."""
    if amount <= 0:
        return 0
    return _shades(len(bounds) + 1)[bisect_right(bounds, amount)]


def _shades(number: int) -> list[int]:
    """Return the shades of so many steps, the lightest first."""
    first = 1 if number > 2 else 6 - 2 * number
    return [round(first + (SHADES - first) * n / max(number - 1, 1)) for n in range(number)]


def _legend(scope: Scope, bounds: Sequence[Decimal], least: Decimal) -> list[tuple[str, str]]:
    """Return the steps by what they are drawn as and by what they mean."""
    say = scope.say("sales_by", "net_sales")
    told = [say(bound).replace(".00", "") for bound in bounds]
    words = [f"{low} to {high}" for low, high in pairwise(told)]
    words = [f"under {told[0]}", *words, f"{told[-1]} and more"] if told else ["with sales"]
    steps = [f"step-{shade}" for shade in _shades(len(words))]
    below = [("step-0", "nothing left after returns")] if least <= 0 else []
    return [*below, *zip(steps, words, strict=True), ("", "no sales")]


def _told(scope: Scope, rows: Rows) -> str:
    """Return a country in the words of the shop, with its net sales and share."""
    names = " and ".join(row["location"] for row in rows)
    share = f", {part} of net sales" if (part := _part(rows)) else ""
    return f"{names}: {_money(scope, rows)}{share}"


def _member(rows: Rows) -> str:
    """Return the one place that a country is in the data, empty where it is several."""
    return rows[0]["location"] if len(rows) == 1 else ""


def _note(scope: Scope, on: Rows, off: Rows, number: int) -> str:
    """Return what is on the map and what is not: both together are the whole."""
    shown = formatting.counted(number, "country", "countries")
    said = f"On the map: {shown}, {_worth(scope, on)}."
    if not off:
        return said
    named = [f"{_name(row)}, {_worth(scope, [row])}" for row in off[:_MOST_NAMED]]
    if rest := off[_MOST_NAMED:]:
        named.append(f"{len(rest):,} more, {_worth(scope, rest)}")
    together = f", together {_worth(scope, off)}" if len(off) > 1 else ""
    return f"{said} Not on the map{together}: {'; '.join(named)}."


def _name(row: Mapping[str, Any]) -> str:
    place = row["location"]
    return "no place told" if place is None else sales.shortened(place)


def _worth(scope: Scope, rows: Rows) -> str:
    share = f" ({part})" if (part := _part(rows)) else ""
    return f"{_money(scope, rows)}{share}"


def _money(scope: Scope, rows: Rows) -> str:
    return formatting.text(_sum(rows), scope.cards("sales_by")["net_sales"], scope.currency)


def _part(rows: Rows) -> str:
    """Return the share of places in the whole, empty where none can be told."""
    shares = [row["share"] for row in rows]
    if any(map(formatting.is_missing, shares)):
        return ""
    is_trace = 0 < abs(sum(shares)) < _TRACE
    return _UNDER if is_trace else formatting.text(sum(shares), SHARE)


def _sum(rows: Rows) -> Decimal:
    return sum((row["net_sales"] for row in rows), Decimal())
