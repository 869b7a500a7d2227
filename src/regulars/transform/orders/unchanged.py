"""Unchanged orders: those that arrive again exactly as they are in the warehouse.

The contents of an order are its accepted lines and its quarantined rows.
"""

from typing import TYPE_CHECKING

import ibis

from regulars.core.cached import cached_expression
from regulars.transform.orders.versions import CONTENT, differing_orders, repeated_orders

if TYPE_CHECKING:
    from ibis.expr.types import Table

_CURRENT = 0
"""A source_id that no source has, for the current contents."""


@cached_expression
def order_contents(lines: "Table", failed: "Table") -> "Table":
    """Return the contents of orders: the columns of CONTENT, and source_id.

    `failed` has the quarantined rows: order_id, original, source_id. Rows without an order number
    are left out.
    """
    types = lines.schema()
    rows = failed.filter(failed.order_id.notnull())
    cells = {name: ibis.null(types[name]) for name in CONTENT}
    cells |= {"order_id": rows.order_id, "product_name": rows.original}
    quarantined = rows.select(**cells, source_id=rows.source_id)
    return lines.select(*CONTENT, "source_id").union(quarantined)


@cached_expression
def unchanged_orders(incoming: "Table", current: "Table") -> "Table":
    """Return the orders that every incoming source has exactly as they are now: order_id.

    Both tables are results of `order_contents`.
    """
    both = incoming.union(current.mutate(source_id=ibis.literal(_CURRENT, "int32")))
    repeated = (
        repeated_orders(both).semi_join(current, "order_id").semi_join(incoming, "order_id")
    )  # fmt: skip
    return repeated.select("order_id").anti_join(differing_orders(both, repeated), "order_id")
