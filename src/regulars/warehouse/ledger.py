"""The ledger: a record of every load, stored in the warehouse itself.

It is an append-only journal. When a load supersedes or undoes rows of an earlier one, it adds a
reversal: a negative entry for the old outcome and a positive one for the new. The sums are the
current totals, and rows read always equal rows accepted, quarantined, superseded and unchanged.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from regulars.core.conventions import Repeats
from regulars.core.errors import WarehouseError
from regulars.core.settings import Settings
from regulars.sources.profiles.profile import SHIPPED
from regulars.transform.orders.reconcile import LedgerEntry, to_entries

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from regulars.engines.protocols import Fetcher, Store, WarehouseTables

SCHEMA_VERSION = "10"
FIRST_LOAD = 1
CORRECTIONS_WITHIN = "corrections_within"
"""The fact within how many days a credit cancels an order; 0 if credits never do."""

SAME_PERSON_BY = "same_person_by"
"""The fact by which contact data a warehouse recognises one person; empty if it does not."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class LoadedSource:
    """A source in the ledger.

    duplicate_of  the source with the same content that was loaded before it
    profile       the profile it was read with; `profile_from` says where that is from
    columns       how its columns were matched, as JSON
    formats_json  the formats it was read with, as JSON
    not_corrections  the order numbers that its profile excludes from corrections, as JSON
    """

    source_id: int
    load_id: int
    name: str
    fingerprint: str
    duplicate_of: int | None
    profile: str
    profile_from: str
    columns: str
    formats_json: str
    not_corrections: str

    @property
    def has_states(self) -> bool:
        """Whether it has columns that say what a row is, or what became of an order."""
        return bool(json.loads(self.formats_json).get("states"))

    @property
    def profile_option(self) -> str:
        """The profile it was read with, as --profile accepts it."""
        return self.profile if self.profile_from == SHIPPED else self.profile_from


@dataclass(frozen=True)
class Ledger:
    """The part of the ledger that the next load needs."""

    facts: Mapping[str, str]
    loads: Sequence[Mapping[str, Any]]
    sources: Sequence[LoadedSource]

    @property
    def next_load(self) -> int:
        """The number of the next load."""
        return int(max(load["load_id"] for load in self.loads)) + 1

    @property
    def next_source(self) -> int:
        """The number of the next source."""
        return max(source.source_id for source in self.sources) + 1

    @property
    def latest_date(self) -> date | None:
        """The latest business date of the loads that were not undone; None if none has one."""
        dates = (load["as_of"] for load in self.loads if load["load_id"] not in self.undone_loads)
        return max(filter(None, dates), default=None)

    @property
    def sources_by_date(self) -> list[int]:
        """The source_id of every source by the business date of its load, the oldest first.

        Loads without a date were made before any with one.
        """
        dates = {load["load_id"]: load["as_of"] or date.min for load in self.loads}
        by_date = sorted((dates[source.load_id], source.source_id) for source in self.sources)
        return [source for _, source in by_date]

    @property
    def undone_loads(self) -> set[int]:
        """The numbers of the loads that were undone."""
        return {load["undoes"] for load in self.loads if load["undoes"] is not None}

    @property
    def current_sources(self) -> list[LoadedSource]:
        """The sources of all loads that were not undone."""
        return [source for source in self.sources if source.load_id not in self.undone_loads]

    def with_build_settings(self, settings: Settings) -> Settings:
        """Return settings with those that the warehouse was built with."""
        facts = self.facts
        return replace(
            settings, currency=facts["currency"], shop=facts["shop"], credit=facts["credit"],
            fiscal_year_start=int(facts["fiscal_year_start"]),
            high_value_percentile=float(facts["high_value_percentile"]),
        )  # fmt: skip

    @property
    def repeats_policy(self) -> Repeats:
        """How to handle an order that is loaded again."""
        policy: Repeats = self.facts["repeats_policy"]  # type: ignore[assignment]
        return policy

    @property
    def corrections_within(self) -> int:
        """Within how many days a credit cancels an order; 0 if credits never do."""
        return int(self.facts[CORRECTIONS_WITHIN])

    @property
    def merges_customers(self) -> bool:
        """Whether several customer ids can be one person."""
        return bool(self.facts.get(SAME_PERSON_BY))

    def find_source(self, fingerprint: str) -> LoadedSource | None:
        """Return the current source with the same content, if there is one."""
        matches = (one for one in self.current_sources if one.fingerprint == fingerprint)
        return next((one for one in matches if one.duplicate_of is None), None)


def read_facts(warehouse: "WarehouseTables") -> dict[str, str]:
    """Return the facts about a warehouse; none if its ledger has the names of an older version."""
    if "warehouse_facts" not in warehouse.tables():
        return {}
    rows = warehouse.fetch(warehouse.table("warehouse_facts"))
    return {row["fact"]: row["value"] for row in rows}


def check_version(facts: Mapping[str, str], warehouse: object) -> None:
    """Raise WarehouseError if another version of Regulars built the warehouse."""
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise WarehouseError(
            f"{warehouse} was built by another version of Regulars. Build it again."
        )


def read_ledger(store: "WarehouseTables", facts: Mapping[str, str]) -> Ledger:
    """Return the ledger of a warehouse with these facts."""
    sources = store.table("load_sources").select(*LoadedSource.__dataclass_fields__)
    return Ledger(
        facts,
        store.fetch(store.table("loads")),
        [LoadedSource(**row) for row in store.fetch(sources.order_by("source_id"))],
    )


def read_tallies(store: "Store") -> list[LedgerEntry]:
    """Return the totals of all ledger entries by source, outcome and kind."""
    entries = store.table("ledger_entries")
    sums = entries.group_by("source_id", "outcome", "kind").aggregate(
        rows=entries.rows.sum(), amount=entries.amount.sum()
    )
    return to_entries(store.fetch(sums))


def load_totals(loads: "Table", entries: "Table") -> "Table":
    """Return all loads in order with is_undone, and rows and money by outcome."""
    rows = {
        name: entries.rows.sum(where=entries.outcome == name)
        for name in ("read", "accepted", "quarantined", "superseded")
    }
    money = {
        name: entries.amount.sum(where=entries.outcome == outcome)
        for name, outcome in (
            ("money", "accepted"), ("quarantined_money", "quarantined"),
            ("superseded_money", "superseded"),
        )
    }  # fmt: skip
    sums = entries.group_by("load_id").aggregate(**rows, **money)
    undone = loads.filter(loads.undoes.notnull()).undoes
    marked = loads.mutate(is_undone=loads.load_id.isin(undone))
    return marked.left_join(sums, "load_id").drop("load_id_right").order_by("load_id")


def last_order_day(fetcher: "Fetcher", orders: "Table") -> date | None:
    """Return the day of the last order, or None if there are no sales."""
    [row] = fetcher.fetch(orders.aggregate(last=orders.last_sale_at.max().date()))
    day: date | None = row["last"]
    return day


def regulars_version() -> str:
    """Return the version of Regulars, or "" if it is not installed."""
    try:
        return version("regulars")
    except PackageNotFoundError:
        return ""
