"""What users do on the pages. A seed makes it the same in every run."""

import random
from dataclasses import dataclass
from itertools import combinations
from typing import Any

USERS = 10
SEED = 2026
PERIODS = (
    "Last complete month", "Last 3 complete months", "Last 12 complete months", "Last 28 days",
    "This year so far", "All data",
)  # fmt: skip
BROWSER_PERIODS = ("All data", "Last 3 complete months", "Last 28 days")
OTHER_PAGES = ("sales", "customers", "data")

View = dict[str, Any]
Round = tuple[tuple[str, str, str], ...]
"""Choices made one after the other: the name of the time, the label of the filter, the value."""


@dataclass(frozen=True)
class Size:
    """How often each step is repeated.

    cold    servers started to open a page with an empty cache
    paints  how often a page is opened
    rounds  rounds of a location and a period in the browser
    beside  pages opened and rounds while nine other users are active
    steps   choices of each of ten users
    think   minimum and maximum seconds before each choice
    """

    cold: int
    paints: int
    rounds: int
    beside: int
    steps: int
    think: tuple[float, float]


FULL = Size(cold=5, paints=20, rounds=20, beside=10, steps=8, think=(1.0, 5.0))
QUICK = Size(cold=1, paints=2, rounds=2, beside=1, steps=2, think=(0.1, 0.5))


@dataclass(frozen=True)
class Workload:
    """What users do on one kind of page.

    other_pages  pages to open until every warmed-up view is cached
    rounds       choices in the browser, by a single user
    has_reset    whether the page has a reset button
    views        views of ten users, no two of them the same
    """

    other_pages: tuple[str, ...]
    rounds: list[Round]
    has_reset: bool
    views: list[list[View]]


def dashboard_workload(locations: list[str], selling: list[str], size: Size) -> Workload:
    """Return the workload for the dashboard of a shop.

    locations  the largest first: the browser chooses one at a time
    selling    locations with recent sales: the ten users choose two at a time, so that no two users
               request the same view, and every view has different figures
    """
    rng = random.Random(SEED)
    pairs = rng.sample(list(combinations(selling, 2)), 2 * USERS)
    rounds: list[Round] = [
        (
            ("location", "Location", location),
            ("period", "Period", BROWSER_PERIODS[n % len(BROWSER_PERIODS)]),
        )
        for n, location in enumerate(locations[: size.rounds])
    ]
    views = [_walk(rng, *pairs[2 * user : 2 * user + 2])[: size.steps] for user in range(USERS)]
    return Workload(OTHER_PAGES, rounds, True, views)


def empty_page_workload(size: Size) -> Workload:
    """Return the same number of choices for the empty page, alternating between two values."""
    rounds: list[Round] = [(("location", "Period", "1"), ("period", "Period", "2"))] * size.rounds
    views = [{"period": str(1 + step % 2)} for step in range(size.steps)]
    return Workload((), rounds, False, [views] * USERS)


def with_thinking(users: list[list[View]], think: tuple[float, float]) -> list[dict[str, Any]]:
    """Return the views of users with the seconds each user thinks before each view."""
    rng = random.Random(SEED)
    return [{"views": views, "thinks": [rng.uniform(*think) for _ in views]} for views in users]


def _walk(rng: random.Random, here: tuple[str, ...], there: tuple[str, ...]) -> list[View]:
    """Return views of these locations, each one choice away from the one before."""
    walk = []
    for period in rng.sample(PERIODS, len(PERIODS)):
        for locations in (here, there):
            walk.append({"period": period, "location": list(locations)})
        here, there = there, here
    return walk
