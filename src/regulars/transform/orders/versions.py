"""An order is the unit of loading: what to do with one that stands in several sources.

`lines` here are understood lines with source_id and source_row; a later source has a higher
source_id. What a line says (its content) is everything but where it came from.
"""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.conventions import Repeats
from regulars.transform.staging.people import persons

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

CONTENT = (
    "order_id", "ordered_at", "customer_id", "product_id", "product_name", "category",
    "subcategory", "quantity", "unit_price", "discount_amount", "location", "status", "kind",
)  # fmt: skip


def content_of(lines: "Table") -> "Table":
    """Return what lines say, understood or not, and of whom, without where they came from."""
    return lines.select(*CONTENT, "original", *persons(lines))


def repeated_orders(lines: "Table") -> "Table":
    """Return the orders that stand in more than one source: order_id, sources, last_source."""
    orders = lines.group_by("order_id").aggregate(
        first_source=lines.source_id.min(),
        last_source=lines.source_id.max(),
        sources=lines.source_id.nunique(),
    )
    repeated = orders.filter(orders.first_source != orders.last_source)
    return repeated.select("order_id", "sources", "last_source")


def differing_orders(lines: "Table", repeated: "Table") -> "Table":
    """Return the repeated orders whose lines are not the same in every source: order_id."""
    ours = lines.semi_join(repeated, "order_id")
    per_source = ours.group_by(*CONTENT, "source_id").aggregate(times=ours.count())
    per_line = per_source.group_by(*CONTENT).aggregate(
        sources_with_it=per_source.count(),
        fewest=per_source.times.min(),
        most=per_source.times.max(),
    )
    judged = per_line.inner_join(repeated, "order_id")
    differs = (judged.sources_with_it != judged.sources) | (judged.fewest != judged.most)
    # Not distinct(): with an order behind it, Ibis 12 tells Spark to tell other columns apart.
    return judged.filter(differs).group_by("order_id").aggregate().order_by("order_id")


def identical_lines(lines: "Table", suspects: "Table") -> "Table":
    """Return one row: how many lines say the same as another of their order and source.

    Only lines of the orders in `suspects` (order_id) are compared; the caller can find those
    with cheap keys.
    """
    ours = lines.semi_join(suspects, "order_id")
    groups = ours.group_by([*CONTENT, "source_id"]).aggregate(times=ours.count())
    again = (groups.times - 1).sum()
    return groups.aggregate(lines=ibis.coalesce(again, 0))


def settled(lines: "Table", repeated: "Table", policy: Repeats) -> "Table":
    """Return every line with `is_superseded`: set aside because its order came again.

    replace  the lines of the last source stand (also under "error", once nothing differs)
    union    a line stands as often as the source that has it most often; the later copy stands
    keep     every line stands
    """
    if policy == "keep":
        return lines.mutate(is_superseded=ibis.literal(False))
    last = repeated.select(repeated_order=repeated.order_id, last_source=repeated.last_source)
    joined = lines.left_join(last, lines.order_id == last.repeated_order)
    if policy == "union":
        return _union(joined)
    replaced = (joined.source_id != joined.last_source).fill_null(False)
    return joined.mutate(is_superseded=replaced).drop("repeated_order", "last_source")


def _union(joined: "Table") -> "Table":
    same = [joined[name] for name in CONTENT]
    counted = joined.mutate(
        occurrence=ibis.row_number().over(
            group_by=[*same, joined.source_id], order_by=joined.source_row
        )
    )
    content = [counted[name] for name in CONTENT]
    latest = counted.source_id.max().over(group_by=[*content, counted.occurrence])
    replaced = cast("BooleanValue", counted.last_source.notnull() & (counted.source_id != latest))
    return counted.mutate(is_superseded=replaced).drop(
        "repeated_order", "last_source", "occurrence"
    )
