"""The RFM segments: which scores each covers, and what to do with its customers.

Their names and texts are in rfm.toml, and code never compares with a name.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, cast

import ibis

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table

UNMAPPED = "Unmapped"
NOT_RANKED = "Not Ranked"
NOT_RANKED_REASON = "All customers have ordered equally often: the shop is too uniform to rank them"

Span = tuple[int, int]
"""A range of scores, both ends included."""


@dataclass(frozen=True)
class Segment:
    """A segment of the R x F map, with the recommended action.

    with_several_orders  the segment of customers with these scores and several orders; empty for
                         this segment
    win_back             the position among the segments to win back, from 1; 0 for other segments
    """

    name: str
    rules: tuple[tuple[Span, Span], ...]
    reason: str
    action: str
    offer: str
    channel: str
    with_several_orders: str = ""
    win_back: int = 0

    @property
    def cells(self) -> frozenset[tuple[int, int]]:
        """The cells (r, f) of the map that the rules cover."""
        return frozenset(
            (r, f)
            for (low_r, high_r), (low_f, high_f) in self.rules
            for r in range(low_r, high_r + 1)
            for f in range(low_f, high_f + 1)
        )


def segment_map() -> list[Segment]:
    """Return the segments by precedence: the first that covers a customer's scores applies."""
    return parse_segments((files(__package__) / "rfm.toml").read_text("utf-8"))


def parse_segments(text: str) -> list[Segment]:
    """Return the segments of a TOML text such as rfm.toml.

    Raises ValueError if with_several_orders names a segment that does not exist.
    """
    segments = [
        Segment(**{**segment, "rules": tuple(_spans(rule) for rule in segment["rules"])})
        for segment in tomllib.loads(text)["segments"]
    ]
    names = {"", *(segment.name for segment in segments)}
    for segment in segments:
        if segment.with_several_orders not in names:
            raise ValueError(
                f'Segment "{segment.name}": with_several_orders names '
                f'"{segment.with_several_orders}", which is not a segment.'
            )
    return segments


def segments_to_win_back(segments: Sequence[Segment]) -> list[str]:
    """Return the names of the segments to win back, the first to contact first."""
    away = [segment for segment in segments if segment.win_back]
    return [segment.name for segment in sorted(away, key=lambda segment: segment.win_back)]


def segment_of(
    scored: "Table", segments: Sequence[Segment], among: str | None = None
) -> "StringValue":
    """Return the name of the segment of each customer, from r and f.

    Scores rank customers against each other, but a name must also fit what they did: a customer
    with several orders is not new, and where all have ordered equally often, and more than once,
    nobody is above or below the others. `among` is that of `rfm_scores`.
    """
    everyone = ibis.window(group_by=[scored[among]] if among else [])
    orders = scored.frequency
    is_uniform = (orders > 1) & (orders.min().over(everyone) == orders.max().over(everyone))
    name = _by_scores(scored, segments)
    renamed = [
        ((name == segment.name) & (orders > 1), segment.with_several_orders)
        for segment in segments
        if segment.with_several_orders
    ]
    return cast("StringValue", ibis.cases((is_uniform, NOT_RANKED), *renamed, else_=name))


def _by_scores(scored: "Table", segments: Sequence[Segment]) -> "StringValue":
    branches = [
        (scored.r.between(*recency) & scored.f.between(*frequency), segment.name)
        for segment in segments
        for recency, frequency in segment.rules
    ]
    return cast("StringValue", ibis.cases(*branches, else_=UNMAPPED))


def _spans(rule: str) -> tuple[Span, Span]:
    """Return the ranges of r and f in a rule: "1-2 5" is (1, 2), (5, 5)."""
    recency, frequency = (part.partition("-") for part in rule.split())
    return _span(*recency), _span(*frequency)


def _span(low: str, _: str, high: str) -> Span:
    return int(low), int(high or low)
