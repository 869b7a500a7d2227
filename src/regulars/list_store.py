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
WRITTEN = {"lists": ("name",), "list_exports": ("file",)}
"""Columns in which somebody may have written who a customer is; filters name some, too."""


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
    return row | {"filters": _refiltered(row["filters"], lambda column, value: (
        pseudonym(value) if column == "customer_id" else value
    ))}  # fmt: skip


def _refiltered(filters: str, change: Callable[[str, str], str | None]) -> str:
    """Return filters whose values are what `change` makes of a column and a value; None: gone."""
    told = json.loads(filters)
    told["where"] = {
        column: [new for value in values if (new := change(column, value)) is not None]
        for column, values in told["where"].items()
    }
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
    for name, columns in WRITTEN.items():
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
        told[column] = _bare_text(row[column], what)
    if "name" in row and told["name"] != row["name"]:
        told["name"] += f" ({row['list_id']})"  # two lists have no name in common
    if "filters" in row:
        told["filters"] = _refiltered(row["filters"], lambda column, value: (
            None if column == "customer_id" and value in person.ids else what.taken_from(value)
        ))  # fmt: skip
    return told


def _bare_text(text: str, what: Sought) -> str:
    return "…" if text in what.numbers else what.taken_from(text)


def _reword(store: Store, list_id: int) -> None:
    """Have the members of a list that was chosen by filters alone say no more than that."""
    members = store.table("list_members")
    theirs = members.filter(members.list_id == list_id)
    said = ibis.literal("Chosen by filters")
    kept = store.keep("stg_reworded", theirs.mutate(reason=said))
    keys: Table = store.keep("stg_reworded_list", theirs.select("list_id").distinct())
    store.replace("list_members", kept, where=keys)
