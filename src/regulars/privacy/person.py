"""What a warehouse holds of one person: in which tables, in which rows, in which words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from regulars.core.errors import ForgottenError, QuestionError, did_you_mean
from regulars.core.schema import PEOPLE_COLUMNS
from regulars.engines.protocols import WarehouseTables
from regulars.transform.staging.people import MARK
from regulars.warehouse.people.key import Key
from regulars.warehouse.people.policy import CUSTOMERS

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

MOST_HINTS = 10_000
NAMES_NOBODY = ("forgotten",)
"""Where a pseudonym stands so that whose it is stays away."""

_PSEUDONYM = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Person:
    """A customer of a warehouse.

    asked       the number by which the shop knows them
    pseudonym   what the key makes of it; None where there is no key, and so nobody has one
    keys        their customer_key in the star, none where they have no line that stands
    values      what is kept of them in words, by our names of people's columns
    """

    asked: str
    pseudonym: str | None
    keys: tuple[int, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """What stands for them in a column customer_id."""
        return (self.asked,) if self.pseudonym is None else (self.asked, self.pseudonym)


def find_person(held: WarehouseTables, customer: str, key: Key | None) -> Person:
    """Return the customer that a shop knows by this number, or the star by this pseudonym.

    Raises QuestionError where nothing is held of them, with numbers that look alike.
    """
    asked = customer.strip()
    is_pseudonym = _PSEUDONYM.fullmatch(asked) is not None
    if is_pseudonym and not _go_by_pseudonyms(held):
        raise QuestionError(
            "That is a pseudonym, and customers go by the shop's numbers here. Name the number."
        )
    pseudonym = key.pseudonym(MARK + asked if is_pseudonym else asked) if key else None
    person = Person(asked, pseudonym)
    members = held.table("dim_customer")
    found = held.fetch(members.filter(members.customer_id.isin(person.ids)))
    person = replace(person, keys=tuple(row["customer_key"] for row in found))
    if not any(rows_of(held, name, person) for name in naming(held)):
        raise _nobody(held, person)
    return replace(person, values=_values(held, person))


def _go_by_pseudonyms(held: WarehouseTables) -> bool:
    facts = held.table("people_facts")
    return bool(held.fetch(facts.filter(facts.fact == CUSTOMERS).limit(1)))


def naming(held: WarehouseTables) -> list[str]:
    """Return the tables whose rows may name a customer, sorted."""
    return [
        name
        for name in sorted(held.tables())
        if name not in NAMES_NOBODY
        and {"customer_id", "customer_key", "pseudonym"} & set(held.table(name).columns)
    ]


def of_person(table: "Table", person: Person) -> "Table":
    """Return the rows of a table that name a person, by number, key or pseudonym."""
    told: list[BooleanValue] = []
    if "customer_id" in table.columns:
        told.append(table.customer_id.isin(person.ids))
    if "customer_key" in table.columns:
        told.append(table.customer_key.isin(person.keys or (-1,)))
    if "pseudonym" in table.columns:
        told.append(table.pseudonym == (person.pseudonym or ""))
    return table.filter(reduce(or_, told))


def rows_of(held: WarehouseTables, name: str, person: Person) -> int:
    """Return how many rows of a table name a person."""
    theirs = of_person(held.table(name), person)
    [found] = held.fetch(theirs.aggregate(rows=theirs.count()))
    return int(found["rows"])


def _values(held: WarehouseTables, person: Person) -> dict[str, tuple[str, ...]]:
    rows = held.fetch(of_person(held.table("people"), person))
    told = {name: {row[name] for row in rows if row[name]} for name in PEOPLE_COLUMNS}
    return {name: tuple(sorted(values)) for name, values in told.items() if values}


def _nobody(held: WarehouseTables, person: Person) -> QuestionError:
    gone = held.table("forgotten")
    if held.fetch(gone.filter(gone.pseudonym == (person.pseudonym or "")).limit(1)):
        return ForgottenError(
            f'The customer "{person.asked}" has been forgotten: nothing is held of them.'
        )
    members = held.table("dim_customer")
    known: list[dict[str, Any]] = held.fetch(
        members.filter(members.is_known).select("customer_id").limit(MOST_HINTS)
    )
    hint = did_you_mean(person.asked, [row["customer_id"] for row in known]) if known else ""
    return QuestionError(
        f'Nothing is held of a customer "{person.asked}".'
        + (hint if len(hint) < 200 else "")
        + " A customer is named as the shop does, by what stands in the column customer_id of a "
        "source."
    )
