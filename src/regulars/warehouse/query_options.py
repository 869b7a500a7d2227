"""Check the filters, periods and options of a query as a user writes them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from regulars.analyses.catalog import find_metric
from regulars.analyses.define import Analysis, Period, Star
from regulars.analyses.metrics.sales import average_order_value
from regulars.analyses.shared.filters import (
    column_values,
    find_spellings,
    keeping_parts_of_orders,
)
from regulars.core.calendar import WEEKDAYS
from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from ibis.expr.types import Table

MAX_SUGGESTIONS = 10_000
MAX_HINT_LENGTH = 500
Where = Mapping[str, str | Sequence[str]]
Conditions = Mapping[str, Sequence[str]]
Fetch = Callable[["Table"], Iterable[dict[str, Any]]]


def parse_where(where: Where | None) -> Conditions:
    """Return the accepted values of each column as a list of text.

    Raises InputError for a column without values.
    """
    conditions = {
        column: [str(one) for one in (value if _is_list(value) else [value])]
        for column, value in (where or {}).items()
    }
    for column, values in conditions.items():
        if not values:
            raise InputError(f"The filter on {column} has no value. Add at least one.")
    return conditions


def resolve_values(star: Star, conditions: Conditions, fetch: Fetch) -> Conditions:
    """Return conditions with values as spelled in the data, possibly in several spellings.

    An exact match wins; otherwise case is ignored. Weekdays may be given by name.

    Raises InputError for a value that does not occur, and suggests the closest one: a result of
    zeros would hide a typo.
    """
    return {
        column: [one for value in values for one in _resolve(star, column, value, fetch)]
        for column, values in conditions.items()
    }


def _resolve(star: Star, column: str, given: str, fetch: Fetch) -> Sequence[str]:
    value = _weekday_number(given) if column == "weekday" else given
    if not is_text(value):
        raise InputError(f"No {column} is {given!r}.")
    spellings = [str(row[column]) for row in fetch(find_spellings(star, column, value))]
    if not spellings:
        rows = fetch(column_values(star, column).limit(MAX_SUGGESTIONS))
        hint = did_you_mean(value, [str(row[column]) for row in rows])
        raise InputError(f'No {column} is "{given}".{hint[:MAX_HINT_LENGTH]}')
    return [value] if value in spellings else sorted(spellings)


def _weekday_number(weekday: str) -> str:
    """Return the number of a weekday given by name; a number is returned as it is."""
    names = [name.lower() for name in WEEKDAYS]
    return str(names.index(weekday.lower()) + 1) if weekday.lower() in names else weekday


def is_text(value: str) -> bool:
    """Check that a value can occur in the data: it has no zero byte and no lone surrogate."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def parse_period(since: date | str | None, until: date | str | None) -> Period:
    """Return a period. Raises InputError if it ends before it begins."""
    period = Period(_parse_day(since), _parse_day(until))
    if period.since and period.until and period.since > period.until:
        raise InputError(f"The period begins on {period.since}, after it ends on {period.until}.")
    return period


def parse_moment(value: datetime | date | str | None) -> datetime | None:
    """Return a moment; a date means midnight. Raises InputError for an invalid date."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise InputError(f'"{value}" is not a date. Write it as 2011-12-31.') from None
    if moment and moment.tzinfo:
        raise InputError(
            f'"{value}" has a time zone. Use the local time of the shop, without a time zone.'
        )
    return moment


def check_options(analysis: Analysis, options: Mapping[str, Any], period: Period) -> dict[str, Any]:
    """Return the options of an analysis, converted and with those derived from the period.

    Raises InputError for an unknown option or an invalid value.
    """
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if name not in analysis.options:
            hint = did_you_mean(name, analysis.options) or " It has none."
            raise InputError(f'{analysis.name} has no option "{name}".{hint}')
        option = analysis.options[name]
        try:
            checked[name] = option.type(value)
        except (TypeError, ValueError):
            raise InputError(f'{name} = "{value}" is not a number.') from None
        if option.between and not option.between[0] < checked[name] < option.between[1]:
            low, high = option.between
            raise InputError(f"{name} = {value} must be between {low:g} and {high:g}.")
        if option.choices and value not in option.choices:
            raise InputError(
                f'{name} = "{value}" is not valid for {analysis.name}. '
                f"Choices: {', '.join(option.choices)}."
            )
    derived = {
        name: option.from_period(checked.get(name, option.default), period)
        for name, option in analysis.options.items()
        if option.from_period
    }
    return checked | derived


def check_metric(name: str, where: Where) -> None:
    """Raise InputError if there is no such metric, or not under these filters."""
    metric = find_metric(name)
    parts = keeping_parts_of_orders(column for column in where if column != "segment")
    if metric is average_order_value and parts:
        raise InputError(
            f"A filter on {parts[0]} keeps only parts of orders, so {name} is not their value. "
            "Use net_sales_per_order, or average_basket of the analysis kpis."
        )


def _parse_day(value: date | str | None) -> date | None:
    moment = parse_moment(value)
    return moment and moment.date()


def _is_list(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str)
