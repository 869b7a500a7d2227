"""Selections: which customers a list contains, by segment, by filters, or by both.

Segments are scored over the whole shop. Filters select customers and change no score: a
Champion who bought toys is a Champion of the whole shop.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self, cast

import ibis

from regulars.analyses.customers.recent_moves import days_before
from regulars.analyses.customers.rfm import score_customers
from regulars.analyses.define import Period, Star
from regulars.analyses.metrics import sales as sold
from regulars.analyses.segments.favourite_category import favourite_categories
from regulars.analyses.segments.segment_map import segment_map
from regulars.analyses.shared.filters import filter_star
from regulars.core.columns import ColumnCard
from regulars.core.conventions import Conventions
from regulars.core.errors import InputError, did_you_mean
from regulars.core.schema import MONEY
from regulars.engines.protocols import WarehouseTables
from regulars.warehouse.ledger import read_facts
from regulars.warehouse.query_options import (
    Conditions,
    Where,
    parse_moment,
    parse_period,
    parse_where,
    resolve_values,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

COLUMNS = {
    "customer_id": ColumnCard("Customer", "text", "Customer ID in the shop's system"),
    "segment": ColumnCard("Segment", "text", "RFM segment, scored over the whole shop"),
    "recency": ColumnCard("Recency", "days", "Days since the last order", ",d", "down"),
    "frequency": ColumnCard("Orders to date", "count", "All orders so far", ",d", "up"),
    "monetary": ColumnCard("Net sales to date", "money", "All net sales so far", ",.2f", "up"),
    "matching_orders": ColumnCard(
        "Matching orders", "count", "Orders that match the filters and days of the list", ",d", "up"
    ),
    "matching_net_sales": ColumnCard(
        "Matching net sales",
        "money",
        "Net sales that match the filters and days of the list",
        ",.2f",
        "up",
    ),
    "favourite_category": ColumnCard("Favourite", "text", "Category with the highest net sales"),
    "reason": ColumnCard("Why", "text", "Why the customer is on the list"),
}
"""The columns of a list. What matches the filters and days is NULL if the list has neither."""


@dataclass(frozen=True)
class Selection:
    """The customers to put on a list.

    segments      one RFM segment or several; none means all
    where         conditions on what they bought, column = value, as in `Warehouse.ask`
    since, until  first and last day of those purchases, both included
    as_of         the moment to score segments at, as in `Warehouse.ask`
    """

    segments: str | Sequence[str] = ()
    where: Where = field(default_factory=dict)
    since: date | str | None = None
    until: date | str | None = None
    as_of: datetime | date | str | None = None


@dataclass(frozen=True)
class ResolvedSelection:
    """A selection checked against a warehouse, with its snapshot fixed.

    where      conditions as given
    spellings  the same conditions, with values spelled as in the data
    """

    segments: tuple[str, ...]
    where: Conditions
    spellings: Conditions
    period: Period
    star: Star

    @classmethod
    def of(cls, selection: Selection, tables: WarehouseTables) -> Self:
        """Resolve a selection in a warehouse.

        Raises InputError for a segment, column, value or day that does not exist.
        """
        facts = read_facts(tables)
        conventions = Conventions.named(facts["conventions"])
        last = date.fromisoformat(facts["last_order_on"])
        as_of = parse_moment(selection.as_of) or conventions.snapshot_after(last)
        star = Star.of(tables.table, as_of, conventions)
        where = parse_where(selection.where)
        spellings = resolve_values(star, where, tables.fetch)
        period = parse_period(selection.since, selection.until)
        return cls(_segment_names(selection.segments), where, spellings, period, star)

    @property
    def filters(self) -> dict[str, Any]:
        """The filters as plain data: where, since, until."""
        days = {name: day and day.isoformat() for name, day in vars(self.period).items()}
        return {"where": {name: list(values) for name, values in self.where.items()}, **days}

    @property
    def description(self) -> str:
        """The filters in words, without customer IDs."""
        parts = [f"{_condition_label(name)} {' or '.join(values)}"
                 for name, values in self.where.items() if name != "customer_id"]  # fmt: skip
        if "customer_id" in self.where:
            parts.append("selected by customer ID")
        if self.period.since:
            parts.append(f"from {self.period.since}")
        if self.period.until:
            parts.append(f"until {self.period.until}")
        return f"Bought: {', '.join(parts)}" if parts else "Bought at least once"

    def at(self, as_of: datetime) -> Self:
        """Return the same selection at another moment."""
        return replace(self, star=replace(self.star, as_of=as_of))

    def customers(self) -> "Table":
        """Return the selected customers: customer_key and `COLUMNS`."""
        customers = self.scored()
        favourites = favourite_categories(self.star).rename(favourite_of="customer_key")
        rows = customers.left_join(favourites, customers.customer_key == favourites.favourite_of)
        matched = self._with_matching(rows)
        return matched.mutate(reason=self._reason(matched)).select("customer_key", *COLUMNS)

    def scored(self) -> "Table":
        """Return the selected customers with their RFM scores."""
        customers = score_customers(filter_star(self.star, self.period, self.spellings))
        if self.segments:
            customers = customers.filter(customers.segment.isin(self.segments))
        return cast("Table", customers)

    def _with_matching(self, customers: "Table") -> "Table":
        """Return customers with the orders and net sales that match the filters and the period."""
        if self.period.is_open and not self.spellings:
            return customers.mutate(
                matching_orders=ibis.null("int64"), matching_net_sales=ibis.null(MONEY)
            )
        sales = filter_star(self.star, self.period, self.spellings).sales
        matching = sales.group_by(matching_key="customer_key").aggregate(
            matching_orders=sold.orders(sales), matching_net_sales=sold.net_sales(sales)
        )
        return customers.left_join(matching, customers.customer_key == matching.matching_key)

    def _reason(self, customers: "Table") -> "Value":
        if not self.segments:
            return ibis.literal(self.description)
        reasons = ((customers.segment == one.name, one.reason) for one in segment_map())
        return ibis.cases(*reasons, else_="")


def _segment_names(segments: str | Sequence[str]) -> tuple[str, ...]:
    """Return segment names as the segment map spells and orders them, each once."""
    names = {segment.name.lower(): segment.name for segment in segment_map()}
    requested = [segments] if isinstance(segments, str) else segments
    for name in requested:
        if name.strip().lower() not in names:
            hint = did_you_mean(name, names.values())
            raise InputError(f'There is no segment "{name}".{hint}')
    wanted = {name.strip().lower() for name in requested}
    return tuple(name for key, name in names.items() if key in wanted)


def _condition_label(column: str) -> str:
    """Return how to name a filter column after the word "Bought"."""
    if (days := days_before(column)) and column != "segment_before":
        return f"as customers {days} days earlier in"
    labels = {
        "cohort": "first in", "discount_band": "at a discount of",
        "segment_before": "as customers previously in", "order_value": "in an order worth",
        "order_units": "in an order with units", "hour": "at hour", "ordered_again": "again",
        "customer_location": "as customers in",
    }  # fmt: skip
    return labels.get(column) or column.removeprefix("is_").replace("_", " ")
