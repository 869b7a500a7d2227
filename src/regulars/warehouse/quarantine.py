"""The quarantine as a work list: why rows were set aside, which, and what stood in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.columns import Unit
from regulars.core.errors import InputError
from regulars.transform.staging.original_rows import TELLS_WHICH, cells_of
from regulars.transform.staging.rules import SEPARATOR
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class Reason:
    """Why rows were set aside, how many, and the first of them."""

    reason: str
    rows: int
    source: str
    source_row: int
    original: str


def open_rows(warehouse: Warehouse) -> "Table":
    """Return the rows that wait to be mended, in the order of their sources.

    Of an order that stands, those of the source it stands from: what an earlier source said of it
    has been told again, and a later one that said the same waits only once. Of all other rows,
    those that say the same wait only once, too, and none from before a sync told its order anew.
    """
    rows, lines = warehouse.table("quarantine"), warehouse.table("order_lines")
    stands = lines.semi_join(rows, "order_id").select("order_id", "source_id").distinct()
    theirs = rows.semi_join(stands, ["order_id", "source_id"])
    others = _as_last_synced(warehouse, rows.anti_join(stands, "order_id"))
    again = ibis.row_number().over(
        group_by=[others.source_id, others.original], order_by=others.source_row
    )
    numbered = others.mutate(again=again)
    first = numbered.source_id.min().over(group_by=[numbered.original, numbered.again])
    once = numbered.mutate(first=first)
    waiting = theirs.union(once.filter(once.source_id == once["first"]).select(*rows.columns))
    return waiting.order_by("source_id", "source_row")


def _as_last_synced(warehouse: Warehouse, rows: "Table") -> "Table":
    """Return rows without those that were told before the last sync that told their order."""
    synced, loads = warehouse.table("synced_orders"), warehouse.table("loads")
    undone = loads.filter(loads.undoes.notnull()).select(load_id=loads.undoes)
    sources = warehouse.table("load_sources").select("source_id", "load_id")
    told = synced.semi_join(sources.anti_join(undone, "load_id"), "source_id")
    last = told.group_by(synced_order=told.order_id).aggregate(told_by=told.source_id.max())
    found = rows.left_join(last, rows.order_id == last.synced_order)
    is_past = (found.source_id < found.told_by).fill_null(False)
    return found.filter(~is_past).select(*rows.columns)


def reasons(warehouse: Warehouse) -> list[Reason]:
    """Return every reason, the most frequent first; a row that has several counts for each."""
    found: dict[str, Reason] = {}
    for row in warehouse.rows(_first_of_each(open_rows(warehouse))):
        for reason in row["reasons"].split(SEPARATOR):
            # In the order of the sources, so the first that has a reason is its example.
            first = found.get(reason) or Reason(
                reason, 0, row["source"], row["source_row"], row["original"]
            )
            found[reason] = replace(first, rows=first.rows + row["rows"])
    return sorted(
        found.values(), key=lambda one: (-one.rows, one.source, one.source_row, one.reason)
    )


def rows_waiting(warehouse: Warehouse) -> int:
    """Return how many rows wait to be mended."""
    waiting = open_rows(warehouse)
    [row] = warehouse.rows(waiting.aggregate(rows=waiting.count()))
    return int(row["rows"])


def _first_of_each(rows: "Table") -> "Table":
    """Return the first row of each set of reasons, and as `rows` how many have that set."""
    alike = ibis.window(group_by=rows.reasons)
    place = ibis.row_number().over(
        group_by=rows.reasons, order_by=[rows.source_id, rows.source_row]
    )
    numbered = rows.mutate(rows=rows.count().over(alike), place=place)
    return numbered.filter(numbered.place == 0).order_by("source_id", "source_row")


@dataclass(frozen=True)
class QuarantinedRows:
    """The quarantined rows as a sheet: which row it is and why, then its cells as they stood."""

    warehouse: Warehouse
    name: str = "quarantine"
    units: Mapping[str, Unit] = field(default_factory=dict)
    is_verbatim: bool = True

    @property
    def table(self) -> "Table":
        """The rows that wait, in the order of their sources."""
        return open_rows(self.warehouse)

    @cached_property
    def columns(self) -> list[str]:
        """The names of the columns: ours, and all that any source has, in the order they appear."""
        found: dict[str, object] = dict.fromkeys(TELLS_WHICH)
        for row in self.warehouse.rows(self.table.select("original")):
            found |= dict.fromkeys(cells_of(row["original"]))
        return list(found)

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows; a cell that a source does not have is empty."""
        table = self.table if limit is None else self.table.limit(limit)
        for row in self.warehouse.rows(table):
            told = row | {"reasons": row["reasons"].replace(SEPARATOR, " ")}
            which = {name: told[ours] for name, ours in TELLS_WHICH.items()}
            yield dict.fromkeys(self.columns) | cells_of(row["original"]) | which

    def to_parquet(self, path: Path) -> None:
        """Refuse: this is a list for people to work on."""
        raise InputError("Rows to be mended go to a spreadsheet: end the file in .csv or .xlsx.")
