"""Whether a table of the star keeps what `tables.py` promises: types, keys, parents."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

from regulars.core.errors import ContractError
from regulars.core.schema import UNKNOWN_KEY, TableContract

if TYPE_CHECKING:
    from ibis.expr.types import IntegerScalar, Table, Value


def cast_to(table: "Table", contract: TableContract) -> "Table":
    """Return the promised columns, in their order and types."""
    return table.select(
        **{name: table[name].cast(column.type) for name, column in contract.columns.items()}
    )


def with_unknown(members: "Table", contract: TableContract, **known: "Value") -> "Table":
    """Return the members of a dimension and the unknown one: key 0, and only `known` said of it."""
    blank = {name: ibis.null(column.type) for name, column in contract.columns.items()}
    key = {contract.key[0]: ibis.literal(UNKNOWN_KEY)}
    unknown = ibis.literal(1).as_table().select(**(blank | key | known))
    return cast_to(members, contract).union(cast_to(unknown, contract))


def breaches(tables: "Mapping[str, Table]", contract: TableContract) -> "Table":
    """Return one row that counts what breaks the promise: every figure should be 0.

    `rows` minus `keys` is duplicate keys; `empty` is rows with nothing where something is
    promised; each `<column>_orphans` is rows that point at no parent.
    """
    table = tables[contract.name]
    required = [name for name, column in contract.columns.items() if not column.nullable]
    counts: dict[str, IntegerScalar] = {
        "duplicates": _duplicates(table, contract),
        "empty": table.filter(reduce(or_, (table[name].isnull() for name in required))).count(),
    }
    for column, (parent, key) in contract.parents.items():
        orphans = table.anti_join(tables[parent], table[column] == tables[parent][key])
        counts[f"{column}_orphans"] = orphans.count()
    return (
        ibis.literal(1)
        .as_table()
        .select(**{name: count.as_scalar() for name, count in counts.items()})
    )


def check(
    name: str, schema: "ibis.Schema", counts: Mapping[str, Any], contract: TableContract
) -> None:
    """Check a built table against its promise.

    Raises ContractError that names the table, what is broken, and in how many rows.
    """
    promised = {
        name: _as_promised(dt.dtype(column.type)) for name, column in contract.columns.items()
    }
    built = {name: _as_promised(type_) for name, type_ in schema.items()}
    if built != promised:
        raise ContractError(f"{name} should have the columns {promised}, but has {built}.")
    broken = [f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items() if count]
    if broken:
        raise ContractError(f"{name} (one row is {contract.grain}) has {', '.join(broken)}.")


def _as_promised(type_: dt.DataType) -> dt.DataType:
    if type_.is_int8():
        return dt.int16  # PostgreSQL has none of one byte
    # An engine with one kind of timestamp, in microseconds, does not say so.
    scale = {"scale": type_.scale or 6} if type_.is_timestamp() else {}
    return type_.copy(nullable=True, **scale)


def _duplicates(table: "Table", contract: TableContract) -> "IntegerScalar":
    keys = table.select(*contract.key).distinct()
    return table.count() - keys.count().as_scalar()
