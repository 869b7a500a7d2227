"""Orders that arrive at a warehouse which has some of them already.

What a source says of an order is its understood lines and its rows that were not understood. An
order that arrives just as it stands changes nothing; any other replaces what was said before.
"""

from typing import TYPE_CHECKING

import ibis

from regulars.transform.orders.versions import CONTENT, differing_orders, repeated_orders

if TYPE_CHECKING:
    from ibis.expr.types import Table

_STANDING = 0
"""A source that no file has: what stands is compared as if it were one."""


def said_of_orders(lines: "Table", failed: "Table") -> "Table":
    """Return what sources say of orders, in the columns of CONTENT and source_id.

    `failed` are rows with order_id, original and source_id; those that name no order say nothing.
    """
    types = lines.schema()
    blank = {name: ibis.null(types[name]) for name in CONTENT}
    rows = failed.filter(failed.order_id.notnull())
    told = blank | {"order_id": rows.order_id, "product_name": rows.original}
    unread = rows.select(**told, source_id=rows.source_id)
    return lines.select(*CONTENT, "source_id").union(unread)


def unchanged_orders(arrived: "Table", standing: "Table") -> "Table":
    """Return the orders that every source that brings them says just as they stand: order_id.

    Both are what `said_of_orders` returns: of the sources that arrived, and of what stands.
    """
    one = standing.mutate(source_id=ibis.literal(_STANDING, "int32"))
    both = arrived.union(one)
    again = repeated_orders(both).semi_join(standing, "order_id").semi_join(arrived, "order_id")
    return again.select("order_id").anti_join(differing_orders(both, again), "order_id")
