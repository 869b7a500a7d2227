"""Saved lists: how the warehouse stores a list with its name, filters, author and members."""

import getpass
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from regulars.core import schema
from regulars.core.errors import InputError, WarehouseError, did_you_mean
from regulars.engines.protocols import Engine, Store, WarehouseTables
from regulars.lists.draft import Counts, Draft
from regulars.lists.exclusions import Exclusions
from regulars.lists.selection import COLUMNS

if TYPE_CHECKING:
    from ibis.expr.types import Table

MAX_NAME_LENGTH = 100
_WORDS = re.compile(r"[\w.+-]+")


@dataclass(frozen=True)
class SavedList:
    """A saved list: how it was created, by which author, when, and its counts.

    Nothing here changes after the list is created. `seed`, `share` and `stratified_by` reproduce
    its control group.
    """

    list_id: int
    name: str
    created_at: datetime
    author: str
    as_of: datetime
    segments: tuple[str, ...]
    filters: Mapping[str, Any]
    exclusions: Mapping[str, int]
    seed: str
    share: float
    stratified_by: str
    counts: Counts

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the list in a row of the table `lists`."""
        fields = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        fields |= {
            "segments": tuple(json.loads(row["segments"])),
            "filters": json.loads(row["filters"]),
            "exclusions": json.loads(row["exclusions"]),
            "counts": Counts(**{name: row[name] for name in Counts.__dataclass_fields__}),
        }
        return cls(**fields)


def check_supports_lists(engine: Engine) -> None:
    """Raise WarehouseError if the engine cannot store lists."""
    if not engine.supports_lists:
        raise WarehouseError(
            f"{engine} cannot store customer lists: {engine.name} does not support them. Build "
            "the warehouse in DuckDB or PostgreSQL, or export customers with `regulars show "
            "rfm -o FILE`."
        )


def all_lists(tables: WarehouseTables) -> list[SavedList]:
    """Return every saved list, oldest first."""
    return [SavedList.of(row) for row in tables.fetch(tables.table("lists").order_by("list_id"))]


def find_list(tables: WarehouseTables, name: str) -> SavedList:
    """Return the list with this name. Raises InputError, naming the closest, if none has it."""
    lists = {one.name: one for one in all_lists(tables)}
    if name not in lists:
        hint = did_you_mean(name, lists) or " Create one:  regulars lists create NAME"
        raise InputError(f'There is no list "{name}".{hint}')
    return lists[name]


def names_without_customers(tables: WarehouseTables, names: Sequence[str]) -> list[str]:
    """Return the names of lists that contain no email address and no customer ID, in order."""
    words = {name: {word.lower() for word in _WORDS.findall(name)} for name in names}
    customers = tables.table("dim_customer")
    is_named = customers.customer_id.lower().isin(sorted(set().union(*words.values())))
    ids = tables.fetch(customers.filter(is_named).select("customer_id"))
    found = {row["customer_id"].lower() for row in ids}
    return [name for name in names if "@" not in name and not words[name] & found]


def members_of(tables: WarehouseTables, saved: SavedList, role: str | None = None) -> "Table":
    """Return the members of a list, or those with one role, by customer_id: role and `COLUMNS`."""
    members = tables.table("list_members")
    members = members.filter(members.list_id == saved.list_id)
    if role is not None:
        members = members.filter(members.role == role)
    return members.select("role", *COLUMNS).order_by("customer_id")


def checked_name(name: str) -> str:
    """Return the name of a list without outer spaces. Raises InputError if it is not valid."""
    name = name.strip()
    if not name or not name.isprintable() or len(name) > MAX_NAME_LENGTH:
        raise InputError(f"Give the list a name (up to {MAX_NAME_LENGTH} characters).")
    return name


def check_is_new(tables: WarehouseTables, name: str) -> None:
    """Raise InputError if a list with this name exists."""
    lists = tables.table("lists")
    rows = tables.fetch(lists.filter(lists.name == name))
    if rows:
        raise InputError(
            f'A list named "{name}" already exists, created on {rows[0]["created_at"]:%Y-%m-%d}. '
            "Saved lists do not change: choose another name."
        )


def save_list(store: Store, name: str, draft: Draft, *, author: str, now: datetime) -> SavedList:
    """Write a list and its members to the warehouse, and return the list."""
    lists = store.table("lists")
    [last] = store.fetch(lists.aggregate(list_id=lists.list_id.max()))
    list_id = (last["list_id"] or 0) + 1
    row = {
        "list_id": list_id, "name": name, "created_at": now, "author": author,
        "as_of": draft.selection.star.as_of, "segments": _json(draft.selection.segments),
        "filters": _json(draft.selection.filters), "exclusions": _json(_summary(draft.exclusions)),
        "seed": draft.control.seed, "share": draft.control.share,
        "stratified_by": draft.control.stratified_by, **asdict(draft.counts),
    }  # fmt: skip
    columns = schema.LEDGER_COLUMNS["lists"]
    store.insert_rows("lists", columns, [tuple(row[column] for column in columns)])
    types = schema.LEDGER_COLUMNS["list_members"]
    members = draft.members().mutate(list_id=list_id)
    store.insert("list_members", members.select(**{c: members[c].cast(types[c]) for c in types}))
    return SavedList.of(row)


def _summary(exclusions: Exclusions) -> dict[str, int]:
    """Return the exclusions to store: the number of suppression entries, never the entries."""
    numbers = {
        "contacted_within": exclusions.contacted_within,
        "returned_within": exclusions.returned_within,
        "suppressed": len(exclusions.suppressed),
    }
    return {name: number for name, number in numbers.items() if number}


def author_or_user(author: str | None) -> str:
    """Return the author given, or the operating system's user name."""
    if author and author.strip():
        return author.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in some containers the user has no name
        return "unknown"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
