"""Columns that a profile builds from others, added to the rows of a source before they are read."""

from decimal import Decimal
from functools import reduce
from operator import add, and_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import trimmed
from regulars.transform.staging.identifiers import identifier
from regulars.transform.staging.nobody import is_nobody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibis.expr.types import StringValue, Table, Value

    from regulars.sources.profiles.built_columns import BuiltColumn
    from regulars.sources.profiles.people import Nobody

_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?$"
"""The time that a workbook adds to a date without one."""

_DAY_OF_A_TIME = r"^(1899-12-3[01]|1900-01-0[01])[ T]"
"""The date that a workbook adds to a time without one."""


def with_built_columns(
    table: "Table",
    built: "Mapping[str, BuiltColumn]",
    *,
    customer: str | None = None,
    nobody: "Nobody | None" = None,
) -> "Table":
    """Return the rows of a source with the columns built from them, by their labels.

    `customer` is the label of the customers, and `nobody` what the profile says about words for it.
    """
    if not built:
        return table
    values = {
        label: _value(table, column, nobody if label == customer else None)
        for label, column in built.items()
    }
    return table.mutate(**values)


def _value(table: "Table", column: "BuiltColumn", nobody: "Nobody | None") -> "Value":
    """Return the value of a built column; `nobody` is given for the customer."""
    cells = [_trimmed(table[name]) for name in column.columns]
    if not cells:
        return _constant(column.value)
    if nobody:
        return _customer_key(cells, nobody)
    match column.joined:
        case "key":
            return _key(cells)
        case "time":
            return _time(cells)
        case "text":
            return _text(cells)


def _constant(value: str | int | float) -> "Value":
    if isinstance(value, float):
        # As a decimal: the decimal mark of the file does not apply to a number of the profile.
        return ibis.literal(Decimal(str(value)), "decimal(18, 6)")
    return ibis.literal(value, "int64" if isinstance(value, int) else "string")


def _key(cells: "Sequence[Value]") -> "StringValue":
    parts = [identifier(cell) for cell in cells]
    joined = reduce(lambda left, right: left + "-" + right, parts)
    has_all = reduce(and_, (part.notnull() for part in parts))
    return cast("StringValue", ibis.ifelse(has_all, joined, None))


def _customer_key(cells: "Sequence[Value]", nobody: "Nobody") -> "Value":
    """Return the key of a customer; a word for nobody on its own if any part is one.

    A number 0 is nobody only as the last part: it can be the number of a store.
    """
    *others, last = [identifier(cell, no_value=()) for cell in cells]
    are_words = [(is_nobody(part, nobody) & part.re_search("[^0]"), part) for part in others]
    is_last = (is_nobody(last, nobody), last)
    return ibis.cases(is_last, *are_words, else_=_key(cells))


def _time(cells: "Sequence[Value]") -> "StringValue":
    day, *rest = (cell.cast("string") for cell in cells)
    if rest:
        day = day.re_replace(_MIDNIGHT, "")
    times = [text.re_replace(_DAY_OF_A_TIME, "") for text in rest]
    return cast("StringValue", ibis.ifelse(day.notnull(), _text([day, *times]), None))


def _text(cells: "Sequence[Value]") -> "StringValue":
    texts = [cell.cast("string") for cell in cells]
    parts = [ibis.ifelse(text.notnull(), " " + text, "") for text in texts]
    return cast("StringValue", reduce(add, parts).substr(1).nullif(""))


def _trimmed(cell: "Value") -> "Value":
    return trimmed(cast("StringValue", cell)) if cell.type().is_string() else cell
