"""Versions of an order: which lines count if an order is in several sources.

Lines have source_id and source_row; a later source has a higher source_id. The content of a line is
everything except its source and row.
"""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.conventions import Repeats
from regulars.transform.staging.money_columns import money_columns
from regulars.transform.staging.people import person_columns

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

CONTENT = (
    "order_id", "ordered_at", "customer_id", "product_id", "product_name", "category",
    "subcategory", "quantity", "unit_price", "discount_amount", "location", "store", "status",
    "kind",
)  # fmt: skip


@cached_expression
def line_contents(lines: "Table") -> "Table":
    """Return the content of lines, accepted or not, without source and row.

    Columns that staging uses up, such as personal data and currencies, belong to it.
    """
    content = [name for name in CONTENT if name in lines.columns]
    return lines.select(*content, "original", *person_columns(lines), *money_columns(lines))


@cached_expression
def repeated_orders(lines: "Table") -> "Table":
    """Return the orders in more than one source: order_id, sources, last_source."""
    orders = lines.group_by("order_id").aggregate(
        first_source=lines.source_id.min(),
        last_source=lines.source_id.max(),
        sources=lines.source_id.nunique(),
    )
    repeated = orders.filter(orders.first_source != orders.last_source)
    return repeated.select("order_id", "sources", "last_source")


@cached_expression
def differing_orders(lines: "Table", repeated: "Table") -> "Table":
    """Return the repeated orders whose lines differ between sources: order_id."""
    lines = lines.semi_join(repeated, "order_id")
    per_source = lines.group_by(*CONTENT, "source_id").aggregate(times=lines.count())
    per_line = per_source.group_by(*CONTENT).aggregate(
        sources_with_it=per_source.count(),
        fewest=per_source.times.min(),
        most=per_source.times.max(),
    )
    compared = per_line.inner_join(repeated, "order_id")
    differs = (compared.sources_with_it != compared.sources) | (compared.fewest != compared.most)
    # Not distinct(): followed by order_by, Ibis 12 makes Spark compare other columns.
    return compared.filter(differs).group_by("order_id").aggregate().order_by("order_id")


@cached_expression
def orders_of_several_stores(lines: "Table") -> "Table":
    """Return the orders whose lines, in whatever source, name more than one store: order_id."""
    orders = lines.group_by("order_id").aggregate(first=lines.store.min(), last=lines.store.max())
    return orders.filter(orders["first"] != orders["last"]).select("order_id").order_by("order_id")


@cached_expression
def identical_lines(lines: "Table", suspects: "Table") -> "Table":
    """Return one row, `lines`: how many lines repeat another line of their order and source.

    Only `suspects` are compared, which are the keys of orders or lines; the caller can find them
    with cheap keys.
    """
    lines = lines.semi_join(suspects, suspects.columns)
    groups = lines.group_by([*CONTENT, "source_id"]).aggregate(times=lines.count())
    return groups.aggregate(lines=ibis.coalesce((groups.times - 1).sum(), 0))


@cached_expression
def resolve_versions(lines: "Table", repeated: "Table", policy: Repeats) -> "Table":
    """Return all lines with `is_superseded`: replaced by a line of the same order elsewhere.

    replace  the lines of the last source are current (also for "error" if no order differs)
    union    a line is current as often as in the source that has it most often; later copies win
    keep     every line is current
    """
    if policy == "keep":
        return lines.mutate(is_superseded=ibis.literal(False))
    last = repeated.select(repeated_order=repeated.order_id, last_source=repeated.last_source)
    joined = lines.left_join(last, lines.order_id == last.repeated_order)
    if policy == "union":
        return _union(joined)
    is_superseded = (joined.source_id != joined.last_source).fill_null(False)
    return joined.mutate(is_superseded=is_superseded).drop("repeated_order", "last_source")


def _union(joined: "Table") -> "Table":
    in_source = ibis.window(group_by=[*CONTENT, "source_id"], order_by="source_row")
    counted = joined.mutate(occurrence=ibis.row_number().over(in_source))
    latest = counted.source_id.max().over(ibis.window(group_by=[*CONTENT, "occurrence"]))
    is_superseded = counted.last_source.notnull() & (counted.source_id != latest)
    return counted.mutate(is_superseded=cast("BooleanValue", is_superseded)).drop(
        "repeated_order", "last_source", "occurrence"
    )
