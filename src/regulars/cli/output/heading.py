"""The heading of a printed result: what its figures cover."""

from datetime import date

from regulars.core.formatting import day
from regulars.insights.periods import Span
from regulars.insights.view import FILTERS
from regulars.warehouse.query_options import Where, parse_period, parse_where
from regulars.warehouse.warehouse import Warehouse


def heading(warehouse: Warehouse, since: str | None, until: str | None, where: Where) -> str:
    """Return the period, the currency and the filters of a result in one line."""
    period, (first, last) = parse_period(since, until), warehouse.observed_days
    starts, ends = (one if isinstance(one, date) else None for one in (period.since, period.until))
    span = Span(starts or first, ends or last)
    data = day(first) if first == last else f"{day(first)} to {day(last)}"
    days = f"All data: {data}" if period.is_open else str(span)
    filters = [
        f"{_label(column)}: {', '.join(values)}" for column, values in parse_where(where).items()
    ]
    return " · ".join(filter(None, [days, warehouse.facts.get("currency", ""), *filters]))


def _label(column: str) -> str:
    return FILTERS.get(column) or column.removeprefix("is_").replace("_", " ").capitalize()
