"""Warn about stores: rows that lack one, and order numbers that are in several."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from regulars.core.errors import listed
from regulars.core.formatting import counted
from regulars.engines.protocols import Store, Workspace
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.per_store import STORE
from regulars.transform.orders.versions import orders_of_several_stores
from regulars.transform.staging.rules import has_an_order

if TYPE_CHECKING:
    from ibis.expr.types import Table


def missing_stores(
    workspace: Workspace, source: str, mapping: ColumnMapping, staged: "Table"
) -> Iterator[str]:
    """Yield a warning for staged rows whose order or customer is not known without the store."""
    of_orders, of_customers = map(mapping.is_per_store, ("order_id", "customer_id"))
    if not (of_orders or of_customers):
        return
    rows = staged.filter(staged.store.isnull())
    is_orderless = rows.reasons.contains(has_an_order.reason).fill_null(False)
    is_guest = rows.reasons.isnull() & rows.customer_id.isnull()
    [found] = workspace.fetch(
        rows.aggregate(orderless=rows.count(where=is_orderless), guests=rows.count(where=is_guest))
    )
    if of_orders and found["orderless"]:
        yield (
            f"{source}: {counted(found['orderless'], 'row has', 'rows have')} no store, and order "
            "numbers are unique per store. They are quarantined. If the file gives the store only "
            'on the first line of an order, write in your profile, under [orders]: fill = ["store"]'
        )
    if of_customers and found["guests"]:
        yield (
            f"{source}: {counted(found['guests'], 'row has', 'rows have')} no store, and customers "
            "are unique per store. They count as guests."
        )


def stores_alike(
    workspace: Workspace, source: str, mapping: ColumnMapping, staged: "Table"
) -> Iterator[str]:
    """Yield a warning for stores whose names differ only in capitals: they count as two."""
    if STORE not in mapping.columns:
        return
    names = staged.filter(staged.store.notnull()).select("store").distinct()
    by_name = names.group_by(name=names.store.lower()).aggregate(
        stores=names.count(), first=names.store.min(), last=names.store.max()
    )
    alike = by_name.filter(by_name.stores > 1).order_by("name")
    pairs = [f'"{row["first"]}" and "{row["last"]}"' for row in workspace.fetch(alike)]
    if pairs:
        yield (
            f"{source}: these stores differ only in capitals, and each counts for itself: "
            f"{listed(pairs)}. If they are the same, write them the same way."
        )


def orders_in_stores(
    workspace: Workspace, lines: "Table", mappings: Sequence[ColumnMapping]
) -> list[str]:
    """Return the orders with lines in several stores, which may be several orders of one number.

    Where order numbers are unique per store, there are none.
    """
    if not _can_share_numbers(mappings):
        return []
    return [row["order_id"] for row in workspace.fetch(orders_of_several_stores(lines))]


def orders_now_in_stores(
    store: Store, lines: "Table", mappings: Sequence[ColumnMapping]
) -> list[str]:
    """Return the orders that have lines in several stores with the new lines of a load."""
    if not _can_share_numbers(mappings):
        return []
    before = store.table("order_lines").semi_join(lines, "order_id")
    both = before.select("order_id", "store").union(lines.select("order_id", "store"))
    return [row["order_id"] for row in store.fetch(orders_of_several_stores(both))]


def _can_share_numbers(mappings: Sequence[ColumnMapping]) -> bool:
    return any("store" in one.columns and not one.is_per_store("order_id") for one in mappings)
