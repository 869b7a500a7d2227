"""Lists in the warehouse: what a new build takes over of them, and what forgetting takes out.

No source tells them, so whoever builds anew in the same place would lose whom they have written to.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regulars.core import schema
from regulars.core.errors import NoWarehouseError
from regulars.engines.protocols import Engine, Workspace
from regulars.sources.profiles.people import PSEUDONYM
from regulars.warehouse.people.policy import CUSTOMERS

if TYPE_CHECKING:
    from regulars.engines.protocols import Reader

Rows = Sequence[tuple[Any, ...]]


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
        if not {*schema.LISTS, "people_facts"} <= set(reader.tables()):
            return KeptLists()
        facts = {row["fact"]: row["value"] for row in reader.stream(reader.table("people_facts"))}
        rows = {name: _rows(reader, name) for name in schema.LISTS}
    return KeptLists(rows, facts.get(CUSTOMERS) == PSEUDONYM)


def _rows(reader: "Reader", name: str) -> Rows:
    columns = schema.LEDGER_COLUMNS[name]
    rows = reader.stream(reader.table(name).select(*columns))
    return [tuple(row[column] for column in columns) for row in rows]


def save_lists(
    workspace: Workspace, kept: KeptLists, pseudonym: Callable[[str], str] | None = None
) -> None:
    """Write lists into a new warehouse.

    `pseudonym` is told where customers go by pseudonyms from now on: members then do, too.
    """
    for name in schema.LISTS:
        columns, rows = schema.LEDGER_COLUMNS[name], kept.rows.get(name, [])
        if pseudonym and not kept.by_pseudonym:
            told = (_renamed(dict(zip(columns, row, strict=True)), pseudonym) for row in rows)
            rows = [tuple(row.values()) for row in told]
        workspace.record(name, columns, rows)


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
