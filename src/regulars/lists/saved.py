"""Lists as the warehouse keeps them: frozen with their name, their filters and their author."""

import getpass
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from regulars.core import schema
from regulars.core.errors import QuestionError, WarehouseError, did_you_mean
from regulars.engines.protocols import Engine, Store, WarehouseTables
from regulars.lists.draft import Counts, Draft
from regulars.lists.exclusions import Exclusions
from regulars.lists.selection import COLUMNS

if TYPE_CHECKING:
    from ibis.expr.types import Table

LONGEST_NAME = 100


@dataclass(frozen=True)
class KeptList:
    """A list that is kept: what was asked, by whom and when, and how many came of it.

    segments, filters and exclusions are what they were when it was taken; `seed` and
    `stratified_by` tell how its control group was drawn.
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
        """Return the list that a row of the table lists tells."""
        told = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        told |= {
            "segments": tuple(json.loads(row["segments"])),
            "filters": json.loads(row["filters"]),
            "exclusions": json.loads(row["exclusions"]),
            "counts": Counts(**{name: row[name] for name in Counts.__dataclass_fields__}),
        }
        return cls(**told)


def check_keeps_lists(engine: Engine) -> None:
    """Raise WarehouseError where no lists can be kept."""
    if not engine.keeps_lists:
        raise WarehouseError(
            f"{engine} is in {engine.name}, where no lists are kept. Keep the warehouse in DuckDB "
            "or PostgreSQL for lists, or take the customers with  regulars show rfm -o FILE"
        )


def all_lists(held: WarehouseTables) -> list[KeptList]:
    """Return every list of a warehouse, the first first."""
    return [KeptList.of(row) for row in held.fetch(held.table("lists").order_by("list_id"))]


def find_list(held: WarehouseTables, name: str) -> KeptList:
    """Return a list by its name. Raises QuestionError where there is none, with the closest."""
    found = {one.name: one for one in all_lists(held)}
    if name not in found:
        hint = did_you_mean(name, found) or " There are none yet:  regulars lists create NAME"
        raise QuestionError(f'There is no list "{name}".{hint}')
    return found[name]


def members_of(held: WarehouseTables, kept: KeptList, role: str | None = None) -> "Table":
    """Return the members of a list, or those of a role, by customer_id: role, and `COLUMNS`."""
    members = held.table("list_members")
    theirs = members.filter(members.list_id == kept.list_id)
    if role is not None:
        theirs = theirs.filter(theirs.role == role)
    return theirs.select("role", *COLUMNS).order_by("customer_id")


def checked_name(name: str) -> str:
    """Return the name of a list as it is kept. Raises QuestionError for one that cannot be."""
    name = name.strip()
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise QuestionError(
            f"A list needs a name of 1 to {LONGEST_NAME} letters that can be seen, on one line."
        )
    return name


def check_is_new(held: WarehouseTables, name: str) -> None:
    """Raise QuestionError where a list of this name is kept."""
    lists = held.table("lists")
    found = held.fetch(lists.filter(lists.name == name))
    if found:
        raise QuestionError(
            f'There is a list "{name}" already, of {found[0]["created_at"]:%Y-%m-%d}. A list stays '
            "as it was taken: give this one another name."
        )


def freeze(
    store: Store, name: str, draft: Draft, exclusions: Exclusions, author: str, now: datetime
) -> KeptList:
    """Write a list into a warehouse, and return it."""
    ids = store.fetch(store.table("lists").aggregate(last=store.table("lists").list_id.max()))
    number = (ids[0]["last"] or 0) + 1
    row = {
        "list_id": number, "name": name, "created_at": now, "author": author,
        "as_of": draft.choice.star.as_of, "segments": _json(draft.choice.segments),
        "filters": draft.choice.filters, "exclusions": _json(_told(exclusions)),
        "seed": draft.control.seed, "share": draft.control.share,
        "stratified_by": draft.control.stratified_by, **asdict(draft.counts),
    }  # fmt: skip
    columns = schema.LEDGER_COLUMNS["lists"]
    store.append("lists", columns, [tuple(row[column] for column in columns)])
    going = draft.going()
    types = schema.LEDGER_COLUMNS["list_members"]
    members = going.mutate(list_id=number)
    store.add("list_members", members.select(**{c: members[c].cast(types[c]) for c in types}))
    return KeptList.of(row)


def _told(exclusions: Exclusions) -> dict[str, int]:
    """Return exclusions as they are kept: how many were told to be suppressed, but not who."""
    told = {
        "contacted_within": exclusions.contacted_within,
        "returned_within": exclusions.returned_within,
        "suppressed": len(exclusions.suppressed),
    }
    return {name: number for name, number in told.items() if number}


def author_of(author: str | None) -> str:
    """Return who does something: who is told, else the user of this system."""
    if author and author.strip():
        return author.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
