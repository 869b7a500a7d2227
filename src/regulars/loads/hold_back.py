"""Replayed rows of orders with money of their own: such an order can only be loaded as a whole.

A discount or a refund of an order was spread over the lines that could be read. A row that joins
them later would need another share.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from regulars.engines.protocols import Store
from regulars.loads.check_money import has_order_money
from regulars.loads.stage_source import StagedSource

if TYPE_CHECKING:
    from ibis.expr.types import Table

_PART = "The discount or refund of this order is spread over its lines. Load the whole order again."
"""The reason of rows that pass, but whose order already has lines that share its money."""


def hold_back_parts(store: Store, lines: "Table", sources: Sequence[StagedSource]) -> "Table":
    """Return replayed lines, with a reason for rows of orders that already share their money."""
    ids = [source.source_id for source in sources if has_order_money(source.mapping)]
    if not ids:
        return lines
    before = store.table("order_lines").union(store.table("superseded_lines"))
    before = before.filter(before.source_id.isin(ids))
    orders = before.select(shared_order="order_id", shared_source="source_id").distinct()
    rows = store.table("quarantine").select(
        old_source="source_id", old_row="source_row", old_original="original"
    )
    joined = lines.left_join(
        orders, [lines.order_id == orders.shared_order, lines.source_id == orders.shared_source]
    )
    joined = joined.left_join(
        rows, [joined.source_id == rows.old_source, joined.source_row == rows.old_row]
    )
    is_part = joined.shared_order.notnull() & joined.reasons.isnull()
    # The refund of such a row is no row of the source.
    held = joined.filter(~(is_part & (joined.source_row < 0)))
    is_part = held.shared_order.notnull() & held.reasons.isnull()
    return held.mutate(
        reasons=ibis.ifelse(is_part, _PART, held.reasons),
        original=ibis.ifelse(is_part, held.old_original, held.original),
    ).select(*lines.columns)
