"""The ledger: every load of a warehouse, written into the warehouse itself.

It is kept as a journal. Each load adds rows; what a later load replaces or takes back is entered
with a minus where it was and a plus where it went. The sums are what stands now, and what was read
is always what was accepted, quarantined, replaced and unchanged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from regulars.core.conventions import Repeats
from regulars.core.settings import Settings
from regulars.sources.profiles.profile import SHIPPED
from regulars.transform.orders.reconcile import Tally, as_tallies

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from regulars.engines.protocols import Fetcher, Store

SCHEMA_VERSION = "5"
FIRST_LOAD = 1
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Entry:
    """A source as the ledger knows it: its load, its content, and whose content it repeats.

    profile, profile_from and columns say by which profile it was read, and which column is which.
    """

    source_id: int
    load_id: int
    name: str
    fingerprint: str
    duplicate_of: int | None
    profile: str
    profile_from: str
    columns: str

    @property
    def reader(self) -> str:
        """The profile by which it was read, as --profile names it."""
        return self.profile if self.profile_from == SHIPPED else self.profile_from


@dataclass(frozen=True)
class Ledger:
    """The ledger of a warehouse, as far as the next load must know it."""

    facts: Mapping[str, str]
    loads: Sequence[Mapping[str, Any]]
    sources: Sequence[Entry]

    @property
    def next_load(self) -> int:
        """The number of the next load."""
        return int(max(load["load_id"] for load in self.loads)) + 1

    @property
    def next_source(self) -> int:
        """The number of the next source."""
        return max(source.source_id for source in self.sources) + 1

    @property
    def undone(self) -> set[int]:
        """The loads that were taken back."""
        return {load["undoes"] for load in self.loads if load["undoes"] is not None}

    @property
    def standing(self) -> list[Entry]:
        """The sources of the loads that were not taken back."""
        return [source for source in self.sources if source.load_id not in self.undone]

    def settings(self, now: Settings) -> Settings:
        """Return the settings of now with those that a warehouse keeps from its build."""
        kept = self.facts
        return replace(
            now, currency=kept["currency"], shop=kept["shop"], credit=kept["credit"],
            fiscal_year_start=int(kept["fiscal_year_start"]),
            high_value_percentile=float(kept["high_value_percentile"]),
        )  # fmt: skip

    @property
    def policy(self) -> Repeats:
        """What is done with orders that come again."""
        policy: Repeats = self.facts["repeats_policy"]  # type: ignore[assignment]
        return policy

    def known(self, fingerprint: str) -> Entry | None:
        """Return the source that brought this very content, if one that stands did."""
        found = (one for one in self.standing if one.fingerprint == fingerprint)
        return next((one for one in found if one.duplicate_of is None), None)


def read_facts(store: "Store") -> dict[str, str]:
    """Return what is known of a warehouse as a whole, as it keeps it."""
    return {row["fact"]: row["value"] for row in store.fetch(store.table("warehouse_facts"))}


def read_ledger(store: "Store", facts: Mapping[str, str]) -> Ledger:
    """Return the ledger of a warehouse of which these facts are known."""
    sources = store.table("load_sources").select(*Entry.__dataclass_fields__)
    return Ledger(
        facts,
        store.fetch(store.table("loads")),
        [Entry(**row) for row in store.fetch(sources.order_by("source_id"))],
    )


def read_journal(store: "Store") -> list[Tally]:
    """Return what became of the rows of each source, by all loads together."""
    entries = store.table("ledger_entries")
    sums = entries.group_by("source_id", "outcome", "kind").aggregate(
        rows=entries.rows.sum(), amount=entries.amount.sum()
    )
    return as_tallies(store.fetch(sums))


def loads_of(loads: "Table", tallies: "Table") -> "Table":
    """Return every load with what it brought, the first first, as `Warehouse.loads` describes."""
    sums = tallies.group_by("load_id").aggregate(
        read=tallies.rows.sum(where=tallies.outcome == "read"),
        accepted=tallies.rows.sum(where=tallies.outcome == "accepted"),
        money=tallies.amount.sum(where=tallies.outcome == "accepted"),
    )
    undone = loads.filter(loads.undoes.notnull()).undoes
    told = loads.mutate(is_undone=loads.load_id.isin(undone))
    return told.left_join(sums, "load_id").drop("load_id_right").order_by("load_id")


def last_order(shop: "Fetcher", orders: "Table") -> date | None:
    """Return the day of the last order, None if nothing was ever sold."""
    [row] = shop.fetch(orders.aggregate(last=orders.last_sale_at.max().date()))
    day: date | None = row["last"]
    return day


def release() -> str:
    """Return the version of Regulars, empty where it was not installed."""
    try:
        return version("regulars")
    except PackageNotFoundError:
        return ""
