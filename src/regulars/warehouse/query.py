"""Queries on a warehouse, and a cache of their compiled SQL."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import find, find_metric
from regulars.analyses.customers.rfm import customers_in_segments
from regulars.analyses.define import Period, Star
from regulars.analyses.shared.filters import filter_segments, filter_star
from regulars.engines.parameters import Statement, parameter
from regulars.engines.protocols import Reader
from regulars.warehouse.query_options import Conditions, Fetch, resolve_values

if TYPE_CHECKING:
    from ibis.expr.types import Table

MAX_STATEMENTS = 500
"""Statements to cache, at about 10 kB each."""


@dataclass(frozen=True)
class Query:
    """A validated query.

    what        the name of an analysis, or the names of metrics
    as_of       the moment that RFM scores refer to
    conditions  column -> accepted values, as spelled in the data
    segments    accepted segments; None for all customers
    options     the options of the analysis
    """

    what: str | tuple[str, ...]
    period: Period
    as_of: datetime
    conditions: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    segments: tuple[str, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_table(self, star: Star) -> "Table":
        """Return the result as an Ibis table, not yet computed; metrics form a single row."""
        star = filter_star(replace(star, as_of=self.as_of), self.period, self.conditions)
        if self.segments is not None:
            star = filter_segments(star, customers_in_segments(star, self.segments))
        if isinstance(self.what, str):
            return find(self.what)(star, **self.options)
        sales = star.sales
        metrics = {name: find_metric(name)(sales) for name in self.what}
        # If every metric is a subquery, only an aggregate like this count makes it one row.
        return sales.aggregate(**metrics, lines=sales.count()).drop("lines")

    @property
    def shape(self) -> str:
        """The query without its dates and values: queries of one shape share a statement."""
        return repr(self.map_values(lambda kind, _: kind))

    @property
    def values(self) -> list[Any]:
        """The dates and values of the query, in the order of `map_values`."""
        values: list[Any] = []
        self.map_values(lambda _, value: values.append(value))
        return values

    def map_values(self, function: Callable[[str, Any], Any]) -> "Query":
        """Return the query with each date and value replaced by a function's result.

        The function is called with the Ibis type and the value, always in the same order.
        """

        def map_period(period: Period) -> Period:
            days = (day and function("date", day) for day in (period.since, period.until))
            return Period(*days)

        period, as_of = map_period(self.period), function("timestamp", self.as_of)
        conditions = {
            column: [function("string", value) for value in values]
            for column, values in self.conditions.items()
        }
        options = {
            name: map_period(value) if isinstance(value, Period) else value
            for name, value in self.options.items()
        }
        return replace(self, period=period, as_of=as_of, conditions=conditions, options=options)


_statements: dict[Hashable, Statement] = {}
"""Statements of all warehouses: the next version of a warehouse has the same tables."""

_lock = Lock()
"""Waiting for another thread to compile a statement is faster than compiling it again."""


def statement_of(query: Query, star: Star, reader: Reader) -> Statement:
    """Return the compiled statement of a query, with parameters for its dates and values."""
    key = type(reader), star.identity, query.shape
    with _lock:
        if key not in _statements:
            while len(_statements) >= MAX_STATEMENTS:
                del _statements[next(iter(_statements))]
            numbers = count()
            template = query.map_values(lambda kind, _: parameter(next(numbers), kind))
            _statements[key] = reader.prepare(template.to_table(star))
        return _statements[key]


class QueryCache:
    """Column values of one version of a warehouse, shared by its open readers."""

    def __init__(self) -> None:
        self.column_values: dict[str, tuple[str, ...]] = {}
        self._resolved: dict[tuple[str, str], Sequence[str]] = {}

    def resolve_values(self, conditions: Conditions, star: Star, fetch: Fetch) -> Conditions:
        """Return conditions with values as spelled in the data; each value is looked up once."""
        for column, values in conditions.items():
            for value in values:
                if (column, value) not in self._resolved:
                    resolved = resolve_values(star, {column: [value]}, fetch)
                    self._resolved[column, value] = resolved[column]
        return {
            column: [one for value in values for one in self._resolved[column, value]]
            for column, values in conditions.items()
        }
