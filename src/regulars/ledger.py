"""The ledger: every load of a warehouse, written into the warehouse itself.

It is kept as a journal. Each load adds rows; what a later load replaces or takes back is entered
with a minus where it was and a plus where it went. The sums are what stands now, and what was read
is always what was accepted, quarantined, replaced and unchanged.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from regulars.config import Settings
from regulars.conventions import Repeats
from regulars.landing import Landed
from regulars.load_report import LoadReport, OrderChanges
from regulars.profiles import SHIPPED
from regulars.staging.reconcile import Tally, as_tallies

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from regulars.engines.base import Answers, Store

SCHEMA_VERSION = "4"
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
    same_as: int | None
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
        return next((one for one in found if one.same_as is None), None)


def read_facts(store: "Store") -> dict[str, str]:
    """Return what is known of a warehouse as a whole, as it keeps it."""
    return {row["fact"]: row["value"] for row in store.fetch(store.table("load_facts"))}


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
    entries = store.table("load_tallies")
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


def last_order(shop: "Answers", orders: "Table") -> date | None:
    """Return the day of the last order, None if nothing was ever sold."""
    [row] = shop.fetch(orders.aggregate(last=orders.last_sale_at.max().date()))
    day: date | None = row["last"]
    return day


@dataclass(frozen=True)
class Standing:
    """What is known of the orders of a warehouse as a whole, in the words of LoadReport."""

    conventions: str
    policy: Repeats
    last_order_on: date | None
    repeated: int
    differing: Sequence[str]
    identical: int
    shared: Sequence[str]
    spread: Sequence[str]

    @classmethod
    def after(cls, build: LoadReport, last_order_on: date | None) -> Self:
        """Return what is known after a build."""
        return cls(
            build.conventions, build.policy, last_order_on, build.repeated, build.differing,
            build.identical or 0, build.shared, build.spread,
        )  # fmt: skip

    def facts(self, settings: Settings, now: datetime) -> dict[str, str]:
        """Return it as the warehouse keeps it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "built_at": now.isoformat(timespec="seconds"),
            "conventions": self.conventions,
            "last_order_on": (self.last_order_on or now.date()).isoformat(),
            "currency": settings.currency,
            "shop": settings.shop,
            "credit": settings.credit,
            "fiscal_year_start": str(settings.fiscal_year_start),
            "high_value_percentile": str(settings.high_value_percentile),
            "repeated_orders": str(self.repeated),
            "differing_orders": ", ".join(self.differing),
            "repeats_policy": self.policy,
            "identical_lines": str(self.identical),
            "shared_orders": ", ".join(self.shared),
            "spread_orders": ", ".join(self.spread),
        }


def ledger_of_build(report: LoadReport, facts: Mapping[str, str], now: datetime) -> dict[str, Rows]:
    """Return the ledger of a new warehouse, whose first load is its build: rows by table."""
    return {
        "loads": [load_row(FIRST_LOAD, now, "build", report.conventions, report.orders)],
        "load_sources": source_rows(FIRST_LOAD, report.sources),
        "load_tallies": tally_rows(FIRST_LOAD, report.tallies),
        "load_reasons": reason_rows(FIRST_LOAD, report.reasons),
        "load_facts": list(facts.items()),
        "confirmed_orders": [],
        "synced_orders": [],
        "sync_marks": [],
    }


def load_row(
    load: int,
    now: datetime,
    what: str,
    conventions: str,
    orders: OrderChanges,
    undoes: int | None = None,
) -> tuple[Any, ...]:
    """Return a load as the ledger keeps it."""
    counts = (orders.new, orders.changed, orders.unchanged, orders.removed)
    return (load, now, what, release(), conventions, undoes, *counts)


def source_rows(
    load: int,
    sources: Iterable[Landed],
    same: Mapping[int, int] = MappingProxyType({}),
) -> Rows:
    """Return sources as the ledger keeps them."""
    return [
        (
            source.source_id,
            load,
            source.name,
            source.rows,
            source.mapping.profile.name,
            source.mapping.profile.source,
            source.mapping.profile.version,
            source.mapping.describe(),
            source.describe(),
            source.read_as.as_json(),
            source.fingerprint,
            same.get(source.source_id),
        )
        for source in sources
    ]


def tally_rows(load: int, tallies: Iterable[Tally]) -> Rows:
    """Return entries of the journal."""
    return [(load, t.source_id, t.outcome, t.kind, t.rows, t.amount) for t in tallies]


def reason_rows(load: int, reasons: Counter[str]) -> Rows:
    """Return how many rows failed each rule."""
    return [(load, reason, rows) for reason, rows in reasons.most_common()]


def odd_in(rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return which of the odd orders are shared and which are spread, as LoadReport means it."""
    odd = list(rows)
    shared = [row["order_id"] for row in odd if row["customers"] or row["locations"]]
    return shared, [row["order_id"] for row in odd if row["days"]]


def release() -> str:
    """Return the version of Regulars, empty where it was not installed."""
    try:
        return version("regulars")
    except PackageNotFoundError:
        return ""
