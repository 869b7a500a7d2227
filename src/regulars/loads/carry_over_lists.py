"""Customer lists that a new build carries over: no source contains them."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core import schema
from regulars.core.errors import NoWarehouseError
from regulars.engines.protocols import Engine, Workspace
from regulars.sources.profiles.people import PSEUDONYM
from regulars.transform.staging.identifiers import customer_as_stored
from regulars.warehouse.people.policy import CUSTOMERS

if TYPE_CHECKING:
    from regulars.engines.protocols import Reader

Rows = Sequence[tuple[Any, ...]]
_FORMER_COLUMNS = {"list_exports": {"format": "form"}}
"""Columns of customer lists up to version 4 of the schema, by the names they have now."""

_NEW_COLUMNS = ("matching_orders", "matching_net_sales")
"""Columns of customer lists since version 8."""


@dataclass(frozen=True)
class SavedLists:
    """The customer lists of a warehouse.

    rows         rows by table
    pseudonymous whether members are listed by pseudonym
    """

    rows: Mapping[str, Rows] = field(default_factory=dict)
    pseudonymous: bool = False


def read_lists(warehouse: Engine, memory_limit: str) -> SavedLists:
    """Return the customer lists of a warehouse, empty if it has none.

    Raises WarehouseError if the warehouse cannot be read.
    """
    if not warehouse.supports_lists:
        return SavedLists()
    try:
        reader = warehouse.open_reader(memory_limit=memory_limit)
    except NoWarehouseError:
        return SavedLists()
    with closing(reader):
        if not {*schema.LIST_TABLES, "people_facts"} <= set(reader.tables()):
            return SavedLists()
        facts = {row["fact"]: row["value"] for row in reader.stream(reader.table("people_facts"))}
        rows = {name: _rows(reader, name) for name in schema.LIST_TABLES}
    return SavedLists(rows, facts.get(CUSTOMERS) == PSEUDONYM)


def _rows(reader: "Reader", name: str) -> Rows:
    columns, table = schema.LEDGER_COLUMNS[name], reader.table(name)
    former = _FORMER_COLUMNS.get(name, {})
    table = table.rename({new: old for new, old in former.items() if old in table.columns})
    new = [one for one in _NEW_COLUMNS if one in columns and one not in table.columns]
    table = table.mutate(**{one: ibis.null(columns[one]) for one in new})
    rows = reader.stream(table.select(*columns))
    return [tuple(row[column] for column in columns) for row in rows]


def save_lists(
    workspace: Workspace, lists: SavedLists, pseudonym: Callable[[str], str] | None = None
) -> None:
    """Write customer lists to a new warehouse.

    `pseudonym` converts a customer_id. Pass it if the new warehouse is pseudonymous: members
    listed by plain id are then converted. Plain ids are written as the new warehouse stores them.
    """

    def convert(customer_id: str) -> str:
        stored = customer_as_stored(customer_id)
        return pseudonym(stored) if pseudonym else stored

    for name in schema.LIST_TABLES:
        columns, rows = schema.LEDGER_COLUMNS[name], lists.rows.get(name, [])
        if not lists.pseudonymous:
            rows = [
                tuple(_with_ids(dict(zip(columns, row, strict=True)), convert).values())
                for row in rows
            ]
        workspace.save_rows(name, columns, rows)


def _with_ids(row: dict[str, Any], convert: Callable[[str], str]) -> dict[str, Any]:
    """Return a row of a list table with its customer ids converted."""
    if "customer_id" in row:
        return row | {"customer_id": convert(row["customer_id"])}
    if "filters" not in row:
        return row
    filters = map_filters(
        row["filters"],
        lambda column, value: convert(value) if column == "customer_id" else value,
    )
    return row | {"filters": filters}


def map_filters(filters: str, change: Callable[[str, str], str | None]) -> str:
    """Return filters (JSON) with each value replaced by `change(column, value)`; None drops it."""
    parsed = json.loads(filters)
    parsed["where"] = {
        column: [new for value in values if (new := change(column, value)) is not None]
        for column, values in parsed["where"].items()
    }
    return json.dumps(parsed, ensure_ascii=False)
