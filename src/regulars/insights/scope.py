"""A warehouse with a period and filters, as sections read it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import ANALYSES
from regulars.analyses.customers.recent_moves import days_before
from regulars.analyses.shared.filters import FILTERS
from regulars.core import formatting
from regulars.core.calendar import end_of_month
from regulars.core.columns import ColumnCard
from regulars.insights.periods import Span
from regulars.warehouse.query_options import Where
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_MONTHS = 25
"""How many months a chart shows: two years and the month before them."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Scope:
    """A warehouse, and the period and filters of a page.

    span   the period; None for all data
    where  the filters, as for `Warehouse.ask`
    as_of  the day that segments are as of; None for the end of the period
    """

    warehouse: Warehouse
    span: Span | None = None
    where: Where = field(default_factory=dict)
    as_of: date | None = None

    @property
    def is_part(self) -> bool:
        """Whether a period or filter is set, so that figures do not describe the whole shop."""
        return bool(self.span or self.where)

    @property
    def has_segment_filter(self) -> bool:
        """Whether only customers of today's segments are shown, whose past says nothing of them."""
        return "segment" in self.where or any(map(days_before, self.where))

    def ask(self, analysis: str, **options: Any) -> "Table":
        """Return the result of an analysis as an Ibis table; options override the period."""
        return self.warehouse.ask(analysis, **self._parameters(options))

    def rows(self, analysis: str, **options: Any) -> Rows:
        """Return the result of an analysis as rows; options override the period."""
        return self.warehouse.answers(analysis, **self._parameters(options))

    def measure(self, metric: str, span: Span | None = None, **where: str) -> Any:
        """Return one metric, of another period or with more filters if given."""
        days = {"since": span.first, "until": span.last} if span else {}
        parameters = self._parameters({**days, "where": {**self.where, **where}})
        [row] = self.warehouse.answers((metric,), **parameters)
        return row[metric]

    def _parameters(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options with the period and filters.

        `as_of` stays even if the options set another period, so each customer has one segment.
        """
        days = {}
        if self.span:
            days = {"since": self.span.first, "until": self.span.last, "as_of": self.snapshot}
        return {**days, "where": self.where, **options}

    def available(self, dimensions: Iterable[str]) -> list[str]:
        """Return the dimensions that the shop has values for."""
        return [by for by in dimensions if by not in FILTERS or self.warehouse.values(by)]

    @cached_property
    def places(self) -> Sequence[str]:
        """Which of location and store the shop has; only store if both are the same."""
        places = self.available(("location", "store"))
        if len(places) < 2:
            return places
        values = map(self.warehouse.values, places)
        return places if len(set(values)) > 1 or self._has_stores_elsewhere() else ["store"]

    def _has_stores_elsewhere(self) -> bool:
        orders = self.warehouse.table("dim_order")
        elsewhere = orders.filter(~orders.location.identical_to(orders.store))
        return bool(self.fetch(elsewhere.select("order_key").limit(1)))

    @cached_property
    def orders(self) -> int:
        """The number of orders."""
        return int(self.measure("orders"))

    def ledger(self, table: str) -> Rows:
        """Return the rows of a ledger table."""
        return self.fetch(self.warehouse.table(table))

    def fetch(self, table: "Table") -> Rows:
        """Return the rows of an Ibis table."""
        return list(self.warehouse.rows(table))

    def cards(self, analysis: str) -> Mapping[str, ColumnCard]:
        """Return the cards of an analysis's columns."""
        return ANALYSES[analysis].columns

    def formatter(self, analysis: str, column: str) -> Callable[[Any], str]:
        """Return a function that writes a value of a column for a sentence."""
        card = self.cards(analysis)[column]
        return lambda value: formatting.short(value, card, self.currency)

    @property
    def currency(self) -> str:
        """The currency sign of the shop; empty if none is set."""
        return self.warehouse.facts.get("currency", "")

    @property
    def whole(self) -> Span:
        """The first and the last day with an order line."""
        return Span(*self.warehouse.observed_days)

    @property
    def period(self) -> Span:
        """The period of its figures: the one set, or all days of the data."""
        return self.span or self.whole

    @cached_property
    def months(self) -> Rows:
        """Sales of every month, whatever the period."""
        return self.rows("monthly_sales", since=None, until=None)

    def recent(self, months: Rows) -> Rows:
        """Return the months up to the end of the period, at most MOST_MONTHS; all without one."""
        if not self.span:
            return months
        return [row for row in months if row["month"] <= self.span.last][-MOST_MONTHS:]

    def months_shown(self, months: Rows) -> str:
        """Return the period of charts by month, which show what led to the period as well."""
        return str(Span(months[0]["month"], end_of_month(months[-1]["month"]))) if months else ""

    @property
    def segment_date(self) -> date | None:
        """The day that segments are as of; None for the last day of the data."""
        return self.as_of or (self.span.last if self.span else None)

    @property
    def last_scored_day(self) -> date:
        """The last day whose orders count towards RFM scores."""
        return (self.snapshot - timedelta(microseconds=1)).date()

    @property
    def snapshot(self) -> datetime:
        """The moment from which RFM looks back."""
        return self.warehouse.snapshot(self.segment_date)
