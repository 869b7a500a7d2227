"""Number the versions of orders: the later the business date of a source, the higher.

Sources are numbered as they are loaded. Only where nights were loaded out of order do the two
numbers differ.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from regulars.loads.update import WarehouseUpdate

if TYPE_CHECKING:
    from ibis.expr.types import Table

_COLUMNS = {"versioned_source": "int32", "version": "int32"}


@dataclass(frozen=True)
class VersionNumbers:
    """The version number of each source.

    by_source  versioned_source, version; None if each source has its source_id as its version
    """

    by_source: "Table | None" = None

    def add_to(self, rows: "Table") -> "Table":
        """Return rows that have a source_id with its `version`."""
        if self.by_source is None:
            return rows.mutate(version=rows.source_id)
        matches = rows.source_id == self.by_source.versioned_source
        return rows.left_join(self.by_source, matches).drop("versioned_source")


def version_numbers(update: WarehouseUpdate, current_sources: Collection[int]) -> VersionNumbers:
    """Return the version numbers of all sources, with those that the update brings."""
    ledger = update.ledger
    ordered = ledger.sources_by_date
    incoming = sorted(set(current_sources).difference(ordered))
    as_of = update.as_of or date.min
    dates = {load["load_id"]: load["as_of"] or date.min for load in ledger.loads}
    older = sum(dates[source.load_id] <= as_of for source in ledger.sources)
    ordered[older:older] = incoming
    if ordered == sorted(ordered):
        return VersionNumbers()
    rows = [(source, version) for version, source in enumerate(ordered, start=1)]
    store = update.store
    table = store.workspace.rows_as_table("version_numbers", _COLUMNS, rows)
    return VersionNumbers(store.import_rows("stg_version_numbers", table))
