"""Who a customer of the warehouse is outside of it: their number, their pseudonym, their e-mail.

Where customers go by numbers and people are kept, only the key leads from the one to the other.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import InputError, WarehouseError
from regulars.core.settings import Settings
from regulars.engines.protocols import WarehouseTables
from regulars.sources.profiles.people import PSEUDONYM
from regulars.warehouse.people.key import VARIABLE, Key, Keyring
from regulars.warehouse.people.policy import CUSTOMERS, KEY

if TYPE_CHECKING:
    from ibis.expr.types import Table

AT_A_TIME = 5_000
SIGN = "@"
"""What tells an e-mail address from a number."""


@dataclass(frozen=True)
class Contact:
    """How to reach a customer, as the latest source says that says anything of it."""

    email: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Identity:
    """What the customers of a warehouse go by, and what is kept of the people behind them.

    held      the warehouse, asked only for what is needed
    settings  where its key is
    """

    held: WarehouseTables
    settings: Settings

    @cached_property
    def _facts(self) -> dict[str, str]:
        facts = self.held.table("people_facts")
        return {row["fact"]: row["value"] for row in self.held.fetch(facts)}

    @cached_property
    def by_pseudonym(self) -> bool:
        """Whether customers go by pseudonyms."""
        return self._facts.get(CUSTOMERS) == PSEUDONYM

    @cached_property
    def keeps_emails(self) -> bool:
        """Whether any e-mail address is kept of people."""
        people = self.held.table("people")
        return bool(self.held.fetch(people.filter(people.email.notnull()).limit(1)))

    @cached_property
    def keeps_people(self) -> bool:
        """Whether anything is kept of people."""
        return bool(self.held.fetch(self.held.table("people").limit(1)))

    @cached_property
    def key(self) -> Key:
        """The key. Raises WarehouseError where it is missing: none is made here."""
        found = self._keyring.found
        if found is None:
            raise WarehouseError(
                "Only the key of this warehouse's people leads from customers to their e-mail "
                f"addresses, and it is neither in {VARIABLE} nor in {self._keyring.file}. Put it "
                "there."
            )
        return found

    @cached_property
    def _keyring(self) -> Keyring:
        return Keyring(Path(self.settings.people_key_file), self._facts.get(KEY))

    def pseudonym(self, customer_id: str) -> str:
        """Return the pseudonym of a customer as the warehouse names them."""
        return customer_id if self.by_pseudonym else self.key.pseudonym(customer_id)

    def contacts(self, customers: Sequence[str]) -> dict[str, Contact]:
        """Return how to reach some customers, by their customer_id; a few thousand at a time."""
        found = {one: Contact(one if SIGN in one else None) for one in customers}
        if not self.keeps_people:
            return found
        pseudonyms = {self.pseudonym(one): one for one in customers}
        people = self.held.table("people")
        said = people.filter(people.pseudonym.isin(list(pseudonyms)))
        for row in self.held.fetch(said.order_by("source_id")):
            customer = pseudonyms[row["pseudonym"]]
            told = {name: row[name] for name in ("email", "name") if row[name]}
            found[customer] = replace(found[customer], **told)
        return found

    def suppressed(self, told: Iterable[str]) -> tuple[set[int], int]:
        """Return the customer_key of each who is told, and how many were told that nobody is.

        Raises as `people_told` does.
        """
        people = self.people_told(told)
        if not people.values:
            return set(), 0
        found: set[int] = set()
        met: set[str] = set()
        members = self.held.table("dim_customer")
        for row in self.held.fetch(_known(members).select("customer_key", "customer_id")):
            if told_as := people.as_told(row["customer_id"]):
                found.add(row["customer_key"])
                met |= told_as
        return found, len(people.values - met)

    def people_told(self, told: Iterable[str]) -> "PeopleTold":
        """Return who is told: by number, by pseudonym, or by e-mail, capitals aside.

        Raises InputError for e-mails where the warehouse knows none, WarehouseError where it
        does and the key is missing.
        """
        values = frozenset(value.strip() for value in told if value and value.strip())
        if not values:  # who may only read customers may not ask for people
            return PeopleTold()
        emails = {value.lower() for value in values if SIGN in value}
        if emails and not self._knows_emails:
            raise InputError(
                "E-mail addresses were told to be suppressed, and this warehouse knows none: its "
                "customers go by numbers. Tell their numbers, or keep people (docs/privacy.md)."
            )
        names: dict[str, set[str]] = {}
        for value in values:
            for name in (_name(value), *self._as_pseudonyms(value)):
                names.setdefault(name, set()).add(value)
        said = list(self._said_of(emails)) if emails and self.keeps_emails else []
        for row in said:
            names.setdefault(row["pseudonym"], set()).update(names[row["email"].lower()])
        return PeopleTold(values, names, self.pseudonym if said else None)

    @cached_property
    def _knows_emails(self) -> bool:
        if self.keeps_emails or self.by_pseudonym:
            return True
        members = _known(self.held.table("dim_customer"))
        by_email = members.filter(members.customer_id.contains(SIGN))
        return bool(self.held.fetch(by_email.select("customer_id").limit(1)))

    def _as_pseudonyms(self, value: str) -> Iterator[str]:
        """Yield the pseudonyms of a number, which a customer may have on older lists at least."""
        key = self.key if self.by_pseudonym else self._keyring.found
        if key:
            yield from (key.pseudonym(spelt) for spelt in {value, value.lower()})

    def _said_of(self, emails: Collection[str]) -> Iterator[dict[str, str]]:
        """Yield what is kept of people with one of these addresses: pseudonym, email."""
        people = self.held.table("people")
        left = iter(sorted(emails))
        while some := list(islice(left, AT_A_TIME)):
            said = people.filter(people.email.lower().isin(some))
            rows = self.held.fetch(said.select("pseudonym", "email").distinct())
            yield from (row for row in rows if row["email"].lower() in emails)


@dataclass(frozen=True)
class PeopleTold:
    """People who were told, to be asked of any customer, be they in the warehouse or on a list.

    values     what was told
    names      what was told of each name that a customer may go by
    pseudonym  how the pseudonym of a customer is found that is among those names, if one is
    """

    values: frozenset[str] = frozenset()
    names: Mapping[str, set[str]] = field(default_factory=dict)
    pseudonym: Callable[[str], str] | None = None

    def as_told(self, customer: str) -> set[str]:
        """Return what was told of a customer, by their customer_id; empty if they are not told."""
        told = self.names.get(_name(customer), set())
        if self.pseudonym:
            told = told | self.names.get(self.pseudonym(customer), set())
        return told


def _name(customer: str) -> str:
    """Return a number as it stands, an e-mail address in small letters."""
    return customer.lower() if SIGN in customer else customer


def _known(members: "Table") -> "Table":
    return members.filter(members.is_known)
