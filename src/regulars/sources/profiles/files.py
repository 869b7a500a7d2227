"""Parse the [files] section of a profile: how several files are joined into lines.

table = "items"                          the file with one row per line
columns = ["order_id", "price"]          columns that show that a file is this table
file = "*items*"                         pattern of its name, if the columns do not show it
[[files.join]]                           a file with more about each line, such as its order
table = "orders"
columns = ["order_id", "ordered_at"]
on = "orders.order_id = items.order_id"
optional = true                          the file can be missing
unmatched = "keep"                       lines without a row in it count; or "quarantine"

A joined column is named as in its file. The key of a joined table, and a column that an earlier
table also has, get the name of their table: "orders.order_id".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from regulars.core.errors import ProfileError
from regulars.sources.profiles.checks import check_keys, column_pairs, one_of, texts
from regulars.sources.profiles.column_names import find_column, normalise_name

_ANY_NAME = "*"
_TABLE_KEYS = ("table", "columns", "file")
_JOIN_KEYS = (*_TABLE_KEYS, "on", "optional", "unmatched")
_EXAMPLE = '["order_id", "price"]'


@dataclass(frozen=True)
class JoinKey:
    """A column of a joined table, and the column of an earlier table that it equals."""

    column: str
    other_table: str
    other_column: str

    @property
    def names(self) -> tuple[str, str]:
        """The names that the column of the earlier table can have in the joined lines."""
        return f"{self.other_table}.{self.other_column}", self.other_column


@dataclass(frozen=True)
class FileTable:
    """A table that a file can be.

    columns          columns that show that a file is this table
    file             pattern of the file's name, in lower case
    on               what the table is joined on; empty for the lines
    is_optional      whether the file can be missing
    keeps_unmatched  whether lines without a row in it count
    """

    name: str
    columns: tuple[str, ...]
    file: str = _ANY_NAME
    on: tuple[JoinKey, ...] = ()
    is_optional: bool = False
    keeps_unmatched: bool = False

    @property
    def key_labels(self) -> list[str]:
        """The names of its keys in the joined lines; blank where it has no row for a line."""
        return [f"{self.name}.{key.column}" for key in self.on]

    @property
    def evidence(self) -> tuple[bool, int]:
        """How much a file that fits shows that it is this table, for comparison with others."""
        return self.file != _ANY_NAME, len(self.columns)

    def fits(self, file: str, columns: Sequence[str]) -> bool:
        """Return whether a file with this name and these columns is this table."""
        return fnmatchcase(file.lower(), self.file) and self.has(columns)

    def has(self, columns: Sequence[str]) -> bool:
        """Return whether these columns show that a file is this table."""
        return all(find_column([name], columns) for name in self.columns)


@dataclass(frozen=True)
class JoinedFiles:
    """The table with the lines, and the tables that are joined to it, in order."""

    lines: FileTable
    joins: tuple[FileTable, ...]

    @property
    def tables(self) -> tuple[FileTable, ...]:
        """All tables, the lines first."""
        return (self.lines, *self.joins)

    def table_of(self, file: str, columns: Sequence[str]) -> FileTable | None:
        """Return the table that a file is.

        Of several, it is the one recognised by its name, or else by most columns.
        """
        fitting = [table for table in self.tables if table.fits(file, columns)]
        return max(fitting, key=lambda table: table.evidence, default=None)

    def has_columns_of(self, columns: Sequence[str]) -> bool:
        """Return whether these are the columns of any table, whatever its file is called."""
        return any(table.has(columns) for table in self.tables)

    def is_key(self, table: str, column: str) -> bool:
        """Return whether other tables are joined on a column of a table."""
        keys = {
            (key.other_table, normalise_name(key.other_column))
            for join in self.joins
            for key in join.on
        }
        return (table, normalise_name(column)) in keys


def parse_files(section: Mapping[str, Any], where: str) -> JoinedFiles | None:
    """Return the tables in a [files] section; None if there is none.

    Raises ProfileError if the section is malformed.
    """
    if not section:
        return None
    check_keys(section, (*_TABLE_KEYS, "join"), where)
    lines = _table(section, where)
    joins = section.get("join")
    if not isinstance(joins, list) or not joins:
        raise ProfileError(f"{where}: write what to join as one or more [[files.join]] sections.")
    tables = [lines]
    for number, join in enumerate(joins, 1):
        tables.append(_join(join, tables, f"{where}, join {number}"))
    return JoinedFiles(lines, tuple(tables[1:]))


def _table(section: Mapping[str, Any], where: str) -> FileTable:
    name, file = section.get("table"), section.get("file", _ANY_NAME)
    if not isinstance(name, str) or not name.strip() or "." in name:
        raise ProfileError(f'{where} needs table = "…", a name for the table without a point.')
    if not isinstance(file, str) or not file.strip():
        raise ProfileError(f'{where} file = {file!r} must be a pattern such as "*items*".')
    if "columns" not in section:
        raise ProfileError(
            f"{where} needs the columns that identify a file as {name}, such as {_EXAMPLE}."
        )
    return FileTable(name, texts(section["columns"], f"{where} columns", _EXAMPLE), file.lower())


def _join(section: Any, earlier: Sequence[FileTable], where: str) -> FileTable:
    if not isinstance(section, dict):
        raise ProfileError(f"{where}: write joins as [[files.join]] sections.")
    check_keys(section, _JOIN_KEYS, where)
    table = _table(section, where)
    if table.name in (other.name for other in earlier):
        raise ProfileError(f'{where}: two tables have the name "{table.name}".')
    optional, unmatched = section.get("optional", False), section.get("unmatched", "quarantine")
    if not isinstance(optional, bool):
        raise ProfileError(f"{where} optional must be true or false.")
    one_of(unmatched, ("quarantine", "keep"), f"{where} unmatched")
    on = _keys(section.get("on"), table.name, [other.name for other in earlier], where)
    columns = tuple(dict.fromkeys((*table.columns, *(key.column for key in on))))
    if any((set(columns), table.file) == (set(other.columns), other.file) for other in earlier):
        raise ProfileError(
            f"{where}: {table.name} has the columns of another table, so that nothing tells their "
            'files apart. Add the file\'s name: file = "*orders*".'
        )
    return FileTable(
        table.name, columns, table.file, on, optional, keeps_unmatched=unmatched == "keep"
    )


def _keys(on: object, table: str, earlier: Sequence[str], where: str) -> tuple[JoinKey, ...]:
    """Return the columns of a join, from equations such as "orders.id = items.order_id"."""
    keys: list[JoinKey] = []
    for pair in column_pairs(on) or ():
        names = [(name.partition(".")[0], name.partition(".")[2]) for name in pair]
        own = [column for name, column in names if name == table]
        other = [(name, column) for name, column in names if name in earlier]
        if len(own) == len(other) == 1:
            keys.append(JoinKey(own[0], *other[0]))
    if not keys or len(keys) != len(column_pairs(on) or ()):
        raise ProfileError(
            f'{where}: write on as "{table}.column = {earlier[0]}.column", between this table and '
            f"an earlier one: {', '.join(earlier)}."
        )
    return tuple(keys)
