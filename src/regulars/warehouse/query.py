"""A question: what is asked of a warehouse, of which days and of whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import find, find_metric
from regulars.analyses.customers.rfm import in_segments
from regulars.analyses.define import Period, Star
from regulars.analyses.shared.filters import narrowed, narrowed_to
from regulars.engines.parameters import Statement, parameter
from regulars.engines.protocols import Reader
from regulars.warehouse.parameters import Conditions, Fetch, spelled

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_STATEMENTS = 500
"""How many questions with blanks are kept as SQL, some ten thousand letters each."""


@dataclass(frozen=True)
class Question:
    """A question that has been checked.

    asked       the name of an analysis, or those of metrics
    as_of       the moment that RFM looks back from
    conditions  column -> the values any of which will do, as the data spell them
    segments    those any of which will do; None for everybody
    options     those of the analysis
    """

    asked: str | tuple[str, ...]
    period: Period
    as_of: datetime
    conditions: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    segments: tuple[str, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def over(self, star: Star) -> "Table":
        """Return the answer, not yet computed; metrics come as one row."""
        star = narrowed(replace(star, as_of=self.as_of), self.period, self.conditions)
        if self.segments is not None:
            star = narrowed_to(star, in_segments(star, self.segments))
        if isinstance(self.asked, str):
            return find(self.asked)(star, **self.options)
        sales = star.sales
        found = {name: find_metric(name)(sales) for name in self.asked}
        # Where all of them are worked out apart, only something counted makes it one row.
        return sales.aggregate(**found, lines=sales.count()).drop("lines")

    @property
    def shape(self) -> str:
        """What it has in common with those that differ in days and values alone."""
        return repr(self.told_anew(lambda kind, _: kind))

    @property
    def values(self) -> list[Any]:
        """Its days and values, in the order in which `told_anew` comes to them."""
        found: list[Any] = []
        self.told_anew(lambda _, value: found.append(value))
        return found

    def told_anew(self, by: Callable[[str, Any], Any]) -> "Question":
        """Return the question with something else for each day and value.

        `by` is called with the Ibis type and the value, always in the same order.
        """

        def days(period: Period) -> Period:
            told = (day and by("date", day) for day in (period.since, period.until))
            return Period(*told)

        period, as_of = days(self.period), by("timestamp", self.as_of)
        conditions = {
            column: [by("string", value) for value in values]
            for column, values in self.conditions.items()
        }
        options = {
            name: days(value) if isinstance(value, Period) else value
            for name, value in self.options.items()
        }
        return replace(self, period=period, as_of=as_of, conditions=conditions, options=options)


class QueryCache:
    """What has been learnt of one state of a warehouse; all who have that open may share it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.values: dict[str, tuple[str, ...]] = {}
        """All the values of a column."""
        self._spelled: dict[tuple[str, str], Sequence[str]] = {}
        self._statements: dict[str, Statement] = {}
        self._lock = Lock()

    def spelled(self, conditions: Conditions, star: Star, fetch: Fetch) -> Conditions:
        """Return conditions as the data spell them; each value is looked for once."""
        for column, values in conditions.items():
            for value in values:
                if (column, value) not in self._spelled:
                    told = spelled(star, {column: [value]}, fetch)
                    self._spelled[column, value] = told[column]
        return {
            column: [one for value in values for one in self._spelled[column, value]]
            for column, values in conditions.items()
        }

    def statement(self, question: Question, star: Star, reader: Reader) -> Statement:
        """Return the answer to a question as SQL for all days and values."""
        shape = question.shape
        with self._lock:  # who asks the same meanwhile takes longer for it alone than to wait
            if shape not in self._statements:
                while len(self._statements) >= MOST_STATEMENTS:
                    del self._statements[next(iter(self._statements))]
                numbers = count()
                anew = question.told_anew(lambda kind, _: parameter(next(numbers), kind))
                self._statements[shape] = reader.prepare(anew.over(star))
            return self._statements[shape]
