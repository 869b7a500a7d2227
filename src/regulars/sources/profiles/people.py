"""The section [people] of a profile: which columns tell who a customer is, to be kept apart.

name, email, …     our column = theirs, or several that are put together
not_kept           columns that name people and are kept nowhere, not even in the quarantine
customer_id        "pseudonym": in the star, too, customers go by their pseudonyms
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from regulars.core.errors import ProfileError
from regulars.core.schema import PEOPLE_COLUMNS
from regulars.sources.profiles.checks import only_known

PSEUDONYM = "pseudonym"
_OTHERS = ("not_kept", "customer_id")


@dataclass(frozen=True)
class People:
    """Which columns of a source tell who a customer is.

    columns     our column of people -> theirs, put together where there are several
    not_kept    columns that name people and are kept nowhere
    pseudonyms  whether the customers of the star go by their pseudonyms
    """

    columns: Mapping[str, tuple[str, ...]]
    not_kept: tuple[str, ...] = ()
    pseudonyms: bool = False

    @property
    def theirs(self) -> tuple[str, ...]:
        """Every column of the source that names people."""
        return (*(name for names in self.columns.values() for name in names), *self.not_kept)

    def without_columns(self) -> Self:
        """Return what is left to read of rows that were set aside without these columns."""
        return replace(self, columns={}, not_kept=())


def people_of(data: Mapping[str, Any], where: str) -> People | None:
    """Return what a profile says of people; None where it says nothing.

    Raises ProfileError for what is not well formed.
    """
    if not data:
        return None
    where = f"{where}, [people]"
    only_known(data, (*PEOPLE_COLUMNS, *_OTHERS), where)
    if data.get("customer_id", PSEUDONYM) != PSEUDONYM:
        raise ProfileError(f'{where} customer_id must be "{PSEUDONYM}", or be left out.')
    return People(
        {name: _texts(data[name], f"{where} {name}") for name in PEOPLE_COLUMNS if name in data},
        _texts(data["not_kept"], f"{where} not_kept") if "not_kept" in data else (),
        "customer_id" in data,
    )


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(text, str) for text in values):
        raise ProfileError(f'{where} must be text or a list of texts, such as ["Street", "No"].')
    return tuple(values)
