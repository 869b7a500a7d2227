"""Rows that are not lines: totals, notes, blank rows, and repeated headers.

A total is recognised by two things together: a cell that is a word for a total, and blank cells
where a line names its product, date and customer. So neither a product "Total Clean" nor a customer
"Total Ltd" is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add, or_
from typing import TYPE_CHECKING, Literal, cast

import ibis

from regulars.core.expressions import equals_any, trimmed
from regulars.sources.labels import (
    BLANK,
    CELL_END,
    EXACT,
    LOOSE,
    NEVER_PRODUCTS,
    NOTE,
    PERHAPS_PRODUCTS,
    REPEATED_HEADER,
    TOTAL,
)
from regulars.sources.profiles.match_columns import ColumnMapping

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, IntegerValue, StringValue, Table, Value

    Cells = Mapping[str, Value]

_NAMES = ("customer_id", "product_id", "product_name", "category", "subcategory")
"""Columns of names, which can begin or end with any word."""

Suspects = Literal["named", "unnamed"]
"""Lines that can be totals: their product is called "Total", or they have none."""

MOST_CELLS = 40
"""The most cells of a row that are searched for a word, so that wide tables stay fast."""

NOTE_CELLS = 2
"""The most cells that a note fills."""


def reason_to_skip(
    lines: "Table", cells: "Cells", mapping: ColumnMapping, totals: "Sequence[Suspects]" = ()
) -> "StringValue":
    """Return why a row is not a line, such as `labels.TOTAL`; NULL if it may be one.

    cells   the cells of the source by column, as columns of `lines`
    totals  which suspects are totals (`total_evidence`)
    """
    products = NEVER_PRODUCTS + (PERHAPS_PRODUCTS if "named" in totals else ())
    no_product = ibis.literal(True) if "unnamed" in totals else _is_total(lines, cells, mapping)
    order, date = _order(lines, cells, mapping), _texts(cells, mapping, ("ordered_at",))
    names = _texts(cells, mapping, _NAMES)
    # Few rows pass the first test of each pair, so the second costs next to nothing.
    return cast(
        "StringValue",
        ibis.coalesce(
            _if(_any(map(_may_be_label, order)), _if(has_total(order), TOTAL)),
            _if(lines.product_id >= "A", _if(equals_any(lines.product_id, products), TOTAL)),
            _if(lines.product_id.isnull(), _if(no_product, TOTAL)),
            _if(
                lines.ordered_at.isnull(),
                ibis.coalesce(
                    _if(has_total((*date, *names)), TOTAL),
                    _if(_repeats_header(cells, mapping), REPEATED_HEADER),
                    _if(_filled(cells) == 0, BLANK),
                    _if(_is_note(lines, cells), NOTE),
                ),
            ),
        ),
    )


def suspects(lines: "Table", which: Suspects) -> "BooleanValue":
    """Return whether a line has no product, or one that is called "Total"."""
    if which == "unnamed":
        return cast("BooleanValue", lines.product_id.isnull())
    return equals_any(lines.product_id, PERHAPS_PRODUCTS).fill_null(False)


def total_evidence(lines: "Table", which: Suspects) -> "Table":
    """Return one row about suspects that may be totals: rows, matching and several.

    matching  rows that are worth as much as all other lines of their order
    several   those of them whose orders have two or more other lines
    """
    valid = lines.filter(lines.reasons.isnull())
    is_suspect = suspects(valid, which)
    found = valid.filter(is_suspect).select("order_id", "unit_price", "net_amount")
    others = valid.filter(~is_suspect).semi_join(found, "order_id")
    sums = others.group_by(summed_order=others.order_id).aggregate(
        lines=others.count(), worth=others.net_amount.sum()
    )
    pairs = found.left_join(sums, found.order_id == sums.summed_order)
    matches = _any((pairs.net_amount == pairs.worth, pairs.unit_price == pairs.worth))
    return pairs.aggregate(
        rows=pairs.count(),
        matching=pairs.count(where=matches),
        several=pairs.count(where=matches & (pairs.lines > 1)),
    )


def are_totals(evidence: "Mapping[str, int]") -> bool:
    """Return whether all suspects are totals, by `total_evidence`."""
    return 0 < evidence["rows"] == evidence["matching"] and evidence["several"] > 0


def _is_total(lines: "Table", cells: "Cells", mapping: ColumnMapping) -> "BooleanValue":
    """Return whether a row without a product is a total."""
    named = set(_columns(mapping, _NAMES))
    others = {name: cell for name, cell in cells.items() if name not in named}
    texts = [cell for cell in others.values() if cell.type().is_string()][:MOST_CELLS]
    order = _order(lines, cells, mapping)
    has_no_order = lines.order_id.isnull() | lines.ordered_at.isnull() | has_total(order, LOOSE)
    labelled = (*order, *map(trimmed, (*_texts(cells, mapping, ("ordered_at",)), *texts[:1])))
    is_labelled = lines.customer_id.isnull() & has_no_order & has_total(labelled, LOOSE)
    return has_total(texts) | is_labelled


def _repeats_header(cells: "Cells", mapping: ColumnMapping) -> "BooleanValue":
    """Return whether the cells of the order and of the date are the names of their columns."""
    pairs = [(cells[name], name) for name in _columns(mapping, ("order_id", "ordered_at"))]
    if len(pairs) != 2 or not all(cell.type().is_string() for cell, _ in pairs):
        return _any(())
    (order, its_name), (date, its_own) = pairs
    order = order.replace("\ufeff", "")  # the byte order mark of an appended file
    return cast("BooleanValue", (trimmed(order) == its_name) & (trimmed(date) == its_own))


def _is_note(lines: "Table", cells: "Cells") -> "BooleanValue":
    """Return whether a row fills one or two of many cells, but neither quantity nor price."""
    if len(cells) <= 2 * NOTE_CELLS:
        return _any(())
    return (_filled(cells) <= NOTE_CELLS) & lines.quantity.isnull() & lines.unit_price.isnull()


def _filled(cells: "Cells") -> "IntegerValue":
    """Return how many cells of a row are not blank."""
    counts = [cell.notnull().cast("int64") for cell in cells.values()]
    while len(counts) > 1:  # in pairs: a chain of a thousand additions is too deep to compile
        counts = [reduce(add, counts[n : n + 2]) for n in range(0, len(counts), 2)]
    return cast("IntegerValue", counts[0])


def _columns(mapping: ColumnMapping, names: Iterable[str]) -> list[str]:
    """Return the source's columns of some of ours."""
    return [part for name in names if name in mapping.columns for part in mapping.own_parts(name)]


def _order(lines: "Table", cells: "Cells", mapping: ColumnMapping) -> "list[StringValue]":
    """Return the order number, if it is one column of text: a store can be called "Total"."""
    texts = [cells[name].type().is_string() for name in _columns(mapping, ("order_id",))]
    if texts == [True] and mapping.is_per_store("order_id"):
        without_store = _texts(cells, mapping, ("order_id",))
        return [trimmed(text) for text in without_store]
    return [lines.order_id] if texts == [True] else []


def _texts(cells: "Cells", mapping: ColumnMapping, names: Iterable[str]) -> "list[StringValue]":
    """Return the cells of some of our columns, as far as they are text."""
    found = (cells[name] for name in _columns(mapping, names))
    return [cast("StringValue", cell) for cell in found if cell.type().is_string()]


def _may_be_label(text: "StringValue") -> "BooleanValue":
    """Return whether neither end is a digit: a cheap test that most order numbers fail."""
    last = text.right(1)
    begins = (text < "0") | (text >= ":")
    return cast("BooleanValue", ibis.ifelse(begins, (last < "0") | (last > "9"), False))


def has_total(cells: "Sequence[StringValue]", words: str = EXACT) -> "BooleanValue":
    """Return whether any cell is a word for a total, or begins or ends with one (LOOSE)."""
    if not cells:
        return ibis.literal(False)
    # One search over all cells is much shorter to plan than one for each.
    return ibis.literal(CELL_END).join(cells).upper().re_search(words)


def _any(conditions: "Iterable[BooleanValue]") -> "BooleanValue":
    """Return whether any condition holds; a condition on a missing value does not."""
    return reduce(or_, (each.fill_null(False) for each in conditions), ibis.literal(False))


def _if(condition: "BooleanValue", reason: "str | StringValue") -> "StringValue":
    return cast("StringValue", ibis.ifelse(condition, reason, ibis.null("string")))
