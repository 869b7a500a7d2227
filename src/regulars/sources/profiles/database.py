"""Parse the [database] section of a profile: which tables of a shop database hold its order lines.

table = "order_lines"            one row per line; or query = "SELECT …"
changed = "orders.updated_at"    when a row was last written: newer rows are read by the next sync
overlap_minutes = 10             start this much earlier, for transactions that were still open
[[database.join]]                a table with more about each line, such as its order
table = "orders"
on = "orders.id = order_lines.order_id"
as = "orders"                    alias, if not the table's name

With joins, columns are named with their table, such as "orders.ordered_at".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.core.errors import ProfileError
from regulars.sources.profiles.checks import check_keys, column_pairs

OVERLAP_MINUTES = 10


@dataclass(frozen=True)
class Join:
    """A left join to the tables before it, on pairs of equal columns."""

    table: str
    alias: str
    on: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LineSource:
    """Where a database has the order lines: a table with its joins, or a query.

    changed          columns, of any of the tables, with the time a row was last written
    overlap_minutes  how far before the last watermark a sync starts
    """

    table: str | None = None
    query: str | None = None
    joins: tuple[Join, ...] = ()
    changed: tuple[str, ...] = ()
    overlap_minutes: int = OVERLAP_MINUTES

    @property
    def names_lines(self) -> bool:
        """Whether it names a table or a query; if not, the table is given or detected."""
        return bool(self.table or self.query)


def parse_database(section: Mapping[str, Any], where: str) -> LineSource:
    """Return the line source in a [database] section.

    Raises ProfileError if the section is malformed.
    """
    known = ("table", "query", "join", "changed", "overlap_minutes")
    check_keys(section, known, where)
    for name in ("table", "query"):
        _check_text(section.get(name), f"{where} {name}")
    if section.get("query") and (section.get("table") or section.get("join")):
        raise ProfileError(f"{where}: use either a query, or a table with its joins.")
    joins = section.get("join", [])
    if not isinstance(joins, list) or (joins and not section.get("table")):
        raise ProfileError(f"{where}: write joins as [[database.join]] sections next to a table.")
    overlap = section.get("overlap_minutes", OVERLAP_MINUTES)
    if isinstance(overlap, bool) or not isinstance(overlap, int) or overlap < 0:
        raise ProfileError(f"{where} overlap_minutes = {overlap!r} must be a whole number.")
    joined = tuple(_join(join, f"{where}, join {n}") for n, join in enumerate(joins, 1))
    names = [(section.get("table") or "").rpartition(".")[2], *(join.alias for join in joined)]
    for name in names:
        if names.count(name) > 1:
            raise ProfileError(f'{where}: two tables are named "{name}". Rename one with as = "…".')
    return LineSource(
        table=section.get("table"),
        query=section.get("query"),
        joins=joined,
        changed=_texts(section.get("changed", []), f"{where} changed"),
        overlap_minutes=overlap,
    )


def _join(section: object, where: str) -> Join:
    if not isinstance(section, dict) or not {"table", "on"} <= section.keys():
        raise ProfileError(f'{where} needs table and on = "table.column = other.column".')
    check_keys(section, ("table", "on", "as"), where)
    _check_text(section["table"], f"{where} table")
    alias = section.get("as", section["table"].rpartition(".")[2])
    _check_text(alias, f"{where} as")
    pairs = column_pairs(section["on"])
    if pairs is None:
        raise ProfileError(
            f'{where}: write on as "{alias}.column = other.column". For any other condition, such '
            f'as {alias}.language = 1, write the join in SQL: query = "SELECT …".'
        )
    return Join(section["table"], alias, pairs)


def _check_text(value: object, where: str) -> None:
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise ProfileError(f"{where} = {value!r} must be a string.")


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and one.strip() for one in values):
        raise ProfileError(f"{where} must be a string or a list of strings.")
    return tuple(values)
