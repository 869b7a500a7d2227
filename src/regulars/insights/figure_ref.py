"""References from a figure on a page to the lines behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import parse_qsl, urlencode

from regulars.core.errors import InputError
from regulars.insights.periods import Span

QUARANTINE, PENDING = "quarantine", "pending"
"""Used in place of an analysis: all quarantined rows, or those that still need fixing."""

_SINCE, _UNTIL, _BEFORE, _SHOWN = "since", "until", "before", "shown"
_LONGEST, _YEARS = 50, (1970, 2200)


@dataclass(frozen=True)
class FigureRef:
    """The part of a view that a row of figures covers.

    analysis  the analysis they come from, or QUARANTINE or PENDING
    part      column -> value, in addition to the filters of the view
    span      their period; None for that of the view
    before    the period they are compared with, if any
    shown     the figure as the page shows it, for one that is not a metric
    """

    analysis: str
    part: tuple[tuple[str, str], ...] = ()
    span: Span | None = None
    before: Span | None = None
    shown: str = ""

    def of(self, **part: str) -> Self:
        """Return a reference to a part of it."""
        return replace(self, part=(*self.part, *part.items()))

    def encode(self, column: str) -> str:
        """Return a reference to one column as text: `sales_by.net_sales?location=France`."""
        fields = dict(self.part)
        if self.span:
            fields |= {_SINCE: f"{self.span.first}", _UNTIL: f"{self.span.last}"}
        if self.before:
            fields |= {_BEFORE: f"{self.before.first}/{self.before.last}"}
        if self.shown:
            fields |= {_SHOWN: self.shown}
        return f"{self.analysis}.{column}" + (f"?{urlencode(fields)}" if fields else "")

    @classmethod
    def decode(cls, figure: str) -> tuple[Self, str]:
        """Return the reference and the column that `encode` wrote.

        Raises InputError for any other text.
        """
        name, _, fields = figure.partition("?")
        analysis, _, column = name.partition(".")
        part = dict(parse_qsl(fields, keep_blank_values=True))
        days = [part.pop(name) for name in (_SINCE, _UNTIL) if name in part]
        before, shown = part.pop(_BEFORE, ""), part.pop(_SHOWN, "")
        try:
            span, earlier = _span(days), _span(before.split("/") if before else [])
        except (TypeError, ValueError):
            raise InputError(
                f'"{figure}" is not a figure on this page. Click the figure again.'
            ) from None
        return cls(analysis, tuple(part.items()), span, earlier, shown[:_LONGEST]), column


def _span(days: Sequence[str]) -> Span | None:
    span = Span(*map(date.fromisoformat, days)) if days else None
    if span and not _YEARS[0] <= span.first.year <= span.last.year <= _YEARS[1]:
        raise ValueError
    return span
