"""Whom a list is of: a segment, filters, or both.

Segments are scored over the whole shop. Filters choose among its customers and change no score:
the Champions who bought toys are Champions of the shop, not of its buyers of toys.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

import ibis

from regulars.analyses.customers.rfm import segmented
from regulars.analyses.define import Period, Star
from regulars.analyses.segments.favourite_category import favourite_categories
from regulars.analyses.segments.rfm import before_snapshot, segment_map
from regulars.analyses.shared.filters import narrowed
from regulars.core.columns import ColumnCard
from regulars.core.conventions import Conventions
from regulars.core.errors import QuestionError, did_you_mean
from regulars.engines.protocols import WarehouseTables
from regulars.warehouse.parameters import (
    Conditions,
    Where,
    conditions_of,
    moment_of,
    period_of,
    spelled,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

COLUMNS = {
    "customer_id": ColumnCard("Customer", "text", "The shop's number of the customer"),
    "segment": ColumnCard("Segment", "text", "Cell of the R x F map, over the whole shop"),
    "recency": ColumnCard("Recency", "days", "Days from the last purchase", ",d", "down"),
    "frequency": ColumnCard("Orders", "count", "Orders so far", ",d", "up"),
    "monetary": ColumnCard("Net sales", "money", "Net sales so far", ",.2f", "up"),
    "favourite_category": ColumnCard("Favourite", "text", "The category of most net sales"),
    "reason": ColumnCard("Why", "text", "Why they are on the list"),
}
"""What a list says of a customer."""


@dataclass(frozen=True)
class Selection:
    """Whom a list is of.

    segments      a segment of the R x F map, or several; none for all of them
    where         column = value, as `Warehouse.ask` takes them: who bought such a thing
    since, until  first and last day on which they did, both included
    as_of         the moment segments look back from, as `Warehouse.ask` has it
    """

    segments: str | Sequence[str] = ()
    where: Where = field(default_factory=dict)
    since: date | str | None = None
    until: date | str | None = None
    as_of: datetime | date | str | None = None


@dataclass(frozen=True)
class Choice:
    """A selection as a warehouse understands it: names checked, days read, the snapshot fixed.

    where    as it was told
    spelled  as the data spell it
    """

    segments: tuple[str, ...]
    where: Conditions
    spelled: Conditions
    period: Period
    star: Star

    @classmethod
    def of(cls, selection: Selection, held: WarehouseTables) -> Self:
        """Return the choice that a selection is in a warehouse.

        Raises QuestionError for a segment, column, value or day that does not exist.
        """
        facts = {row["fact"]: row["value"] for row in held.fetch(held.table("warehouse_facts"))}
        conventions = Conventions.named(facts["conventions"])
        last = date.fromisoformat(facts["last_order_on"])
        as_of = moment_of(selection.as_of) or conventions.snapshot_after(last)
        star = Star.of(held.table, as_of, conventions)
        where = conditions_of(selection.where)
        found = spelled(star, where, held.fetch)
        period = period_of(selection.since, selection.until)
        return cls(_known(selection.segments), where, found, period, star)

    @property
    def filters(self) -> str:
        """Its filters as JSON: where, since, until."""
        days = {name: day and day.isoformat() for name, day in vars(self.period).items()}
        told = {"where": {name: list(values) for name, values in self.where.items()}, **days}
        return json.dumps(told, ensure_ascii=False)

    @property
    def words(self) -> str:
        """Its filters in words, without the numbers of customers."""
        told = [f"{docstring_of(name)} {' or '.join(values)}" for name, values in self.where.items()
                if name != "customer_id"]  # fmt: skip
        if "customer_id" in self.where:
            told.append("named one by one")
        if self.period.since:
            told.append(f"from {self.period.since}")
        if self.period.until:
            told.append(f"until {self.period.until}")
        return f"Bought: {', '.join(told)}" if told else "Bought at least once"

    def customers(self) -> "Table":
        """Return the customers that are chosen: customer_key, and the columns of `COLUMNS`."""
        people = segmented(self.star)
        if self.segments:
            people = people.filter(people.segment.isin(self.segments))
        if self.where or self.period != Period():
            people = people.semi_join(self._bought(), "customer_key")
        favourites = favourite_categories(self.star).rename(favourite_of="customer_key")
        told = people.left_join(favourites, people.customer_key == favourites.favourite_of)
        return told.mutate(reason=self._reason(told)).select("customer_key", *COLUMNS)

    def _bought(self) -> "Table":
        lines = before_snapshot(narrowed(self.star, self.period, self.spelled))
        return lines.filter(lines.kind == "sale").select("customer_key").distinct()

    def _reason(self, people: "Table") -> "Value":
        if not self.segments:
            return ibis.literal(self.words)
        told = ((people.segment == one.name, one.reason) for one in segment_map())
        return ibis.cases(*told, else_="")


def _known(segments: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of segments as the map spells them, in its order, each once."""
    names = {segment.name.lower(): segment.name for segment in segment_map()}
    asked = [segments] if isinstance(segments, str) else segments
    for name in asked:
        if name.strip().lower() not in names:
            hint = did_you_mean(name, names.values())
            raise QuestionError(f'There is no segment "{name}".{hint}')
    wanted = {name.strip().lower() for name in asked}
    return tuple(name for key, name in names.items() if key in wanted)


def docstring_of(column: str) -> str:
    """Return how a filter is told of somebody who bought."""
    said = {"cohort": "first in", "discount_band": "at a discount of"}
    return said.get(column) or column.removeprefix("is_").replace("_", " ")
