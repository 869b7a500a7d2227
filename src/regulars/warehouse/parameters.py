"""What a question is narrowed to, as people write it: days, moments, columns and their values."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from regulars.analyses.define import Analysis, Period, Star
from regulars.analyses.shared.filters import spellings_of, values_of
from regulars.core.calendar import WEEKDAYS
from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_VALUES = 10_000
MOST_HINT = 500
Where = Mapping[str, str | Sequence[str]]
Conditions = Mapping[str, Sequence[str]]
Fetch = Callable[["Table"], Iterable[dict[str, Any]]]


def conditions_of(where: Where | None) -> Conditions:
    """Return for each column the values any of which will do, as text.

    Raises InputError for a column without any.
    """
    told = {
        column: [str(one) for one in (value if _is_several(value) else [value])]
        for column, value in (where or {}).items()
    }
    for column, values in told.items():
        if not values:
            raise InputError(f"No {column} is asked for: name at least one.")
    return told


def spelled(star: Star, conditions: Conditions, fetch: Fetch) -> Conditions:
    """Return conditions with their values as the data spell them, which may be in several ways.

    What stands in the data as it is told is that alone; else capitals do not matter. A weekday may
    be told by its name.

    Raises InputError for what there is nothing of, with the closest there is: zeros would hide a
    misspelling.
    """
    return {
        column: [one for value in values for one in _spelled(star, column, value, fetch)]
        for column, values in conditions.items()
    }


def _spelled(star: Star, column: str, told: str, fetch: Fetch) -> Sequence[str]:
    value = _weekday(told) if column == "weekday" else told
    if not _is_text(value):
        raise InputError(f"No {column} is {told!r}.")
    found = [str(row[column]) for row in fetch(spellings_of(star, column, value))]
    if not found:
        known = fetch(values_of(star, column).limit(MOST_VALUES))
        hint = did_you_mean(value, [str(row[column]) for row in known])
        raise InputError(f'No {column} is "{told}".{hint[:MOST_HINT]}')
    return [value] if value in found else sorted(found)


def _weekday(name: str) -> str:
    """Return the number of a weekday told by its name, or the number itself."""
    days = [day.lower() for day in WEEKDAYS]
    return str(days.index(name.lower()) + 1) if name.lower() in days else name


def _is_text(value: str) -> bool:
    """Return whether it is text that can stand in data: no half of a sign, and no zero byte."""
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def period_of(since: date | str | None, until: date | str | None) -> Period:
    """Return the period from one day to another. Raises InputError where it ends too early."""
    period = Period(_day(since), _day(until))
    if period.since and period.until and period.since > period.until:
        raise InputError(f"The period begins on {period.since}, after {period.until}.")
    return period


def moment_of(value: datetime | date | str | None) -> datetime | None:
    """Return a moment; of a day, its first. Raises InputError for a day that is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise InputError(
            f'"{value}" is no day there is; a date is written as 2011-12-31.'
        ) from None
    if moment and moment.tzinfo:
        raise InputError(f'"{value}" names a time zone: tell the time of the shop without one.')
    return moment


def options_of(asked: Analysis, options: Mapping[str, Any], period: Period) -> dict[str, Any]:
    """Return what an analysis is given for its options. Raises InputError for what cannot be."""
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if name not in asked.options:
            raise InputError(f'{asked.name} has no option "{name}".{_options(asked, name)}')
        option = asked.options[name]
        try:
            checked[name] = option.type(value)
        except (TypeError, ValueError):
            raise InputError(f'{name} = "{value}" is not a {option.type.__name__}.') from None
        if option.between and not option.between[0] < checked[name] < option.between[1]:
            low, high = option.between
            raise InputError(f"{name} = {value} must lie between {low:g} and {high:g}.")
        if option.choices and value not in option.choices:
            raise InputError(
                f'{asked.name} cannot go by "{value}". Choices: {", ".join(option.choices)}.'
            )
    of_period = {
        name: option.of_period(checked.get(name, option.default), period)
        for name, option in asked.options.items()
        if option.of_period
    }
    return checked | of_period


def _day(value: date | str | None) -> date | None:
    moment = moment_of(value)
    return moment and moment.date()


def _is_several(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str)


def _options(asked: Analysis, name: str) -> str:
    return did_you_mean(name, asked.options) or " It has none."
