"""Look up the people behind customers: their pseudonyms, email addresses and names.

Personal data is stored under pseudonyms. If the warehouse uses customer ids, only the key links the
two.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from regulars.core.errors import InputError, WarehouseError
from regulars.core.settings import Settings
from regulars.engines.protocols import WarehouseTables
from regulars.sources.profiles.people import PSEUDONYM
from regulars.warehouse.ledger import read_facts, read_ledger
from regulars.warehouse.people.key import VARIABLE, Key, Keyring
from regulars.warehouse.people.merges import ids_of_people
from regulars.warehouse.people.policy import CUSTOMERS, keyring_of

if TYPE_CHECKING:
    from ibis.expr.types import Table

BATCH_SIZE = 5_000
AT_SIGN = "@"
"""Tells an email address from a customer id."""


@dataclass(frozen=True)
class Contact:
    """How to reach a customer: for each field, the latest value of any source."""

    email: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class PeopleDirectory:
    """The people behind the customers of a warehouse.

    warehouse  its tables, read only when needed
    settings   where the key is
    """

    warehouse: WarehouseTables
    settings: Settings

    @cached_property
    def _facts(self) -> dict[str, str]:
        facts = self.warehouse.table("people_facts")
        return {row["fact"]: row["value"] for row in self.warehouse.fetch(facts)}

    @cached_property
    def uses_pseudonyms(self) -> bool:
        """Whether the warehouse has pseudonyms for customer ids."""
        return self._facts.get(CUSTOMERS) == PSEUDONYM

    @cached_property
    def has_emails(self) -> bool:
        """Whether the personal data has an email address."""
        people = self.warehouse.table("people")
        return bool(self.warehouse.fetch(people.filter(people.email.notnull()).limit(1)))

    @cached_property
    def has_people(self) -> bool:
        """Whether the warehouse has personal data."""
        return bool(self.warehouse.fetch(self.warehouse.table("people").limit(1)))

    @cached_property
    def key(self) -> Key:
        """The existing key. Raises WarehouseError if it is missing."""
        key = self._keyring.existing_key
        if key is None:
            raise WarehouseError(
                "Only the key of this warehouse links customers to their email addresses, and it "
                f"is neither in {VARIABLE} nor in {self._keyring.file}. Restore it there."
            )
        return key

    @cached_property
    def _keyring(self) -> Keyring:
        return keyring_of(self._facts, Keyring(Path(self.settings.people_key_file)))

    def pseudonym(self, customer_id: str) -> str:
        """Return the pseudonym of a customer of the warehouse."""
        return customer_id if self.uses_pseudonyms else self.key.pseudonym(customer_id)

    def names(self, customers: Sequence[str]) -> dict[str, str]:
        """Return the names of those of up to a few thousand customers who have one."""
        found = self.contacts(customers) if self.has_people else {}
        return {one: contact.name for one, contact in found.items() if contact.name}

    def contacts(self, customers: Sequence[str]) -> dict[str, Contact]:
        """Return the contact data of up to a few thousand customers, by customer_id.

        Of a person with several ids, the latest value of any of them is returned.
        """
        everyone = self._ids_of(customers)
        emails = {one: [id_ for id_ in ids if AT_SIGN in id_] for one, ids in everyone.items()}
        contacts = {one: Contact(found[-1] if found else None) for one, found in emails.items()}
        if not self.has_people:
            return contacts
        ids = dict.fromkeys(id_ for theirs in everyone.values() for id_ in theirs)
        pseudonyms = {self.pseudonym(id_): id_ for id_ in ids}
        people = self.warehouse.table("people")
        rows = people.filter(people.pseudonym.isin(list(pseudonyms)))
        people_rows = defaultdict[str, list[dict[str, Any]]](list)
        for row in self.warehouse.fetch(rows):
            people_rows[pseudonyms[row["pseudonym"]]].append(row)
        for customer, theirs in everyone.items():
            of_person = (row for id_ in theirs for row in people_rows[id_])
            for row in sorted(of_person, key=lambda row: self._versions[row["source_id"]]):
                fields = {name: row[name] for name in ("email", "name") if row[name]}
                contacts[customer] = replace(contacts[customer], **fields)
        return contacts

    def count_with_email(self, customers: Sequence[str]) -> int | None:
        """Return how many customers have an email address; None without the key to them."""
        stored = self._pseudonyms_with_email
        if stored and not self._can_link:
            return None
        merged = ids_of_people(self.warehouse)
        ids = {one: theirs for theirs in merged.values() for one in theirs}
        return sum(
            any(AT_SIGN in id_ or (stored and self.pseudonym(id_) in stored)
                for id_ in ids.get(customer, [customer]))
            for customer in customers
        )  # fmt: skip

    @cached_property
    def _versions(self) -> dict[int, int]:
        """The position of each source by the business date of its load, the oldest first."""
        ledger = read_ledger(self.warehouse, read_facts(self.warehouse))
        return {source: n for n, source in enumerate(ledger.sources_by_date)}

    @property
    def _can_link(self) -> bool:
        """Whether customers can be linked to personal data."""
        try:
            return self.uses_pseudonyms or self._keyring.existing_key is not None
        except WarehouseError:  # the key is that of another warehouse
            return False

    @cached_property
    def may_have_emails(self) -> bool:
        """Whether the warehouse has an email address of anyone, and it can be read here."""
        # A PostgreSQL role lists only the tables that it may read.
        return "people" in self.warehouse.tables() and (self.has_emails or self._has_email_ids)

    @cached_property
    def _pseudonyms_with_email(self) -> frozenset[str]:
        """The pseudonyms of everyone with an email address."""
        people = self.warehouse.table("people")
        found = people.filter(people.email.notnull(), people.email != "")
        rows = self.warehouse.fetch(found.select("pseudonym").distinct())
        return frozenset(row["pseudonym"] for row in rows)

    def _ids_of(self, customers: Sequence[str]) -> dict[str, list[str]]:
        """Return all ids of the people behind customers, by customer_id; the last seen is last."""
        merged = ids_of_people(self.warehouse, customers)
        ids = {one: theirs for theirs in merged.values() for one in theirs}
        return {one: ids.get(one, [one]) for one in customers}

    def find_suppressed(self, entries: Iterable[str]) -> tuple[set[int], int]:
        """Return the customer_keys that entries match, and the number of entries without a match.

        The entries and errors are those of `match_people`.
        """
        matcher = self.match_people(entries)
        if not matcher.entries:
            return set(), 0
        suppressed: set[int] = set()
        matched: set[str] = set()
        customers = _known(self.warehouse.table("dim_customer"))
        for row in self.warehouse.fetch(customers.select("customer_key", "customer_id")):
            if entries_of := matcher.entries_of(row["customer_id"]):
                suppressed.add(row["customer_key"])
                matched |= entries_of
        return suppressed, len(matcher.entries - matched)

    def match_people(self, entries: Iterable[str]) -> "PeopleMatcher":
        """Return a matcher for customer ids, pseudonyms and email addresses in any case.

        Raises InputError for email addresses if the warehouse has none, and WarehouseError if it
        has some and the key is missing.
        """
        entries = frozenset(entry.strip() for entry in entries if entry and entry.strip())
        if not entries:  # works even without access to personal data
            return PeopleMatcher()
        emails = {entry.lower() for entry in entries if AT_SIGN in entry}
        if emails and not self._can_match_emails:
            raise InputError(
                "Your suppression entries include email addresses, but this warehouse has only "
                "customer IDs. Use customer IDs, or store personal data (see docs/privacy.md)."
            )
        names: dict[str, set[str]] = {}
        for entry in entries:
            for name in (_normalize(entry), *self._pseudonyms_of(entry)):
                names.setdefault(name, set()).add(entry)
        people = list(self._people_with(emails)) if emails and self.has_emails else []
        for row in people:
            names.setdefault(row["pseudonym"], set()).update(names[row["email"].lower()])
        matcher = PeopleMatcher(entries, names, self.pseudonym if people else None)
        return matcher.with_merged(ids_of_people(self.warehouse).values())

    @cached_property
    def _can_match_emails(self) -> bool:
        return self.has_emails or self.uses_pseudonyms or self._has_email_ids

    @cached_property
    def _has_email_ids(self) -> bool:
        """Whether the shop identifies customers by their email address."""
        customers = _known(self.warehouse.table("dim_customer"))
        by_email = customers.filter(customers.customer_id.contains(AT_SIGN))
        return bool(self.warehouse.fetch(by_email.select("customer_id").limit(1)))

    def _pseudonyms_of(self, entry: str) -> Iterator[str]:
        """Yield the pseudonyms of a customer id, which older lists may have."""
        key = self.key if self.uses_pseudonyms else self._keyring.existing_key
        if key:
            yield from (key.pseudonym(spelling) for spelling in {entry, entry.lower()})

    def _people_with(self, emails: Collection[str]) -> Iterator[dict[str, str]]:
        """Yield the pseudonym and email of people with one of these addresses."""
        people = self.warehouse.table("people")
        remaining = iter(sorted(emails))
        while batch := list(islice(remaining, BATCH_SIZE)):
            matches = people.filter(people.email.lower().isin(batch))
            rows = self.warehouse.fetch(matches.select("pseudonym", "email").distinct())
            yield from (row for row in rows if row["email"].lower() in emails)


@dataclass(frozen=True)
class PeopleMatcher:
    """Matches customers of a warehouse or a list to entries such as email addresses.

    entries    the entries
    names      entries by customer id, email address or pseudonym
    pseudonym  returns the pseudonym of a customer; None if no entry needs it
    """

    entries: frozenset[str] = frozenset()
    names: Mapping[str, set[str]] = field(default_factory=dict)
    pseudonym: Callable[[str], str] | None = None

    def entries_of(self, customer_id: str) -> set[str]:
        """Return the entries that match a customer; empty if none does."""
        entries = self.names.get(_normalize(customer_id), set())
        if self.pseudonym:
            entries = entries | self.names.get(self.pseudonym(customer_id), set())
        return entries

    def with_merged(self, people: Iterable[Sequence[str]]) -> Self:
        """Return a matcher by which an entry matches every id of a person, if it matches one."""
        names = dict(self.names)
        for ids in people:
            if entries := set().union(*map(self.entries_of, ids)):
                names |= {
                    _normalize(id_): names.get(_normalize(id_), set()) | entries for id_ in ids
                }
        return replace(self, names=names)


def _normalize(entry: str) -> str:
    """Return an email address in lower case, and a customer id as it is."""
    return entry.lower() if AT_SIGN in entry else entry


def _known(customers: "Table") -> "Table":
    return customers.filter(customers.is_known)
