"""Check the tables of the star against their contracts: columns, types, keys, parents."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

from regulars.core.cached import cached_expression
from regulars.core.errors import ContractError
from regulars.core.schema import UNKNOWN_KEY, TableContract

if TYPE_CHECKING:
    from ibis.expr.types import IntegerScalar, Table, Value


@cached_expression
def cast_to(table: "Table", contract: TableContract) -> "Table":
    """Return a table with the columns of its contract, in their order and types."""
    return table.select(
        **{name: table[name].cast(column.type) for name, column in contract.columns.items()}
    )


def with_unknown(members: "Table", contract: TableContract, **known: "Value") -> "Table":
    """Return a dimension with its unknown member: key 0, the values in `known`, otherwise NULL."""
    blank = {name: ibis.null(column.type) for name, column in contract.columns.items()}
    key = {contract.key[0]: ibis.literal(UNKNOWN_KEY)}
    unknown = ibis.literal(1).as_table().select(**(blank | key | known))
    return cast_to(members, contract).union(cast_to(unknown, contract))


@cached_expression
def count_breaches(tables: "Mapping[str, Table]", contract: TableContract) -> "Table":
    """Return one row of counts that are all 0 if a table meets its contract.

    duplicates        rows with the key of another row
    empty             rows with NULL in a column that cannot be NULL
    <column>_orphans  rows whose key has no row in the parent table
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


def check_contract(
    name: str, schema: "ibis.Schema", counts: Mapping[str, Any], contract: TableContract
) -> None:
    """Check the schema and the counts of a built table against its contract.

    Raises ContractError with the table, the kinds of breach and the number of rows.
    """
    expected = {
        name: _comparable(dt.dtype(column.type)) for name, column in contract.columns.items()
    }
    built = {name: _comparable(type_) for name, type_ in schema.items()}
    if built != expected:
        raise ContractError(f"{name} should have the columns {expected}, but has {built}.")
    breaches = [f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items() if count]
    if breaches:
        raise ContractError(f"{name} (one row is {contract.grain}) has {', '.join(breaches)}.")


def _comparable(type_: dt.DataType) -> dt.DataType:
    if type_.is_int8():
        return dt.int16  # PostgreSQL has no one-byte integer
    # Engines whose timestamps are always in microseconds report no scale.
    scale = {"scale": type_.scale or 6} if type_.is_timestamp() else {}
    return type_.copy(nullable=True, **scale)


def _duplicates(table: "Table", contract: TableContract) -> "IntegerScalar":
    keys = table.select(*contract.key).distinct()
    return table.count() - keys.count().as_scalar()
