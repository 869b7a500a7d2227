"""Parse the [people] section of a profile: the columns of personal data, stored outside the star.

name, email, …     our column = their column, or a list of columns to concatenate
not_kept           columns with personal data that are not stored anywhere, not even in quarantine
customer_id        "pseudonym": replace customer ids by pseudonyms in the star
nobody             more placeholders: words in place of a customer, such as "house account"
somebody           customers whose ID Regulars would take for a placeholder, such as "0"
unique_per         "store": each store has its own customers (per_store.py)
same_person_by     "email" and "phone": customers who share one are one person under several ids
keep_apart         pairs of customers who are two people although they share one
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from regulars.core.errors import ProfileError
from regulars.core.schema import PEOPLE_COLUMNS
from regulars.sources.profiles.checks import check_keys, one_of, texts

PSEUDONYM = "pseudonym"
_OTHERS = ("not_kept", "customer_id", "same_person_by", "keep_apart")
_NOBODY = ("nobody", "somebody")
_OF_CUSTOMERS = (*_NOBODY, "unique_per")
"""Keys about customer ids, which are no personal data by themselves."""
EMAIL, PHONE = "email", "phone"
CONTACT_KINDS = (EMAIL, PHONE)
"""The personal data by which two customers can be one person."""


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
    same_person_by  which contact data makes several customer ids one person
    keep_apart      pairs of customer ids that are two people all the same
    """

    columns: Mapping[str, tuple[str, ...]]
    not_kept: tuple[str, ...] = ()
    pseudonyms: bool = False
    same_person_by: tuple[str, ...] = ()
    keep_apart: tuple[tuple[str, str], ...] = ()

    @property
    def source_columns(self) -> tuple[str, ...]:
        """All source columns with personal data."""
        return (*(name for names in self.columns.values() for name in names), *self.not_kept)

    def without_columns(self) -> Self:
        """Return the policy for quarantined rows, which were stored without personal data."""
        return replace(self, columns={}, not_kept=())

    def over(self, base: "People | None") -> "People":
        """Return the policy with the columns of a shipped profile, if it names none itself."""
        if base is None or self.columns or self.not_kept:
            return self
        return replace(
            self,
            columns=base.columns,
            not_kept=base.not_kept,
            pseudonyms=self.pseudonyms or base.pseudonyms,
        )


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
    return People(
        columns,
        not_kept,
        pseudonyms="customer_id" in section,
        same_person_by=_same_person_by(section, where),
        keep_apart=_keep_apart(section, where),
    )


def _same_person_by(section: Mapping[str, Any], where: str) -> tuple[str, ...]:
    if "same_person_by" not in section:
        return ()
    where = f"{where} same_person_by"
    kinds = texts(section["same_person_by"], where, '["email", "phone"]')
    for kind in kinds:
        one_of(kind, CONTACT_KINDS, where)
    return tuple(kind for kind in CONTACT_KINDS if kind in kinds)


def _keep_apart(section: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    pairs = section.get("keep_apart", [])
    if pairs and "same_person_by" not in section:
        raise ProfileError(f'{where} keep_apart needs same_person_by, such as ["email"].')
    if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
        raise ProfileError(
            f'{where} keep_apart must be a list of pairs of customer IDs, such as [["C1", "C2"]].'
        )
    return tuple((one, other) for one, other in pairs)


def _is_pair(pair: object) -> bool:
    if not isinstance(pair, list):
        return False
    return [type(one) for one in pair] == [str, str] and pair[0] != pair[1]


def parse_nobody(section: Mapping[str, Any], where: str) -> Nobody:
    """Return what a [people] section says about words for nobody.

    Raises ProfileError if the words are not texts.
    """
    nobody, somebody = (
        texts(section[name], f"{where}, [people] {name}", '["walk-in"]') if name in section else ()
        for name in _NOBODY
    )
    return Nobody(nobody, somebody)
