"""How a load handles personal data: it is stored separately from the sales, under pseudonyms.

This is the only place that uses both customer ids and the key. Sales of forgotten customers are
loaded as guest sales: they count, but nothing links them to a person.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.engines.protocols import WarehouseTables, Workspace
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.people import PSEUDONYM, People
from regulars.transform.staging import people as staged
from regulars.transform.staging.contacts import (
    EMAIL_CONTACT,
    PHONE_CONTACT,
    contacts_in,
    email_text,
    phone_text,
)
from regulars.transform.staging.identifiers import customer_as_stored
from regulars.transform.staging.original_rows import redact_row
from regulars.warehouse.people.key import Key, Keyring

if TYPE_CHECKING:
    from ibis.expr.types import Table

KEY, KEY_FILE, CUSTOMERS = "key", "key_file", "customer_id"
"""Facts about people: the check value of the key, the file of the key if it is not the one in the
settings, and "pseudonym" if those replace customer ids."""

_CONTACT_FUNCTIONS = {EMAIL_CONTACT: email_text, PHONE_CONTACT: phone_text}


@dataclass(frozen=True)
class PeoplePolicy:
    """What a load does with the personal data in its sources.

    keyring            finds the key
    forgotten          pseudonyms of forgotten customers
    uses_pseudonyms    whether the warehouse has pseudonyms for customer ids; None for a new one
    has_people         whether the warehouse has personal data; None for a new one
    """

    keyring: Keyring
    forgotten: frozenset[str] = frozenset()
    uses_pseudonyms: bool | None = None
    has_people: bool | None = None

    @property
    def key(self) -> Key:
        """The key, created if needed. Raises WarehouseError if it is missing."""
        return self.keyring.key

    def apply(self, mapping: ColumnMapping) -> ColumnMapping:
        """Return a mapping with the personal data columns to store, or none.

        A profile that comes with Regulars stores personal data only if there is a key and the
        warehouse is new or already has some. If the warehouse uses pseudonyms, every source does.

        Raises SourceError if the profile asks for pseudonyms and the warehouse has customer ids.
        """
        people, profile = mapping.people, mapping.profile
        if self.uses_pseudonyms:
            return replace(mapping, people=replace(people or People({}), pseudonyms=True))
        if people is None:
            return mapping
        is_conflict = people.pseudonyms and self.uses_pseudonyms is False
        is_optional = self.keyring.existing_key is None or self.has_people is False
        if profile.can_lack_columns and not people.same_person_by and (is_conflict or is_optional):
            return replace(mapping, people=None)
        if is_conflict:
            raise SourceError(
                f'The profile {profile.name} has customer_id = "{PSEUDONYM}", but this warehouse '
                "uses customer IDs: every customer would be in it twice. Build the warehouse again."
            )
        return mapping

    def register_functions(self, workspace: Workspace, mapping: ColumnMapping) -> None:
        """Make pseudonyms available to the expressions of a workspace, if a source needs them.

        Raises WarehouseError if the engine cannot run Python functions.
        """
        if mapping.people is None and not self.forgotten and not self.uses_pseudonyms:
            return
        key, forgotten = self.key, self.forgotten

        def not_forgotten(pseudonym: str) -> str | None:
            return None if pseudonym in forgotten else pseudonym

        workspace.register_function("regulars_pseudonym", key.pseudonym)
        workspace.register_function("regulars_marked_pseudonym", key.marked_pseudonym)
        workspace.register_function("regulars_not_forgotten", not_forgotten)

    def pseudonymize(
        self, workspace: Workspace, lines: "Table", mapping: ColumnMapping, name: str
    ) -> "Table":
        """Return lines with customers under their id in the warehouse, or None if forgotten.

        Quarantined rows of forgotten customers keep only the cells that an order line needs.
        """
        to_pseudonyms = mapping.people is not None and mapping.people.pseudonyms
        if not to_pseudonyms and not self.uses_pseudonyms and not self.forgotten:
            return lines
        customers = workspace.materialize(
            f"{name}_customers", staged.known_customers(lines, by_pseudonym=to_pseudonyms)
        )
        forgotten = customers.filter(customers.known_as.isnull()).limit(1)
        is_renamed = to_pseudonyms or self.uses_pseudonyms
        if not is_renamed and not workspace.fetch(forgotten.select("customer_id")):
            return lines
        workspace.register_function(
            "regulars_redact_row", partial(redact_row, columns=mapping.columns)
        )
        return workspace.materialize(f"{name}_known", staged.apply_pseudonyms(lines, customers))

    def store_people(
        self, workspace: Workspace, lines: "Table", mapping: ColumnMapping, name: str
    ) -> None:
        """Store the personal data in the staged rows of a source as a scratch table."""
        if mapping.people is not None:
            workspace.materialize(name, staged.people_in(lines))

    def store_contacts(
        self, workspace: Workspace, lines: "Table", mapping: ColumnMapping, name: str
    ) -> set[str]:
        """Store by what the customers of a source can be recognised, as a scratch table.

        Returns the kinds of contact data that the source has.
        """
        if mapping.people is None or not mapping.people.same_person_by:
            return set()
        kinds, nobody = mapping.people.same_person_by, mapping.profile.nobody
        for function, text_of in _CONTACT_FUNCTIONS.items():
            contact = partial(_pseudonym_of, self.key, partial(text_of, nobody=nobody))
            workspace.register_function(function, contact)
        contacts = workspace.materialize(
            name, contacts_in(lines, kinds, by_pseudonym=mapping.people.pseudonyms)
        )
        return {row["kind"] for row in workspace.fetch(contacts.select("kind").distinct())}

    def stored_id(self, customer: str, mapping: ColumnMapping) -> str:
        """Return the id under which a warehouse stores a customer whom a profile names."""
        stored = customer_as_stored(customer)
        is_renamed = mapping.people is not None and mapping.people.pseudonyms
        return self.key.pseudonym(stored) if is_renamed else stored

    def protect_fingerprint(self, fingerprint: str, mapping: ColumnMapping) -> str:
        """Return the fingerprint of a source; one with personal data can only be made with the key.

        Otherwise a guess at the content of a source could be verified.
        """
        return fingerprint if mapping.people is None else self.key.pseudonym(fingerprint)

    def new_facts(self, mappings: Sequence[ColumnMapping]) -> list[tuple[str, str]]:
        """Return the facts about people that these sources add to the warehouse."""
        people = [mapping.people for mapping in mappings if mapping.people]
        facts = []
        if (people or self.forgotten) and self.keyring.check_value is None:
            facts += self.key_facts
        if any(one.pseudonyms for one in people) and not self.uses_pseudonyms:
            facts.append((CUSTOMERS, PSEUDONYM))
        return facts

    @property
    def key_facts(self) -> list[tuple[str, str]]:
        """The facts about the key of a warehouse that has none yet."""
        facts = [(KEY, self.key.check_value)]
        return [*facts, (KEY_FILE, str(self.keyring.file))] if self.keyring.is_named else facts


def keyring_of(facts: Mapping[str, str], keyring: Keyring) -> Keyring:
    """Return the keyring of a warehouse with these facts about people."""
    if KEY_FILE in facts:
        keyring = replace(keyring, file=Path(facts[KEY_FILE]), is_named=True)
    return replace(keyring, check_value=facts.get(KEY))


def _pseudonym_of(key: Key, text_of: Callable[[str], str | None], text: str) -> str | None:
    """Return the pseudonym of an email or phone; None if it is nobody's."""
    stored = text_of(text)
    return key.pseudonym(stored) if stored else None


def read_people_policy(warehouse: WarehouseTables, keyring: Keyring) -> PeoplePolicy:
    """Return the policy of an existing warehouse; its key must be the original one.

    Raises WarehouseError if it has forgotten customers and the key is missing.
    """
    facts = {row["fact"]: row["value"] for row in warehouse.fetch(warehouse.table("people_facts"))}
    forgotten = warehouse.fetch(warehouse.table("forgotten"))
    policy = PeoplePolicy(
        keyring_of(facts, keyring),
        frozenset(row["pseudonym"] for row in forgotten),
        uses_pseudonyms=facts.get(CUSTOMERS) == PSEUDONYM,
        has_people=bool(warehouse.fetch(warehouse.table("people").limit(1))),
    )
    if policy.forgotten:
        _ = policy.key  # fail now if it is missing
    return policy
