"""Parse the [people] section of a profile: the columns of personal data, stored outside the star.

name, email, …     our column = their column, or a list of columns to concatenate
not_kept           columns with personal data that are not stored anywhere, not even in quarantine
customer_id        "pseudonym": replace customer ids by pseudonyms in the star
nobody             more placeholders: words in place of a customer, such as "house account"
somebody           customers whose ID Regulars would take for a placeholder, such as "0"
unique_per         "store": each store has its own customers (per_store.py)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from regulars.core.errors import ProfileError
from regulars.core.schema import PEOPLE_COLUMNS
from regulars.sources.profiles.checks import check_keys, texts

PSEUDONYM = "pseudonym"
_OTHERS = ("not_kept", "customer_id")
_NOBODY = ("nobody", "somebody")
_OF_CUSTOMERS = (*_NOBODY, "unique_per")
"""Keys about customer ids, which are no personal data by themselves."""


@dataclass(frozen=True)
class Nobody:
    """What a profile says about words that stand for no customer.

    words      more words for nobody
    customers  customers that would otherwise be nobody
    """

    words: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


@dataclass(frozen=True)
class People:
    """The columns of a source that hold personal data.

    columns     source columns by person column; several are concatenated
    not_kept    source columns with personal data that are not stored
    pseudonyms  whether pseudonyms replace customer ids in the star
    """

    columns: Mapping[str, tuple[str, ...]]
    not_kept: tuple[str, ...] = ()
    pseudonyms: bool = False

    @property
    def source_columns(self) -> tuple[str, ...]:
        """All source columns with personal data."""
        return (*(name for names in self.columns.values() for name in names), *self.not_kept)

    def without_columns(self) -> Self:
        """Return the policy for quarantined rows, which were stored without personal data."""
        return replace(self, columns={}, not_kept=())


def parse_people(section: Mapping[str, Any], where: str) -> People | None:
    """Return the personal data columns in a [people] section; None if it has none.

    Raises ProfileError if the section is malformed.
    """
    where = f"{where}, [people]"
    check_keys(section, (*PEOPLE_COLUMNS, *_OTHERS, *_OF_CUSTOMERS), where)
    if not section.keys() - set(_OF_CUSTOMERS):
        return None
    if section.get("customer_id", PSEUDONYM) != PSEUDONYM:
        raise ProfileError(f'{where} customer_id must be "{PSEUDONYM}" or left out.')
    columns = {
        name: texts(section[name], f"{where} {name}", '["Street", "No"]')
        for name in (*PEOPLE_COLUMNS, "not_kept")
        if name in section
    }
    not_kept = columns.pop("not_kept", ())
    return People(columns, not_kept, pseudonyms="customer_id" in section)


def parse_nobody(section: Mapping[str, Any], where: str) -> Nobody:
    """Return what a [people] section says about words for nobody.

    Raises ProfileError if the words are not texts.
    """
    nobody, somebody = (
        texts(section[name], f"{where}, [people] {name}", '["walk-in"]') if name in section else ()
        for name in _NOBODY
    )
    return Nobody(nobody, somebody)
