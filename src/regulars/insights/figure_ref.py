"""Where a figure of a page comes from, so that a reader can look behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self
from urllib.parse import parse_qsl, urlencode

from regulars.core.errors import QuestionError
from regulars.insights.periods import Span

QUARANTINE, WAITING = "quarantine", "waiting"
"""What numbers of rows that were set aside come from: all of them, or those not mended yet."""

_SINCE, _UNTIL, _BEFORE, _TOLD = "since", "until", "before", "told"
_LONGEST, _YEARS = 50, (1970, 2200)


@dataclass(frozen=True)
class Origin:
    """The part of a view that the figures of a row are of.

    analysis  the one that answers them, or QUARANTINE or WAITING
    part      column -> value, beside what the view itself is narrowed to
    span      their days; None for those of the view
    before    the days that they are compared with, if they are
    told      a figure as the page has it, where it is no metric that can be measured again
    """

    analysis: str
    part: tuple[tuple[str, str], ...] = field(default=())
    span: Span | None = None
    before: Span | None = None
    told: str = ""

    def of(self, **part: str) -> Self:
        """Return where figures of a part of it come from."""
        return replace(self, part=(*self.part, *part.items()))

    def figure(self, column: str) -> str:
        """Return what tells a figure of it: sales_by.net_sales?location=France."""
        told = dict(self.part)
        if self.span:
            told |= {_SINCE: f"{self.span.first}", _UNTIL: f"{self.span.last}"}
        if self.before:
            told |= {_BEFORE: f"{self.before.first}/{self.before.last}"}
        if self.told:
            told |= {_TOLD: self.told}
        return f"{self.analysis}.{column}" + (f"?{urlencode(told)}" if told else "")


def origin_of(figure: str) -> tuple[Origin, str]:
    """Return where a figure comes from, and its column.

    Raises QuestionError for what is no figure.
    """
    name, _, told = figure.partition("?")
    analysis, _, column = name.partition(".")
    part = dict(parse_qsl(told, keep_blank_values=True))
    days = [part.pop(name) for name in (_SINCE, _UNTIL) if name in part]
    before, said = part.pop(_BEFORE, ""), part.pop(_TOLD, "")
    try:
        span, then = _span(days), _span(before.split("/") if before else [])
    except (TypeError, ValueError):
        raise QuestionError(f'"{figure}" is no figure of a page: choose one on it again.') from None
    return Origin(analysis, tuple(part.items()), span, then, said[:_LONGEST]), column


def _span(days: Sequence[str]) -> Span | None:
    span = Span(*map(date.fromisoformat, days)) if days else None
    if span and not _YEARS[0] <= span.first.year <= span.last.year <= _YEARS[1]:
        raise ValueError
    return span
