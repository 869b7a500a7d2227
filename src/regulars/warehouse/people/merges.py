"""Look up the customer ids of one person, where a warehouse merges them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis

from regulars.core.columns import ColumnCard, Unit
from regulars.core.errors import InputError
from regulars.engines.protocols import WarehouseTables
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

TABLE = "customer_merges"
CARDS: Mapping[str, ColumnCard] = {
    "merged_into": ColumnCard("Customer", "text", "Customer ID that the person counts under"),
    "customer_id": ColumnCard("Customer ID", "text", "Each of the person's IDs in the sources"),
    "reason": ColumnCard("Shares", "text", "What the ID shares with another: email or phone"),
    "first_seen_at": ColumnCard("First line", "date", "Time of the first line with the ID"),
    "last_seen_at": ColumnCard("Last line", "date", "Time of the last line with the ID"),
}
"""The columns of the list of merges."""


@dataclass(frozen=True)
class MergeList:
    """The customers with several ids, one row for each id."""

    warehouse: Warehouse
    name: ClassVar[str] = "merges"
    columns: ClassVar[Sequence[str]] = list(CARDS)
    units: ClassVar[Mapping[str, Unit]] = {name: card.unit for name, card in CARDS.items()}
    is_verbatim: ClassVar[bool] = False

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows, by person; the id that they count under comes first."""
        return self.warehouse.rows(self._table if limit is None else self._table.limit(limit))

    def to_parquet(self, path: Path) -> None:
        """Write the rows as Parquet."""
        self._table.to_parquet(path)

    @property
    def _table(self) -> "Table":
        """The rows in order. Raises InputError if the warehouse merges nobody."""
        if TABLE not in self.warehouse.reader.tables():
            raise InputError(
                "This warehouse was built without same_person_by, so every customer ID is a "
                "customer. See docs/profiles.md."
            )
        rows = self.warehouse.table(TABLE)
        is_other = ibis.ifelse(rows.customer_id == rows.merged_into, 0, 1)
        return rows.order_by("merged_into", is_other, "customer_id").select(*CARDS)


def ids_of_people(
    warehouse: WarehouseTables, ids: Sequence[str] | None = None
) -> dict[str, list[str]]:
    """Return the ids of people with several, by the id they count under; the last seen comes last.

    `ids` are ids of the people to return; without it, everyone with several ids is returned.
    """
    if TABLE not in warehouse.tables():
        return {}
    rows = warehouse.table(TABLE)
    if ids is not None:
        people = rows.filter(rows.customer_id.isin(list(ids))).select("merged_into").distinct()
        rows = rows.semi_join(people, "merged_into")
    found: dict[str, list[str]] = {}
    for row in warehouse.fetch(rows.order_by("last_seen_at", "customer_id")):
        found.setdefault(row["merged_into"], []).append(row["customer_id"])
    return found
