"""A warehouse that is open for change, and what the change needs to know about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from regulars.core.conventions import Conventions
from regulars.engines.protocols import Engine, Store
from regulars.loads.request import BuildRequest
from regulars.warehouse.ledger import Ledger, check_version, read_facts, read_ledger
from regulars.warehouse.people.policy import read_people_policy

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class WarehouseUpdate:
    """An update in progress: the open store, its ledger before the update, and the request."""

    store: Store
    ledger: Ledger
    request: BuildRequest
    warehouse: Engine

    def with_people(self) -> "WarehouseUpdate":
        """Return the update under the people policy of the warehouse.

        Raises WarehouseError if it has forgotten customers and the key is missing.
        """
        policy = read_people_policy(self.store, self.request.keyring)
        return replace(self, request=replace(self.request, people=policy))

    @property
    def merges(self) -> "Table | None":
        """The table of customer ids that are one person; None if every id is a customer."""
        return self.store.table("customer_merges") if self.ledger.merges_customers else None

    @property
    def corrections(self) -> "Table | None":
        """The table of orders that a credit cancels; None if credits never do."""
        return self.store.table("corrections") if self.ledger.corrections_within else None

    @property
    def current_sources(self) -> list[int]:
        """The source_id of every source whose load has not been undone."""
        return [source.source_id for source in self.ledger.current_sources]

    @property
    def as_of(self) -> date | None:
        """The business date of this update: of the request, or else of the latest load."""
        return self.request.as_of or self.ledger.latest_date

    @property
    def source_names(self) -> dict[int, str]:
        """The name of every source by source_id."""
        return {source.source_id: source.name for source in self.ledger.sources}


@contextmanager
def open_update(
    request: BuildRequest, warehouse: Engine, *, purge: bool = False
) -> Iterator[WarehouseUpdate]:
    """Open a warehouse for change, under the conventions and settings it was built with.

    Raises WarehouseError if it cannot be changed or another version of Regulars built it.
    """
    memory_limit = request.settings.memory_limit
    with warehouse.open_store(memory_limit=memory_limit, purge=purge) as store:
        facts = read_facts(store)
        check_version(facts, warehouse)
        ledger = read_ledger(store, facts)
        conventions = Conventions.named(facts["conventions"])
        request = replace(
            request, conventions=conventions, settings=ledger.with_build_settings(request.settings)
        )
        yield WarehouseUpdate(store, ledger, request, warehouse)
