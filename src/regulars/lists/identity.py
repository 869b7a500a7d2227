"""Who a customer of the warehouse is outside of it: their number, their pseudonym, their e-mail.

Where customers go by numbers and people are kept, only the key leads from the one to the other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.config import Settings
from regulars.errors import QuestionError, WarehouseError
from regulars.holdings import Held
from regulars.people import CUSTOMERS, KEY
from regulars.people_key import VARIABLE, Key, Keyring
from regulars.profiles.people import PSEUDONYM

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

    held: Held
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
        keyring = Keyring(Path(self.settings.people_key_file), self._facts.get(KEY))
        found = keyring.found
        if found is None:
            raise WarehouseError(
                "Only the key of this warehouse's people leads from customers to their e-mail "
                f"addresses, and it is neither in {VARIABLE} nor in {keyring.file}. Put it "
                "there."
            )
        return found

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

    def suppressed(self, told: Iterable[str]) -> tuple[dict[int, str], int]:
        """Return the customer_id of each who is told, by customer_key, and how many nobody is.

        Told by number, by pseudonym where customers go by those, or by e-mail, capitals aside.

        Raises QuestionError for e-mails where the warehouse knows none, WarehouseError where it
        does and the key is missing.
        """
        values = {value.strip() for value in told if value and value.strip()}
        if not values:  # who may only read customers may not ask for people
            return {}, 0
        names = self._names(values)
        needs_key = bool(names.pseudonyms) and not self.by_pseudonym
        found: dict[int, str] = {}
        met: set[str] = set()
        has_emails = self.keeps_emails or self.by_pseudonym
        members = self.held.table("dim_customer")
        for row in self.held.fetch(_known(members)):
            customer = row["customer_id"]
            has_emails = has_emails or SIGN in customer
            told_as = names.of(customer, self.pseudonym(customer) if needs_key else customer)
            if told_as:
                found[row["customer_key"]] = customer
                met |= told_as
        if names.emails and not has_emails:
            raise QuestionError(
                "E-mail addresses were told to be suppressed, and this warehouse knows none: its "
                "customers go by numbers. Tell their numbers, or keep people (docs/privacy.md)."
            )
        return found, len(values - met)

    def _names(self, values: Collection[str]) -> "_Names":
        emails = {value.lower(): value for value in values if SIGN in value}
        pseudonyms: dict[str, set[str]] = {}
        if self.by_pseudonym:
            for value in values:
                for spelt in {value, value.lower()}:
                    pseudonyms.setdefault(self.key.pseudonym(spelt), set()).add(value)
        for row in self._said_of(emails) if self.keeps_emails else ():
            pseudonyms.setdefault(row["pseudonym"], set()).add(emails[row["email"].lower()])
        return _Names(frozenset(values), emails, pseudonyms)

    def _said_of(self, emails: Collection[str]) -> Iterator[dict[str, str]]:
        """Yield what is kept of people with one of these addresses: pseudonym, email."""
        people = self.held.table("people")
        left = iter(sorted(emails))
        while some := list(islice(left, AT_A_TIME)):
            said = people.filter(people.email.lower().isin(some))
            rows = self.held.fetch(said.select("pseudonym", "email").distinct())
            yield from (row for row in rows if row["email"].lower() in emails)


@dataclass(frozen=True)
class _Names:
    """What was told of customers, by what they may be found by."""

    values: frozenset[str]
    emails: Mapping[str, str]
    pseudonyms: Mapping[str, set[str]]

    def of(self, customer: str, pseudonym: str) -> set[str]:
        """Return what was told of a customer."""
        told = set(self.pseudonyms.get(pseudonym, ()))
        if customer in self.values:
            told.add(customer)
        if customer.lower() in self.emails:
            told.add(self.emails[customer.lower()])
        return told


def _known(members: "Table") -> "Table":
    return members.filter(members.is_known).select("customer_key", "customer_id")
