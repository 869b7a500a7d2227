"""The quarantine as a work list: which rows need fixing, why, and what they contain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.columns import Unit
from regulars.core.errors import InputError
from regulars.core.expressions import equals_any
from regulars.sources.labels import NO_SALE
from regulars.transform.staging.original_rows import LOCATOR_COLUMNS, parse_cells
from regulars.transform.staging.rules import SEPARATOR
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class Reason:
    """A reason for quarantine, the number of rows it applies to, and the first of them."""

    reason: str
    rows: int
    source: str
    source_row: int
    original: str


def pending_rows(warehouse: Warehouse) -> "Table":
    """Return the quarantined rows that still need fixing, in the order of their sources.

    Totals, notes and other rows that are not sales need none. If an order has current lines, only
    rows of the source of those lines count; other sources are
    superseded or repeat it. Of all other rows, repeated ones count once, and rows from before the
    last sync of their order do not count.
    """
    quarantine, lines = warehouse.table("quarantine"), warehouse.table("order_lines")
    rows = quarantine.filter(~equals_any(quarantine.reasons, NO_SALE))
    current = lines.semi_join(rows, "order_id").select("order_id", "source_id").distinct()
    of_current = rows.semi_join(current, ["order_id", "source_id"])
    others = _since_last_sync(warehouse, rows.anti_join(current, "order_id"))
    copy = ibis.row_number().over(
        group_by=[others.source_id, others.original], order_by=others.source_row
    )
    numbered = others.mutate(copy=copy)
    first = numbered.source_id.min().over(group_by=[numbered.original, numbered["copy"]])
    once = numbered.mutate(first=first)
    pending = of_current.union(once.filter(once.source_id == once["first"]).select(*rows.columns))
    return pending.order_by("source_id", "source_row")


def _since_last_sync(warehouse: Warehouse, rows: "Table") -> "Table":
    """Return rows without those that are older than the last sync of their order."""
    synced, loads = warehouse.table("synced_orders"), warehouse.table("loads")
    undone = loads.filter(loads.undoes.notnull()).select(load_id=loads.undoes)
    sources = warehouse.table("load_sources").select("source_id", "load_id")
    current = synced.semi_join(sources.anti_join(undone, "load_id"), "source_id")
    last = current.group_by(synced_order=current.order_id).aggregate(
        synced_by=current.source_id.max()
    )
    joined = rows.left_join(last, rows.order_id == last.synced_order)
    is_outdated = (joined.source_id < joined.synced_by).fill_null(False)
    return joined.filter(~is_outdated).select(*rows.columns)


def pending_reasons(warehouse: Warehouse) -> list[Reason]:
    """Return the reasons of the pending rows, the most frequent first.

    A row with several reasons counts for each of them.
    """
    reasons: dict[str, Reason] = {}
    for row in warehouse.rows(_first_of_each(pending_rows(warehouse))):
        for reason in row["reasons"].split(SEPARATOR):
            # Rows come in the order of the sources, so the first one is the example.
            first = reasons.get(reason) or Reason(
                reason, 0, row["source"], row["source_row"], row["original"]
            )
            reasons[reason] = replace(first, rows=first.rows + row["rows"])
    return sorted(
        reasons.values(), key=lambda one: (-one.rows, one.source, one.source_row, one.reason)
    )


def count_pending(warehouse: Warehouse) -> int:
    """Return the number of rows that need fixing."""
    pending = pending_rows(warehouse)
    [row] = warehouse.rows(pending.aggregate(rows=pending.count()))
    return int(row["rows"])


def _first_of_each(rows: "Table") -> "Table":
    """Return the first row of each set of reasons, with the number of such rows as `rows`."""
    same_reasons = ibis.window(group_by=rows.reasons)
    position = ibis.row_number().over(
        group_by=rows.reasons, order_by=[rows.source_id, rows.source_row]
    )
    numbered = rows.mutate(rows=rows.count().over(same_reasons), position=position)
    return numbered.filter(numbered.position == 0).order_by("source_id", "source_row")


@dataclass(frozen=True)
class QuarantinedRows:
    """The pending rows as a spreadsheet: source, row and reasons, then the original cells."""

    warehouse: Warehouse
    name: str = "quarantine"
    units: Mapping[str, Unit] = field(default_factory=dict)
    is_verbatim: bool = True

    @property
    def table(self) -> "Table":
        """The pending rows, in the order of their sources."""
        return pending_rows(self.warehouse)

    @cached_property
    def columns(self) -> list[str]:
        """The names of the columns: ours, then those of all sources in order of appearance."""
        names: dict[str, object] = dict.fromkeys(LOCATOR_COLUMNS)
        for row in self.warehouse.rows(self.table.select("original")):
            names |= dict.fromkeys(parse_cells(row["original"]))
        return list(names)

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows; cells that a source does not have are None."""
        table = self.table if limit is None else self.table.limit(limit)
        for row in self.warehouse.rows(table):
            row = row | {"reasons": row["reasons"].replace(SEPARATOR, " ")}
            provenance = {name: row[ours] for name, ours in LOCATOR_COLUMNS.items()}
            yield dict.fromkeys(self.columns) | parse_cells(row["original"]) | provenance

    def to_parquet(self, path: Path) -> None:
        """Raise InputError: people correct these rows in a spreadsheet."""
        raise InputError("Quarantined rows are exported as .csv or .xlsx for editing.")
