"""The marks that syncs leave in a warehouse: how far each has read its shop, and by what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import le
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from regulars.core.errors import ProfileError, SourceError
from regulars.engines.protocols import Store
from regulars.sources.databases.shop_database import Moments
from regulars.sources.profiles.profile import SHIPPED, Profile, load_profile
from regulars.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class Mark:
    """How far a sync has read, from where, and how (`Extract.mark`)."""

    load_id: int
    source_id: int
    since: Moments | None
    until: Moments | None
    says: str
    columns: Mapping[str, list[str]]


def marks_of(store: Store, shop: str, ledger: Ledger) -> list[Mark]:
    """Return the marks of the syncs of a shop's database that stand, the first first."""
    marks = _standing(store, ledger)
    return [
        Mark(
            row["load_id"], row["source_id"], _moments(row["since"]), _moments(row["until"]),
            row["says"], json.loads(row["columns"]),
        )
        for row in store.fetch(marks.filter(marks.shop == shop).order_by("load_id"))
    ]  # fmt: skip


def _standing(store: Store, ledger: Ledger) -> "Table":
    marks = store.table("sync_marks")
    return marks.filter(marks.load_id.notin(sorted(ledger.undone) or [0]))


def _moments(told: str | None) -> Moments | None:
    return None if told is None else tuple(map(datetime.fromisoformat, json.loads(told)))


def covered(marks: list[Mark], says: str) -> Moments | None:
    """Return until when syncs that follow one another have read in this way; None if from nowhere.

    A sync that was taken back leaves a gap, from which the next one reads again; what was read by
    another profile does not count.
    """
    until: Moments | None = None
    for mark in marks:
        if mark.says != says:
            until = None
        elif mark.since is None or mark.until is None:
            until = mark.until
        elif until is not None and all(map(le, mark.since, until)):
            until = tuple(map(max, until, mark.until))
    return until


@dataclass(frozen=True)
class Way:
    """By what one table of a shop's database was read: its profile, and where that came from."""

    table: str
    profile: str
    profile_from: str

    @property
    def file(self) -> Path | None:
        """The file of the profile; None for one that comes with Regulars."""
        return None if self.profile_from == SHIPPED else Path(self.profile_from)

    def again(self) -> tuple[Profile, str | None]:
        """Return the profile, and the table where the profile does not say where the lines are."""
        profile = load_profile(self.profile if self.file is None else str(self.file))
        return profile, None if profile.database.names_lines else self.table

    def options(self) -> str:
        """Return the options that tell it."""
        by_profile = f"--profile {quote(str(self.file or self.profile))}"
        if self.file and not self.file.is_file():
            return by_profile
        _, table = self.again()
        if table is None:
            return by_profile
        by_table = f"--table {quote(table)}"
        return f"{by_profile} {by_table}" if self.file else by_table


def way_of_last_sync(
    store: Store, address: str, ledger: Ledger
) -> tuple[Profile | None, str | None]:
    """Return the profile and the table by which a database was synced last; None if it never was.

    Raises SourceError where several of its tables were, ProfileError where the profile is gone.
    """
    ways = _ways(store, address, ledger)
    if not ways:
        return None, None
    if len(ways) > 1:
        told = "\n".join(f"  {way.options()}" for way in ways)
        raise SourceError(f"Several tables of {address} were synced. Say which is meant:\n{told}")
    [way] = ways
    if way.file and not way.file.is_file():
        raise ProfileError(
            f"{address} was synced by the profile {way.file}, and there is no such file in "
            f"{way.file.absolute().parent}. Name it with --profile."
        )
    return way.again()


def _ways(store: Store, address: str, ledger: Ledger) -> list[Way]:
    """Return how each table of a database was read the last time."""
    begins = f"{address}: "
    marks = _standing(store, ledger)
    sources = store.table("load_sources").select("source_id", "profile", "profile_from")
    ours = marks.filter(marks.shop.startswith(begins)).inner_join(sources, "source_id")
    last = {
        row["shop"]: Way(row["shop"].removeprefix(begins), row["profile"], row["profile_from"])
        for row in store.fetch(ours.order_by("load_id"))
    }
    return list(last.values())
