"""A warehouse as the report sees it: rows of answers, and how this shop's figures are written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import ANALYSES
from regulars.analyses.shared.filters import FILTERS
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.findings.sales import Say
from regulars.insights.periods import Span
from regulars.warehouse.parameters import Where
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Scope:
    """A warehouse with what several sections need of it, or the part of it that is asked about.

    span      the days that are asked about; None for all of them
    where     what else it is narrowed to, as for `Warehouse.ask`
    standing  the day as of which segments are told; None for the last of those days
    """

    warehouse: Warehouse
    span: Span | None = None
    where: Where = field(default_factory=dict)
    standing: date | None = None

    @property
    def is_part(self) -> bool:
        """Whether a part of the shop is asked about, of which nothing can be said of the whole."""
        return bool(self.span or self.where)

    def ask(self, analysis: str, **asked: Any) -> "Table":
        """Return the answer to an analysis as an Ibis table; days that are told go before ours."""
        return self.warehouse.ask(analysis, **{**self._days, "where": self.where, **asked})

    def rows(self, analysis: str, **asked: Any) -> Rows:
        """Return the answer to an analysis as rows, at once; days that are told go before ours."""
        told: dict[str, Any] = {**self._days, "where": self.where, **asked}
        return self.warehouse.answers(analysis, **told)

    def measure(self, metric: str, span: Span | None = None, **where: str) -> Any:
        """Return one figure of the catalogue, of days that are told or narrowed further."""
        days = {"since": span.first, "until": span.last} if span else {}
        told: dict[str, Any] = {**self._days, **days, "where": {**self.where, **where}}
        [row] = self.warehouse.answers((metric,), **told)
        return row[metric]

    @property
    def _days(self) -> dict[str, date | datetime]:
        """Return the days that are asked about, and the moment segments are told as of.

        That stays even where other days are asked for beside: everybody is in one segment.
        """
        if not self.span:
            return {}
        return {"since": self.span.first, "until": self.span.last, "as_of": self.snapshot}

    def known(self, dimensions: Iterable[str]) -> list[str]:
        """Return those by which something is told: not one of which the shop has no value."""
        return [by for by in dimensions if by not in FILTERS or self.warehouse.values(by)]

    def ledger(self, table: str) -> Rows:
        """Return what was written down of the build."""
        return self.fetched(self.warehouse.table(table))

    def fetched(self, table: Any) -> Rows:
        """Return the rows of a table or an answer."""
        return list(self.warehouse.rows(table))

    def cards(self, analysis: str) -> Mapping[str, ColumnCard]:
        """Return the cards of an analysis's columns."""
        return ANALYSES[analysis].columns

    def say(self, analysis: str, column: str) -> Say:
        """Return how a figure of that column is spoken of in a sentence."""
        card = self.cards(analysis)[column]
        return lambda value: formatting.short(value, card, self.currency)

    @property
    def currency(self) -> str:
        """The sign shown before money, empty if the shop gave none."""
        return self.warehouse.facts.get("currency", "")

    @property
    def whole(self) -> Span:
        """The first and last day with a line of any order."""
        return Span(*self.warehouse.observed_days)

    @cached_property
    def months(self) -> Rows:
        """Sales of every month, whatever days are asked about."""
        return self.rows("monthly_sales", since=None, until=None)

    @property
    def standing_on(self) -> date | None:
        """The day as of which segments are told; None for the last of the data."""
        return self.standing or (self.span.last if self.span else None)

    @property
    def looked_back_to(self) -> date:
        """The last day that recency is counted up to, which is over when RFM looks back."""
        return (self.snapshot - timedelta(microseconds=1)).date()

    @property
    def snapshot(self) -> datetime:
        """The moment that RFM looks back from."""
        return self.warehouse.snapshot(self.standing_on)
