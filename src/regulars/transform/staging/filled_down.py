"""Fill in cells that a source gives only on the first line of an order, as merged cells do."""

import json
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import equals_any, trimmed
from regulars.core.formatting import counted
from regulars.core.schema import PRODUCT_COLUMNS
from regulars.sources.labels import NO_SALE
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.transform.staging.other_rows import has_total

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table, Value

FILLED_DOWN = ("order_id", "ordered_at")
"""The columns that are filled in before rows are read, because a row without them is not a line.

So is the store, if order numbers are unique per store.
"""

MANY_ORDERLESS = 0.1
"""A larger share of lines without an order is not an accident."""


def filled_down(table: "Table", mapping: ColumnMapping, *, first_row: int) -> "Table":
    """Return the rows of a source, with source_row, in which no line lacks its order or its date.

    A blank order number becomes the one above; a blank date becomes that of the order, and a blank
    store the one above, as long as the order number is the same. Rows without a product, such as
    totals, stay as they are.
    """
    fill = [name for name in FILLED_DOWN if name in mapping.profile.fill]
    fills_store = "store" in mapping.profile.fill and mapping.is_per_store("order_id")
    if not (fill or fills_store):
        return table
    if "source_row" not in table.columns:
        table = table.mutate(source_row=(ibis.row_number() + first_row).cast("int64"))
    order, date, store = (_parts(mapping, [name]) for name in (*FILLED_DOWN, "store"))
    number = list(mapping.own_parts("order_id"))
    is_line = _is_line(table, _parts(mapping, PRODUCT_COLUMNS))
    rows = table.mutate(is_line=is_line)
    if "order_id" in fill:
        rows = _in_blocks(rows, number)
        rows = _filled(rows, order, [rows.block])
    elif fills_store:
        rows = _in_blocks(rows, store)
        rows = _filled(rows, store, [rows.block, *(rows[name] for name in number)])
    by_order = [rows.block] if "order_id" in fill else [rows[name] for name in order]
    if "ordered_at" in fill:
        rows = _filled(rows, date, by_order)
    return rows.select(*table.columns)


def orderless_lines(lines: "Table") -> "Table":
    """Return how many lines have a product, a quantity and a price, but neither order nor date."""
    has_goods = lines.product_id.notnull() & lines.quantity.notnull() & lines.unit_price.notnull()
    return lines.filter(
        ~equals_any(lines.reasons, NO_SALE),
        lines.order_id.isnull(),
        lines.ordered_at.isnull(),
        has_goods,
    ).aggregate(lines=lambda found: found.count())


def orderless_warning(source: str, orderless: int, rows: int, *, per_store: bool) -> Iterator[str]:
    """Yield how to fill in the order if so many lines lack it that cells seem to be merged."""
    if orderless > rows * MANY_ORDERLESS:
        names = ("order_id", "ordered_at", "customer_id", *(("store",) if per_store else ()))
        yield (
            f"{source}: {counted(orderless, 'row has', 'rows have')} a product and a price, but no "
            "order number and no date. If the file gives these only on the first line of an order, "
            f"write in your profile:\n  [orders]\n  fill = {json.dumps(names)}"
        )


def _in_blocks(rows: "Table", names: Iterable[str]) -> "Table":
    """Return rows with `block`: how many lines so far have a cell in one of these columns."""
    begins = rows.is_line & _any(_is_filled(rows[name]) for name in names)
    so_far = ibis.cumulative_window(order_by=rows.source_row)
    return rows.mutate(block=begins.cast("int64").sum().over(so_far))


def _filled(rows: "Table", names: Iterable[str], group: "list[Value]") -> "Table":
    """Return rows in which blank cells of lines have the highest value of lines in their group."""

    def filled(name: str) -> "Value":
        known = ibis.ifelse(rows.is_line, _blank_as_null(rows[name]), None)
        given = known.max().over(ibis.window(group_by=group))
        return ibis.ifelse(rows.is_line & ~_is_filled(rows[name]), given, rows[name])

    return rows.mutate(**{name: filled(name) for name in names})


def _is_line(table: "Table", products: list[str]) -> "BooleanValue":
    """Return whether a row names a product, and no cell of it is a word for a total."""
    texts = [table[name] for name in table.columns if table[name].type().is_string()]
    has_product = _any(_is_filled(table[name]) for name in products)
    return cast("BooleanValue", has_product & ~has_total(texts))


def _is_filled(cell: "Value") -> "BooleanValue":
    return cast("BooleanValue", _blank_as_null(cell).notnull())


def _blank_as_null(cell: "Value") -> "Value":
    return trimmed(cell) if cell.type().is_string() else cell


def _parts(mapping: ColumnMapping, names: Iterable[str]) -> list[str]:
    """Return the columns of the source that give some of ours."""
    return [part for name in names if name in mapping.columns for part in mapping.parts(name)]


def _any(conditions: "Iterable[BooleanValue]") -> "BooleanValue":
    return reduce(or_, (each.fill_null(False) for each in conditions), ibis.literal(False))
