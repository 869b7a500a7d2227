"""The section [database] of a profile: which tables of a shop's database its lines are made of.

table = "order_lines"            each row of it is one line; or query = "SELECT …"
changed = "orders.updated_at"    when a row was last written: what is newer is read again
overlap_minutes = 10             how far behind that to begin, for what was still being written
[[database.join]]                a table that says more of a line, such as its order
table = "orders"
on = "orders.id = order_lines.order_id"
as = "orders"                    what it is called here, where that is not its name

With joins, columns are named with their table, such as "orders.ordered_at".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.core.errors import ProfileError
from regulars.sources.profiles.checks import only_known

OVERLAP_MINUTES = 10
_EQUATION = re.compile(r"\s*([^=\s][^=]*?)\s*=\s*([^=]*?[^=\s])\s*")


@dataclass(frozen=True)
class Join:
    """A table joined to those before it: its name, what it is called here, and equal columns."""

    table: str
    alias: str
    on: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DatabaseShape:
    """Where in a database the lines are: a table, with others joined to it, or a query.

    changed          columns that tell when a row was last written, of any of the tables
    overlap_minutes  how far before the last row that was seen to begin
    """

    table: str | None = None
    query: str | None = None
    joins: tuple[Join, ...] = ()
    changed: tuple[str, ...] = ()
    overlap_minutes: int = OVERLAP_MINUTES

    @property
    def names_lines(self) -> bool:
        """Whether it says where the lines are, rather than leave it to be told or found."""
        return bool(self.table or self.query)


def database_shape(told: Mapping[str, Any], where: str) -> DatabaseShape:
    """Return the shape that a section [database] tells.

    Raises ProfileError that names what to mend.
    """
    known = ("table", "query", "join", "changed", "overlap_minutes")
    only_known(told, known, where)
    for name in ("table", "query"):
        _text_or_none(told.get(name), f"{where} {name}")
    if told.get("query") and (told.get("table") or told.get("join")):
        raise ProfileError(f"{where}: a query stands alone, without table or join.")
    joins = told.get("join", [])
    if not isinstance(joins, list) or (joins and not told.get("table")):
        raise ProfileError(f"{where}: joins are sections [[database.join]], beside a table.")
    overlap = told.get("overlap_minutes", OVERLAP_MINUTES)
    if isinstance(overlap, bool) or not isinstance(overlap, int) or overlap < 0:
        raise ProfileError(f"{where} overlap_minutes = {overlap!r} must be a whole number.")
    joined = tuple(_join(join, f"{where}, join {n}") for n, join in enumerate(joins, 1))
    names = [(told.get("table") or "").rpartition(".")[2], *(join.alias for join in joined)]
    for name in names:
        if names.count(name) > 1:
            raise ProfileError(f'{where}: two tables are called "{name}". Call one by as = "…".')
    return DatabaseShape(
        table=told.get("table"),
        query=told.get("query"),
        joins=joined,
        changed=_texts(told.get("changed", []), f"{where} changed"),
        overlap_minutes=overlap,
    )


def _join(told: object, where: str) -> Join:
    if not isinstance(told, dict) or not {"table", "on"} <= told.keys():
        raise ProfileError(f'{where} needs table and on = "table.column = other.column".')
    only_known(told, ("table", "on", "as"), where)
    _text_or_none(told["table"], f"{where} table")
    alias = told.get("as", told["table"].rpartition(".")[2])
    _text_or_none(alias, f"{where} as")
    equations = [_EQUATION.fullmatch(one) for one in _texts(told["on"], f"{where} on")]
    pairs = tuple((one[1], one[2]) for one in equations if one)
    if not pairs or len(pairs) < len(equations) or not all("." in one for p in pairs for one in p):
        raise ProfileError(f'{where}: on is written as "{alias}.column = other.column".')
    return Join(told["table"], alias, pairs)


def _text_or_none(value: object, where: str) -> None:
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise ProfileError(f"{where} = {value!r} must be text.")


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and one.strip() for one in values):
        raise ProfileError(f"{where} must be text or a list of texts.")
    return tuple(values)
