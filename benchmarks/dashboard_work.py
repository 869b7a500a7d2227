"""What is done on the pages: the same in every run, drawn by a seed where it is drawn."""

import random
from dataclasses import dataclass
from itertools import combinations
from typing import Any

USERS = 10
SEED = 2026
PERIODS = (
    "Last complete month", "Last 3 complete months", "Last 12 complete months", "Last 28 days",
    "This year so far", "All of the data",
)  # fmt: skip
BROWSER_PERIODS = ("All of the data", "Last 3 complete months", "Last 28 days")
OTHER_PAGES = ("sales", "customers", "data")

View = dict[str, Any]
Round = tuple[tuple[str, str, str], ...]
"""What one person does, one after the other: what it is called, the choice, the value."""


@dataclass(frozen=True)
class Size:
    """How often everything is done.

    cold    servers that are started to be looked at with nothing known
    paints  times that a page is opened
    rounds  rounds of a place and a period at the browser
    beside  opened pages and rounds while nine others are there
    steps   choices of each of ten users
    think   seconds between what they see and what they choose, at least and at most
    """

    cold: int
    paints: int
    rounds: int
    beside: int
    steps: int
    think: tuple[float, float]


WHOLE = Size(cold=5, paints=20, rounds=20, beside=10, steps=8, think=(1.0, 5.0))
QUICK = Size(cold=1, paints=2, rounds=2, beside=1, steps=2, think=(0.1, 0.5))


@dataclass(frozen=True)
class Work:
    """What is done on one kind of page.

    other_pages  pages to be looked at until everything is known that is worked out beforehand
    rounds       at the browser, alone
    has_reset    whether there is a button that takes back what was chosen
    views        of ten users, no two of whom ask for the same
    """

    other_pages: tuple[str, ...]
    rounds: list[Round]
    has_reset: bool
    views: list[list[View]]


def on_our_pages(places: list[str], selling: list[str], size: Size) -> Work:
    """Return the work on the dashboard of a shop.

    places   the largest first: the browser chooses one at a time
    selling  those with sales of late: the ten users look at two at a time, so that nobody asks for
             what another has asked, and every view shows figures of its own
    """
    dice = random.Random(SEED)
    pairs = dice.sample(list(combinations(selling, 2)), 2 * USERS)
    rounds = [
        (("place", "Place", place), ("period", "Period", BROWSER_PERIODS[n % len(BROWSER_PERIODS)]))
        for n, place in enumerate(places[: size.rounds])
    ]
    views = [_walk(dice, *pairs[2 * user : 2 * user + 2])[: size.steps] for user in range(USERS)]
    return Work(OTHER_PAGES, rounds, True, views)


def on_an_empty_page(size: Size) -> Work:
    """Return as many choices on the empty page; they come back to where they began."""
    rounds = [(("place", "Period", "1"), ("period", "Period", "2"))] * size.rounds
    views = [{"period": str(1 + step % 2)} for step in range(size.steps)]
    return Work((), rounds, False, [views] * USERS)


def told_to(users: list[list[View]], think: tuple[float, float]) -> list[dict[str, Any]]:
    """Return what users do and how long each thinks before it."""
    dice = random.Random(SEED)
    return [{"views": views, "thinks": [dice.uniform(*think) for _ in views]} for views in users]


def _walk(dice: random.Random, here: tuple[str, ...], there: tuple[str, ...]) -> list[View]:
    """Return views of these places, each of which differs from the one before in one choice."""
    walk = []
    for period in dice.sample(PERIODS, len(PERIODS)):
        for places in (here, there):
            walk.append({"period": period, "location": list(places)})
        here, there = there, here
    return walk
