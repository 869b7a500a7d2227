"""What a question is narrowed to, as people write it: days, moments, columns and their values."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from regulars.define import Period, Star
from regulars.errors import QuestionError, did_you_mean
from regulars.star.narrow import members, values_of

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_VALUES = 10_000
MOST_HINT = 500
Where = Mapping[str, str | Sequence[str]]
Conditions = Mapping[str, Sequence[str]]
Fetch = Callable[["Table"], Iterable[dict[str, Any]]]


def conditions_of(where: Where | None) -> Conditions:
    """Return for each column the values any of which will do, as text."""
    return {
        column: [str(one) for one in (value if _is_several(value) else [value])]
        for column, value in (where or {}).items()
    }


def check_conditions(star: Star, conditions: Conditions, fetch: Fetch) -> None:
    """Check that there is somebody or something of each value: zeros would hide a misspelling.

    Raises QuestionError that names the closest value there is.
    """
    for column, values in conditions.items():
        if not values:
            raise QuestionError(f"No {column} is asked for: name at least one.")
        for value in values:
            if not any(True for _ in fetch(members(star, column, [value]).limit(1))):
                known = fetch(values_of(star, column).limit(MOST_VALUES))
                hint = did_you_mean(value, [str(row[column]) for row in known])
                raise QuestionError(f'No {column} is "{value}".{hint[:MOST_HINT]}')


def period_of(since: date | str | None, until: date | str | None) -> Period:
    """Return the period from one day to another. Raises QuestionError where it ends too early."""
    period = Period(_day(since), _day(until))
    if period.since and period.until and period.since > period.until:
        raise QuestionError(f"The period begins on {period.since}, after {period.until}.")
    return period


def moment_of(value: datetime | date | str | None) -> datetime | None:
    """Return a moment; of a day, its first. Raises QuestionError for a day that is none."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise QuestionError(
            f'"{value}" is no day there is; a date is written as 2011-12-31.'
        ) from None


def _day(value: date | str | None) -> date | None:
    moment = moment_of(value)
    return moment and moment.date()


def _is_several(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str)
