"""Columns that a profile builds from others, added to the rows of a source before they are read."""

from decimal import Decimal
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import trimmed
from regulars.transform.staging.identifiers import identifier, is_email, tidy
from regulars.transform.staging.nobody import is_nobody
from regulars.transform.staging.people import MARK

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
    customers: "Collection[str]" = (),
    nobody: "Nobody | None" = None,
) -> "Table":
    """Return the rows of a source with the columns built from them, by their labels.

    `customers` are the labels of customers, with and without their store, and `nobody` what the
    profile says about words for nobody.
    """
    of_stores = [label for label, column in built.items() if column.joined == "store"]
    # An id is joined from its parts before the store becomes one of them.
    for labels in ([label for label in built if label not in of_stores], of_stores):
        if labels:
            columns = {label: built[label] for label in labels}
            table = _with_values(table, columns, customers, nobody)
    return table


def _with_values(
    table: "Table",
    built: "Mapping[str, BuiltColumn]",
    customers: "Collection[str]",
    nobody: "Nobody | None",
) -> "Table":
    parts = [
        part
        for label, column in built.items()
        for part in _id_parts(column, of_customers=label in customers)
    ]
    rows = _with_ids(table, parts) if parts else table
    values = {
        label: _value(rows, column, nobody if label in customers else None)
        for label, column in built.items()
    }
    return rows.select(*table.columns, **values)


def _with_ids(table: "Table", parts: "Sequence[tuple[str, bool]]") -> "Table":
    """Return rows with the tidy ids in some columns, under the names of `_part`."""
    ids = {}
    for name, is_customer in parts:
        cell = _trimmed(table[name])
        own = identifier(cell, no_value=()) if is_customer else identifier(cell)
        ids[_part(name, is_customer)] = own
    rows = table.mutate(**ids)
    # In a subquery, as each id is tested in many ways.
    return rows.mutate(**{name: tidy(cast("StringValue", rows[name])) for name in ids})


def _id_parts(column: "BuiltColumn", *, of_customers: bool) -> list[tuple[str, bool]]:
    """Return the columns of the source with ids, and whether a word in one can be nobody."""
    if column.joined not in ("key", "store"):
        return []
    store = column.columns[:1] if column.joined == "store" else ()
    return [(name, of_customers and name not in store) for name in column.columns]


def _part(name: str, is_customer: bool) -> str:
    """Return the name of a column with the tidy ids in one of the source."""
    return f"{'customer' if is_customer else 'id'} part: {name}"


def _value(rows: "Table", column: "BuiltColumn", nobody: "Nobody | None") -> "Value":
    """Return the value of a built column; `nobody` is given for the customer."""
    if not column.columns:
        return _constant(column.value)
    if column.joined in ("time", "text"):
        cells = [_trimmed(rows[name]) for name in column.columns]
        return _time(cells) if column.joined == "time" else _text(cells)
    parts = _id_parts(column, of_customers=nobody is not None)
    ids = [cast("StringValue", rows[_part(*part)]) for part in parts]
    if column.joined == "store":
        store, own = ids
        return _customer_of_store(store, own, nobody) if nobody else _in_store(store, own)
    return _customer_key(ids, nobody) if nobody else _key(ids)


def _constant(value: str | int | float) -> "Value":
    if isinstance(value, float):
        # As a decimal: the decimal mark of the file does not apply to a number of the profile.
        return ibis.literal(Decimal(str(value)), "decimal(18, 6)")
    return ibis.literal(value, "int64" if isinstance(value, int) else "string")


def _key(ids: "Sequence[StringValue]") -> "StringValue":
    """Return ids joined; NULL if any is."""
    return reduce(lambda left, right: cast("StringValue", left + "-" + right), ids)


def _customer_key(ids: "Sequence[StringValue]", nobody: "Nobody") -> "Value":
    """Return the key of a customer; a word for nobody on its own if any part is one.

    A number 0 is nobody only as the last part: it can be the number of a store.
    """
    *others, last = ids
    are_words = [(is_nobody(part, nobody) & part.re_search("[^0]"), part) for part in others]
    is_last = (is_nobody(last, nobody), last)
    return ibis.cases(is_last, *are_words, else_=_key(ids))


def _in_store(store: "StringValue", own: "StringValue") -> "StringValue":
    """Return the id of something in a store: "London 1001"; NULL without the store or the id.

    An id with a blank is quoted, so that no two pairs of store and id look the same.
    """
    quoted = '"' + own.replace('"', '""') + '"'
    has_blank = own.contains(" ") | own.contains('"')
    return cast("StringValue", store + " " + ibis.ifelse(has_blank, quoted, own))


def _customer_of_store(store: "StringValue", own: "StringValue", nobody: "Nobody") -> "Value":
    """Return the id of a customer of a store: "London 7".

    Words for nobody, email addresses and pseudonyms stay as they are: an address belongs to the
    same person in every store, and a pseudonym is that of a customer of a store.
    """
    is_alone = is_nobody(own, nobody) | is_email(own) | own.startswith(MARK)
    return ibis.ifelse(is_alone, own, _in_store(store, own))


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
