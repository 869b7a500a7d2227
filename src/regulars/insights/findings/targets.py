"""Findings on targets: how much is reached, and how much of the period is over. No forecast."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from regulars.core import formatting
from regulars.core.calendar import year_back
from regulars.insights.target_progress import TargetProgress
from regulars.warehouse.targets import NET_SALES, Target

_LEVEL_POINTS = 0.005


def latest(progress: Sequence[TargetProgress]) -> TargetProgress | None:
    """Return the target to lead with: of the current month or quarter, else of the latest one."""
    running = [one for one in progress if one.state == "running"]
    if running:
        return min(running, key=lambda one: (one.target.period.days, _rank(one.target)))
    over = [one for one in progress if one.state == "over"]
    return max(over, key=lambda one: (one.target.period.last_day, -_rank(one.target)), default=None)


def finding(one: TargetProgress, currency: str) -> str:
    """Return how much of a target is reached."""
    write = writer(one.target, currency)
    name, amounts = subject(one.target), f"{write(one.actual)} of {write(one.target.amount)}"
    if one.state == "running":
        by = f"by {_day(one.last_day)}"
        if one.is_met:
            return f"{name} met the target {by}: {amounts}"
        return f"{name} reached {share_reached(one)} of the target {by}: {amounts}"
    if one.difference == 0:
        return f"{name} met the target of {write(one.target.amount)}"
    verb = "beat" if one.is_met else "missed"
    difference = write(abs(one.difference or 0))
    return f"{name} {verb} the target by {difference}: {amounts}, {share_reached(one)}"


def detail(one: TargetProgress) -> str:
    """Return how much of the period is over, and whether that is ahead of last year's pace."""
    if one.state != "running" or one.last_day is None:
        return ""
    if one.last_year is None:
        days = formatting.percent(one.days_over)
        return f"{days} of the days in {one.target.period.words} are over."
    day, share = formatting.day(year_back(one.last_day)), formatting.percent(one.last_year)
    before, metric = one.target.period.year_earlier.words, one.target.card.label.lower()
    return f"By {day}, {before} had reached {share} of its {metric}, so this is {pace(one)}."


def pace(one: TargetProgress) -> str:
    """Return how the share of the target compares with that of last year's figure by this day."""
    points = (one.reached or 0) - (one.last_year or 0)
    if abs(points) < _LEVEL_POINTS:
        return "level with last year's pace"
    side = "ahead of" if points > 0 else "behind"
    return f"{abs(points) * 100:.1f} points {side} last year's pace"


def over(one: TargetProgress) -> tuple[str, str]:
    """Return how much of the period is over, and what that is a share of; empty if none is."""
    if one.state == "over":
        return formatting.percent(1), "complete"
    if one.state != "running" or one.last_day is None:
        return "", {"not started": "not started"}.get(one.state, "data starts later")
    if one.last_year is None:
        return formatting.percent(one.days_over), f"of its days, to {_short(one.last_day)}"
    before = one.target.period.year_earlier.short_words
    return formatting.percent(one.last_year), f"of {before} by {_short(one.last_day)}"


def share_reached(one: TargetProgress) -> str:
    """Return the share of the target; never 100% before the target is met."""
    return "" if one.reached is None else share_in_words(one.reached)


def share_in_words(reached: float) -> str:
    """Return a share of a target; never 100% before the target is met."""
    share = formatting.percent(reached)
    return "99.9%" if share == "100.0%" and reached < 1 else share


def subject(target: Target) -> str:
    """Return what a target is for: Net sales in November 2011."""
    return f"{target.card.label} in {target.period.words}"


def writer(target: Target, currency: str) -> Callable[[Any], str]:
    """Return a function that writes an amount of the target's metric for a sentence."""
    return lambda value: formatting.headline(value, target.card, currency)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B}" if day else ""


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _rank(target: Target) -> int:
    return 0 if target.metric == NET_SALES else 1
