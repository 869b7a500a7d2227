"""Sync marks: how far each sync has read a shop database, and with which profile."""

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
from regulars.sources.databases.shop_database import Watermarks
from regulars.sources.profiles.profile import SHIPPED, Profile, load_profile
from regulars.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class SyncMark:
    """A row of the table sync_marks.

    since        watermarks from which the sync read; None if it read everything
    until        watermarks up to which it read; None if no column shows when a row changed
    fingerprint  the profile and column mapping that the sync used
    columns      every column of the tables that were read, by table
    """

    load_id: int
    source_id: int
    since: Watermarks | None
    until: Watermarks | None
    fingerprint: str
    columns: Mapping[str, list[str]]


def read_marks(store: Store, shop: str, ledger: Ledger) -> list[SyncMark]:
    """Return the marks of the current syncs of a shop database, oldest first."""
    marks = _current_marks(store, ledger)
    return [
        SyncMark(
            row["load_id"], row["source_id"], _watermarks(row["since"]), _watermarks(row["until"]),
            row["fingerprint"], json.loads(row["columns"]),
        )
        for row in store.fetch(marks.filter(marks.shop == shop).order_by("load_id"))
    ]  # fmt: skip


def _current_marks(store: Store, ledger: Ledger) -> "Table":
    marks = store.table("sync_marks")
    return marks.filter(marks.load_id.notin(sorted(ledger.undone_loads) or [0]))


def _watermarks(written: str | None) -> Watermarks | None:
    return None if written is None else tuple(map(datetime.fromisoformat, json.loads(written)))


def covered_until(marks: list[SyncMark], fingerprint: str) -> Watermarks | None:
    """Return the watermarks up to which syncs with this fingerprint have read without a gap.

    None means that the next sync has to read everything. An undone sync leaves a gap, and so does
    one with another fingerprint.
    """
    until: Watermarks | None = None
    for mark in marks:
        if mark.fingerprint != fingerprint:
            until = None
        elif mark.since is None or mark.until is None:
            until = mark.until
        elif until is not None and all(map(le, mark.since, until)):
            until = tuple(map(max, until, mark.until))
    return until


@dataclass(frozen=True)
class SyncedTable:
    """A table of a shop database that was synced, and the profile that was used."""

    table: str
    profile: str
    profile_from: str

    @property
    def profile_file(self) -> Path | None:
        """The file of the profile; None for a shipped profile."""
        return None if self.profile_from == SHIPPED else Path(self.profile_from)

    def profile_and_table(self) -> tuple[Profile, str | None]:
        """Return the profile, and the table unless the profile names it."""
        profile = load_profile(str(self.profile_file or self.profile))
        return profile, None if profile.database.names_lines else self.table

    def options(self) -> str:
        """Return the command line options that select it."""
        by_profile = f"--profile {quote(str(self.profile_file or self.profile))}"
        if self.profile_file and not self.profile_file.is_file():
            return by_profile
        _, table = self.profile_and_table()
        if table is None:
            return by_profile
        by_table = f"--table {quote(table)}"
        return f"{by_profile} {by_table}" if self.profile_file else by_table


def last_synced(store: Store, address: str, ledger: Ledger) -> tuple[Profile | None, str | None]:
    """Return the profile and table of the last sync of a database; None if there was none.

    Raises SourceError if several of its tables were synced, ProfileError if the profile does not
    exist any more.
    """
    tables = _synced_tables(store, address, ledger)
    if not tables:
        return None, None
    if len(tables) > 1:
        options = "\n".join(f"  {table.options()}" for table in tables)
        raise SourceError(f"Several tables of {address} were synced. Choose one:\n{options}")
    [table] = tables
    file = table.profile_file
    if file and not file.is_file():
        raise ProfileError(
            f"{address} was synced with the profile {file}, but there is no such file in "
            f"{file.absolute().parent}. Pass its new path with --profile."
        )
    return table.profile_and_table()


def _synced_tables(store: Store, address: str, ledger: Ledger) -> list[SyncedTable]:
    """Return each synced table of a database with the profile of its last sync."""
    prefix = f"{address}: "
    marks = _current_marks(store, ledger)
    sources = store.table("load_sources").select("source_id", "profile", "profile_from")
    ours = marks.filter(marks.shop.startswith(prefix)).inner_join(sources, "source_id")
    last = {
        row["shop"]: SyncedTable(
            row["shop"].removeprefix(prefix), row["profile"], row["profile_from"]
        )
        for row in store.fetch(ours.order_by("load_id"))
    }
    return list(last.values())
