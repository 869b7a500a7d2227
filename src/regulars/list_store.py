"""Lists in the warehouse: what a new build takes over of them, and what forgetting takes out.

No source tells them, so whoever builds anew in the same place would lose whom they have written to.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis

from regulars import tables
from regulars.engines.base import Engine, Store, Workshop
from regulars.errors import NoWarehouseError
from regulars.holdings import Person
from regulars.people import CUSTOMERS
from regulars.profiles.people import PSEUDONYM
from regulars.traces import Sought

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from regulars.engines.base import Reader

Rows = Sequence[tuple[Any, ...]]
SEARCHED = {"lists": ("name", "filters"), "list_exports": ("file",)}
"""Columns in which somebody may have written who a customer is."""


@dataclass(frozen=True)
class KeptLists:
    """The lists of a warehouse that is to be built anew: rows by table.

    by_pseudonym  whether customers went by pseudonyms there
    """

    rows: Mapping[str, Rows] = field(default_factory=dict)
    by_pseudonym: bool = False


def lists_in(warehouse: Engine, memory_limit: str) -> KeptLists:
    """Return the lists that are kept where a warehouse will be built; none where there is none.

    Raises WarehouseError where what is there cannot be asked.
    """
    if not warehouse.keeps_lists:
        return KeptLists()
    try:
        reader = warehouse.reading(memory_limit=memory_limit)
    except NoWarehouseError:
        return KeptLists()
    with closing(reader):
        if not {*tables.LISTS, "people_facts"} <= set(reader.tables()):
            return KeptLists()
        facts = {row["fact"]: row["value"] for row in reader.stream(reader.table("people_facts"))}
        rows = {name: _rows(reader, name) for name in tables.LISTS}
    return KeptLists(rows, facts.get(CUSTOMERS) == PSEUDONYM)


def _rows(reader: "Reader", name: str) -> Rows:
    columns = tables.LEDGER_COLUMNS[name]
    rows = reader.stream(reader.table(name).select(*columns))
    return [tuple(row[column] for column in columns) for row in rows]


def save_lists(
    shop: Workshop, kept: KeptLists, pseudonym: Callable[[str], str] | None = None
) -> None:
    """Write lists into a new warehouse.

    `pseudonym` is told where customers go by pseudonyms from now on: members then do, too.
    """
    for name in tables.LISTS:
        columns, rows = tables.LEDGER_COLUMNS[name], kept.rows.get(name, [])
        if pseudonym and not kept.by_pseudonym:
            told = (_renamed(dict(zip(columns, row, strict=True)), pseudonym) for row in rows)
            rows = [tuple(row.values()) for row in told]
        shop.record(name, columns, rows)


def _renamed(row: dict[str, Any], pseudonym: Callable[[str], str]) -> dict[str, Any]:
    """Return a row of a member, or of a list that names customers, under their pseudonyms."""
    if "customer_id" in row:
        return row | {"customer_id": pseudonym(row["customer_id"])}
    if "filters" not in row:
        return row
    named = _customers_in(row["filters"])
    return row | {"filters": _with_customers(row["filters"], [pseudonym(one) for one in named])}


def _customers_in(filters: str) -> list[str]:
    """Return the customers that filters name."""
    named: list[str] = json.loads(filters)["where"].get("customer_id", [])
    return named


def _with_customers(filters: str, customers: Sequence[str]) -> str:
    """Return filters that name other customers, where they name any."""
    told = json.loads(filters)
    if "customer_id" not in told["where"]:
        return filters
    told["where"]["customer_id"] = list(customers)
    return json.dumps(told, ensure_ascii=False)


def take_out(store: Store, person: Person, what: Sought) -> None:
    """Remove a person from lists, and from what was written about lists the words that tell them.

    Who was on a list stays counted there.
    """
    if not set(tables.LISTS) <= set(store.tables()):
        return
    members = store.table("list_members")
    theirs = members.filter(members.customer_id.isin(person.ids)).select("customer_id").distinct()
    keys = store.keep("stg_their_lists", theirs)
    store.replace("list_members", members.limit(0), where=keys)
    for name, columns in SEARCHED.items():
        _bare(store, name, columns, person, what)


def _bare(store: Store, name: str, columns: Sequence[str], person: Person, what: Sought) -> None:
    types = tables.LEDGER_COLUMNS[name]
    rows = store.fetch(store.table(name))
    told = [_bare_row(row, columns, person, what) for row in rows]
    if told == rows:
        return
    store.replace(name, store.table(name).limit(0), where=None)
    store.append(name, types, [tuple(row[column] for column in types) for row in told])
    for row, was in zip(told, rows, strict=True):
        if name == "lists" and row["filters"] != was["filters"] and row["segments"] == "[]":
            _reword(store, row["list_id"])


def _bare_row(
    row: Mapping[str, Any], columns: Sequence[str], person: Person, what: Sought
) -> dict[str, Any]:
    told = dict(row)
    for column in columns:
        text = row[column]
        if column == "filters":
            left = [one for one in _customers_in(text) if one not in person.ids]
            text = _with_customers(text, left)
        told[column] = "…" if text in what.numbers else what.taken_from(text)
        if column == "name" and told["name"] != row["name"]:
            told["name"] += f" ({row['list_id']})"  # two lists have no name in common
    return told


def _reword(store: Store, list_id: int) -> None:
    """Have the members of a list that was chosen by filters alone say no more than that."""
    members = store.table("list_members")
    theirs = members.filter(members.list_id == list_id)
    said = ibis.literal("Chosen by filters")
    kept = store.keep("stg_reworded", theirs.mutate(reason=said))
    keys: Table = store.keep("stg_reworded_list", theirs.select("list_id").distinct())
    store.replace("list_members", kept, where=keys)
