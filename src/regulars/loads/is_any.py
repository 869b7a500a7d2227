"""Whether a table has rows, for steps that can be left out."""

from typing import TYPE_CHECKING

from regulars.engines.protocols import Fetcher

if TYPE_CHECKING:
    from ibis.expr.types import Table


def is_any(store: Fetcher, *tables: "Table") -> bool:
    """Return whether any of the tables has a row."""
    return any(store.fetch(table.limit(1)) for table in tables)
