"""Find the data that a warehouse holds about a customer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from regulars.core.errors import ForgottenError, InputError, did_you_mean, listed
from regulars.core.schema import PEOPLE_COLUMNS
from regulars.engines.protocols import WarehouseTables
from regulars.transform.staging.contacts import email_text
from regulars.transform.staging.identifiers import customer_as_stored
from regulars.transform.staging.people import MARK
from regulars.warehouse.people.contacts import AT_SIGN
from regulars.warehouse.people.key import Key
from regulars.warehouse.people.merges import TABLE as MERGES
from regulars.warehouse.people.merges import ids_of_people
from regulars.warehouse.people.policy import CUSTOMERS

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

MOST_HINTS = 10_000
LONGEST_HINT = 200
NOT_SEARCHED = ("forgotten",)
"""The table of forgotten pseudonyms, which stop forgotten customers from being loaded again."""

_PSEUDONYM = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Person:
    """A customer of a warehouse.

    requested_id  the customer_id or pseudonym that was requested, as a warehouse stores it
    pseudonym     their pseudonym; None if there is no key, and so no pseudonyms
    keys          their customer_key in the star, empty if they have no current line
    values        their personal data, by column
    other_ids     their other customer_ids, and the pseudonyms of these, if they have several
    """

    requested_id: str
    pseudonym: str | None
    keys: tuple[int, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    other_ids: tuple[tuple[str, str], ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The values that identify them in a column customer_id."""
        others = dict.fromkeys(one for pair in self.other_ids for one in pair)
        if self.pseudonym is None:
            return (self.requested_id,)
        return tuple(dict.fromkeys((self.requested_id, self.pseudonym, *others)))

    @property
    def pseudonyms(self) -> tuple[str, ...]:
        """Their pseudonyms, one for each of their ids; empty if there is no key."""
        if self.pseudonym is None:
            return ()
        return tuple(dict.fromkeys((self.pseudonym, *(other for _, other in self.other_ids))))


def find_person(warehouse: WarehouseTables, customer: str, key: Key | None) -> Person:
    """Return the customer with this customer_id or, in a pseudonymous warehouse, pseudonym.

    Raises InputError if the warehouse holds nothing about them, with similar ids.
    """
    requested = _spelling(warehouse, customer.strip())
    is_pseudonym = _PSEUDONYM.fullmatch(requested) is not None
    if is_pseudonym and not _is_pseudonymous(warehouse):
        raise InputError(
            "That is a pseudonym, but this warehouse uses plain customer IDs. Use the customer ID."
        )
    pseudonym = key.pseudonym(MARK + requested if is_pseudonym else requested) if key else None
    person = Person(requested, pseudonym)
    if key:
        person = replace(person, other_ids=_other_ids(warehouse, person, key))
    customers = warehouse.table("dim_customer")
    rows = warehouse.fetch(customers.filter(customers.customer_id.isin(person.ids)))
    person = replace(person, keys=tuple(row["customer_key"] for row in rows))
    if not any(count_rows(warehouse, name, person) for name in tables_with_customers(warehouse)):
        raise _not_found(warehouse, person)
    return replace(person, values=_person_data(warehouse, person))


def _other_ids(warehouse: WarehouseTables, person: Person, key: Key) -> tuple[tuple[str, str], ...]:
    """Return the other ids of a person, and their pseudonyms.

    Raises InputError if they are requested by an email address that several people have.
    """
    if MERGES not in warehouse.tables():
        return ()
    ids = _all_ids(warehouse, person.ids) or _ids_with_email(warehouse, person, key)
    renamed = _is_pseudonymous(warehouse)
    pairs = ((id_, key.pseudonym(MARK + id_ if renamed else id_)) for id_ in ids)
    return tuple(pair for pair in pairs if pair[0] not in person.ids)


def _all_ids(warehouse: WarehouseTables, ids: Sequence[str]) -> list[str]:
    return [one for theirs in ids_of_people(warehouse, ids).values() for one in theirs]


def _ids_with_email(warehouse: WarehouseTables, person: Person, key: Key) -> list[str]:
    """Return the ids of the person with the requested email address; none if it is not one."""
    email = email_text(person.requested_id)
    if email is None:
        return []
    contacts = warehouse.table("customer_contacts")
    contact = key.pseudonym(email)
    rows = contacts.filter(contacts.contact == contact).select("customer_id").distinct()
    ids = sorted(row["customer_id"] for row in warehouse.fetch(rows))
    if len(ids) < 2:
        return ids
    everyone = _all_ids(warehouse, ids[:1])
    if set(ids) <= set(everyone):
        return everyone
    raise InputError(
        f"Several customers have the email {person.requested_id}: {listed(ids)}. Use a customer ID."
    )


def _spelling(warehouse: WarehouseTables, customer: str) -> str:
    """Return how the warehouse spells a customer: an email address is in lower case.

    A warehouse of an earlier version can have it as its source wrote it.
    """
    stored = customer_as_stored(customer)
    if stored == customer:
        return customer
    customers = warehouse.table("dim_customer")
    is_as_written = customers.filter(customers.customer_id == customer).limit(1)
    return customer if warehouse.fetch(is_as_written.select("customer_id")) else stored


def _is_pseudonymous(warehouse: WarehouseTables) -> bool:
    facts = warehouse.table("people_facts")
    return bool(warehouse.fetch(facts.filter(facts.fact == CUSTOMERS).limit(1)))


def tables_with_customers(warehouse: WarehouseTables) -> list[str]:
    """Return the names of the tables whose rows may belong to a customer, sorted."""
    columns = {"customer_id", "customer_key", "pseudonym"}
    return [
        name
        for name in sorted(warehouse.tables())
        if name not in NOT_SEARCHED and columns & set(warehouse.table(name).columns)
    ]


def rows_of_person(table: "Table", person: Person) -> "Table":
    """Return the rows of a table that belong to a person, by id, key or pseudonym."""
    conditions: list[BooleanValue] = []
    if "customer_id" in table.columns:
        conditions.append(table.customer_id.isin(person.ids))
    if "customer_key" in table.columns:
        conditions.append(table.customer_key.isin(person.keys or (-1,)))
    if "pseudonym" in table.columns:
        conditions.append(table.pseudonym.isin(person.pseudonyms or ("",)))
    return table.filter(reduce(or_, conditions))


def count_rows(warehouse: WarehouseTables, name: str, person: Person) -> int:
    """Return how many rows of a table belong to a person."""
    rows = rows_of_person(warehouse.table(name), person)
    [row] = warehouse.fetch(rows.aggregate(rows=rows.count()))
    return int(row["rows"])


def _person_data(warehouse: WarehouseTables, person: Person) -> dict[str, tuple[str, ...]]:
    rows = warehouse.fetch(rows_of_person(warehouse.table("people"), person))
    columns = {name: {row[name] for row in rows if row[name]} for name in PEOPLE_COLUMNS}
    return {name: tuple(sorted(values)) for name, values in columns.items() if values}


def _not_found(warehouse: WarehouseTables, person: Person) -> InputError:
    forgotten = warehouse.table("forgotten")
    if warehouse.fetch(forgotten.filter(forgotten.pseudonym == (person.pseudonym or "")).limit(1)):
        return ForgottenError(
            f'The customer "{person.requested_id}" has been forgotten. The warehouse holds nothing '
            "about them."
        )
    hint = _hint(warehouse, person.requested_id)
    return InputError(
        f'The warehouse holds nothing about a customer "{person.requested_id}".'
        + (hint if len(hint) < LONGEST_HINT else "")
        + " Use the ID from the customer_id column of your sources."
    )


def _hint(warehouse: WarehouseTables, requested: str) -> str:
    """Return a hint to an id that differs in capitals, or else to one that is similar.

    A similar email address is somebody else's: forgetting them cannot be undone.
    """
    customers = warehouse.table("dim_customer")
    known = customers.filter(customers.is_known)
    same = known.filter(known.customer_id.lower() == requested.lower())
    rows = warehouse.fetch(same.select("customer_id").limit(1))
    if not rows and AT_SIGN in requested:
        return ""
    rows = rows or warehouse.fetch(known.select("customer_id").limit(MOST_HINTS))
    ids = [row["customer_id"] for row in rows]
    if len(ids) == 1 and ids[0].lower() == requested.lower():
        return f' Did you mean "{ids[0]}"?'
    return did_you_mean(requested, ids) if ids else ""
