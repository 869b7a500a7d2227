"""People at the border: their columns are taken apart from the lines, under pseudonyms.

Here alone a customer's number and the key meet. Who was forgotten comes in as a guest: their sales
count, nothing tells whose they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.engines.protocols import WarehouseTables, Workspace
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.people import PSEUDONYM, People
from regulars.transform.staging import people as staged
from regulars.transform.staging.original_rows import bare
from regulars.warehouse.people.key import Key, Keyring

if TYPE_CHECKING:
    from ibis.expr.types import Table

KEY, CUSTOMERS = "key", "customer_id"
"""Facts: what tells the key, and whether customers go by their pseudonyms."""


@dataclass(frozen=True)
class PeoplePolicy:
    """What is known, where sources come in, of the people they name.

    keyring     where the key is
    forgotten   the pseudonyms of those who were forgotten
    pseudonyms  whether customers of the warehouse go by pseudonyms; None where it is only built
    keeps_people  whether it holds what was said of people so far; None where it is only built
    """

    keyring: Keyring
    forgotten: frozenset[str] = frozenset()
    pseudonyms: bool | None = None
    keeps_people: bool | None = None

    @property
    def key(self) -> Key:
        """The key, made now where there is none yet. Raises WarehouseError where it is missing."""
        return self.keyring.key

    def applied(self, mapping: ColumnMapping) -> ColumnMapping:
        """Return a mapping with its people, or without them where they shall not be kept apart.

        What comes with Regulars keeps them where there is a key, and as the warehouse did so far.
        Where customers of the warehouse go by pseudonyms, those of every source do.

        Raises SourceError where a profile wants pseudonyms and the warehouse has numbers.
        """
        people, profile = mapping.people, mapping.profile
        if self.pseudonyms:
            return replace(mapping, people=replace(people or People({}), pseudonyms=True))
        if people is None:
            return mapping
        is_other = people.pseudonyms and self.pseudonyms is False
        is_unasked = self.keyring.found is None or self.keeps_people is False
        if profile.is_shipped and (is_other or is_unasked):
            return replace(mapping, people=None)
        if is_other:
            raise SourceError(
                f'The profile {profile.name} says customer_id = "{PSEUDONYM}", and the customers '
                "of the warehouse go by their numbers: each would be two. Build anew."
            )
        return mapping

    def open(self, workspace: Workspace, mapping: ColumnMapping) -> None:
        """Have expressions of a workspace make pseudonyms, where those are needed for a source.

        Raises WarehouseError where the engine cannot.
        """
        if mapping.people is None and not self.forgotten and not self.pseudonyms:
            return
        key, forgotten = self.key, self.forgotten
        workspace.register_function("regulars_pseudonym", key.pseudonym)
        workspace.register_function("regulars_marked", key.marked)
        workspace.register_function("regulars_known", lambda known: None if known in forgotten else known)

    def lines(
        self, workspace: Workspace, lines: "Table", mapping: ColumnMapping, name: str
    ) -> "Table":
        """Return lines whose customers go by what the warehouse calls them; the forgotten by none.

        Of the rows that were set aside of the forgotten, and of their orders, the cells stay that
        a line is made of.
        """
        by_pseudonym = mapping.people is not None and mapping.people.pseudonyms
        if not by_pseudonym and not self.pseudonyms and not self.forgotten:
            return lines
        told = staged.customers(lines, by_pseudonym=by_pseudonym)
        customers = workspace.materialize(f"{name}_customers", told)
        gone = customers.filter(customers.known_as.isnull()).limit(1)
        is_renamed = by_pseudonym or self.pseudonyms
        if not is_renamed and not workspace.fetch(gone.select("customer_id")):
            return lines
        workspace.register_function("regulars_bare", partial(bare, columns=mapping.columns))
        known = staged.known(lines, customers)
        return workspace.materialize(f"{name}_known", known)

    def people(
        self, workspace: Workspace, lines: "Table", mapping: ColumnMapping, name: str
    ) -> None:
        """Keep what the staged rows of a source say of people, as `people_said` describes."""
        if mapping.people is not None:
            workspace.materialize(name, staged.people_said(lines, mapping.people))

    def sealed(self, fingerprint: str, mapping: ColumnMapping) -> str:
        """Return a fingerprint that, of a source that names people, only the key can confirm."""
        return fingerprint if mapping.people is None else self.key.pseudonym(fingerprint)

    def facts(self, mappings: Sequence[ColumnMapping]) -> list[tuple[str, str]]:
        """Return what the warehouse must know of its people, beyond what it knows already."""
        told = [mapping.people for mapping in mappings if mapping.people]
        facts = []
        if (told or self.forgotten) and self.keyring.check is None:
            facts.append((KEY, self.key.check))
        if any(people.pseudonyms for people in told) and not self.pseudonyms:
            facts.append((CUSTOMERS, PSEUDONYM))
        return facts


def people_policy_of(held: WarehouseTables, keyring: Keyring) -> PeoplePolicy:
    """Return the border of a warehouse that is there, whose key must be the one it was made with.

    Raises WarehouseError where somebody was forgotten and the key is missing.
    """
    facts = {row["fact"]: row["value"] for row in held.fetch(held.table("people_facts"))}
    forgotten = frozenset(row["pseudonym"] for row in held.fetch(held.table("forgotten")))
    keeps_people = bool(held.fetch(held.table("people").limit(1)))
    people_policy = PeoplePolicy(
        replace(keyring, check=facts.get(KEY)), forgotten, facts.get(CUSTOMERS) == PSEUDONYM,
        keeps_people,
    )  # fmt: skip
    if forgotten:
        _ = people_policy.key
    return people_policy
