"""Replayed rows that pass, but whose order can only be loaded as a whole.

Two sources can have the order, or its discount or refund is spread over its readable lines.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from regulars.engines.protocols import Store
from regulars.loads.check_money import has_order_money
from regulars.loads.stage_source import StagedSource

if TYPE_CHECKING:
    from ibis.expr.types import Table

_AMBIGUOUS = "Another source also has this order. Load the whole order again."
"""The reason of rows that pass, but may belong to either of two versions of their order."""

_PART = "The discount or refund of this order is spread over its lines. Load the whole order again."
"""The reason of rows that pass, but whose order already has lines that share its money."""


def hold_back_ambiguous(store: Store, lines: "Table") -> "Table":
    """Return lines, with a reason for valid ones that may belong to two versions of an order.

    If two sources have the same version of an order, a row that always had its order_id belongs
    to both, so the first source accepts it. A row that has just got its order_id may belong to
    either, so it stays in the quarantine.
    """
    confirmed = store.table("confirmed_orders")
    later = confirmed.select("order_id", "source_id").mutate(is_later=1)
    first = confirmed.select("order_id", source_id="confirms_source_id").mutate(is_later=0)
    versions = (
        later.union(first)
        .group_by(version_order="order_id", version_source="source_id")
        .aggregate(is_later=ibis._.is_later.max())
    )
    quarantine = store.table("quarantine")
    old = quarantine.select("source_id", "source_row", old_order_id="order_id")
    joined = lines.left_join(old, ["source_id", "source_row"]).drop(
        "source_id_right", "source_row_right"
    )
    joined = joined.left_join(
        versions,
        [joined.order_id == versions.version_order, joined.source_id == versions.version_source],
    )
    is_renamed = (joined.old_order_id != joined.order_id).fill_null(True)
    is_ambiguous = joined.is_later.notnull() & ((joined.is_later == 1) | is_renamed)
    reasons = ibis.ifelse(joined.reasons.isnull() & is_ambiguous, _AMBIGUOUS, joined.reasons)
    return joined.mutate(reasons=reasons).select(*lines.columns)


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
    # The refund of such a row is not a row of the source.
    held = joined.filter(~(is_part & (joined.source_row < 0)))
    is_part = held.shared_order.notnull() & held.reasons.isnull()
    return held.mutate(
        reasons=ibis.ifelse(is_part, _PART, held.reasons),
        original=ibis.ifelse(is_part, held.old_original, held.original),
    ).select(*lines.columns)
