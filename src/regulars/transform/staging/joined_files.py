"""Join the tables of files that belong together: one row per line, with its order and customer.

Keys are compared letter by letter, without blanks around them; 12346.0 is 12346, and email
addresses ignore capitals. What does not match is quarantined, so no line is lost.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import trimmed
from regulars.sources.profiles.column_names import find_column
from regulars.sources.profiles.files import FileTable, JoinedFiles, JoinKey
from regulars.sources.table import SOURCE_ROW
from regulars.transform.staging.identifiers import identifier

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table, Value

_KEY = "key "
"""The prefix of the keys of a table that is joined."""

_BETWEEN = "\x1f"
"""Separates the parts of a key. It never occurs in a cell."""

FILE = "file number"
"""The column with the position of the file that a row of a joined table comes from."""


ROWS_PER_FILE = 10**12


def numbered(table: "Table", first_row: int) -> "Table":
    """Return the rows of a file with their numbers in source_row."""
    if SOURCE_ROW in table.columns:
        return table
    # A join loses the order of the file, so that rows are numbered first.
    return table.mutate(**{SOURCE_ROW: (ibis.row_number() + first_row).cast("int64")})


def in_one_table(files: "Sequence[Table]") -> "Table":
    """Return the rows of files of the same table, with source_row and FILE."""
    if len(files) == 1:
        return files[0].mutate(**{FILE: ibis.literal(0, "int32")})
    names: list[str] = []
    for file in files:
        names += [name for name in file.columns if find_column([name], names) is None]
    names.remove(SOURCE_ROW)
    # As text, because files of different formats have different types.
    parts = [
        file.select(
            **{name: _cell_of(file, name) for name in names},
            **{SOURCE_ROW: file[SOURCE_ROW], FILE: ibis.literal(n, "int32")},
        )
        for n, file in enumerate(files)
    ]
    return cast("Table", ibis.union(*parts))


def _cell_of(file: "Table", name: str) -> "StringValue":
    column = find_column([name], file.columns)
    return ibis.null("string") if column is None else _text(file[column])


def with_keys(rows: "Table", columns: Sequence[str]) -> "Table":
    """Return the rows of a joined table with the columns to join on, as keys."""
    return rows.mutate(**{f"{_KEY}{n}": _key(_id(rows[name])) for n, name in enumerate(columns)})


def repeated_keys(rows: "Table", columns: Sequence[str]) -> "Table":
    """Return the keys that several rows have: the key, rows, the first and the last of them.

    The first and the last are the number of the file times ROWS_PER_FILE, plus that of the row.
    """
    keys = [f"{_KEY}{n}" for n in range(len(columns))]
    known = rows.filter(reduce(and_, (rows[key].notnull() for key in keys)))
    place = known[FILE].cast("int64") * ROWS_PER_FILE + known[SOURCE_ROW]
    groups = known.group_by(keys).aggregate(rows=known.count(), first=place.min(), last=place.max())
    return groups.filter(groups.rows > 1).order_by("first")


def without_repeats(rows: "Table") -> "Table":
    """Return rows without those that equal another one in every column."""
    cells = [name for name in rows.columns if name not in (SOURCE_ROW, FILE)]
    return rows.group_by(cells).aggregate(**{name: rows[name].min() for name in (SOURCE_ROW, FILE)})


def joined(lines: "Table", rows: "Table", table: FileTable, names: Mapping[str, str]) -> "Table":
    """Return lines with columns of a table whose rows have keys (`with_keys`), each key once.

    names  the columns to take, by their name in the result
    """
    keys = [f"{_KEY}{n}" for n in range(len(table.on))]
    right = rows.select(
        **{name: rows[column] for name, column in names.items()}, **{key: rows[key] for key in keys}
    )
    cells = {name: lines[name] for name in lines.columns}
    own = {f"line {key}": _key(_wanted(cells, on)) for key, on in zip(keys, table.on, strict=True)}
    left = lines.mutate(**own)
    pairs = [left[f"line {key}"] == right[key] for key in keys]
    return left.left_join(right, pairs).select(*lines.columns, *names)


def unmatched_reasons(
    cells: "Mapping[str, Value]", files: JoinedFiles | None
) -> "list[StringValue]":
    """Return why lines cannot count without a row of another file; NULL for those that can.

    cells  the cells of the source by column; without those of a join, there is no reason
    """
    return [
        ibis.ifelse(_is_unmatched(cells, table), _reason(table), None)
        for table in (files.joins if files else ())
        if files and not table.keeps_unmatched and table.key_labels[0] in cells
    ]


def count_matches(lines: "Table", tables: Sequence[FileTable]) -> "Table":
    """Return one row: how many lines lack a row of each table, and how many rows of it are used."""
    cells = {name: lines[name] for name in lines.columns}
    counts: dict[str, Value] = {}
    for n, table in enumerate(tables):
        counts[f"unmatched{n}"] = lines.count(where=_is_unmatched(cells, table))
        keys = [_key(_id(cells[label])) for label in table.key_labels]
        counts[f"used{n}"] = reduce(lambda left, right: left + _BETWEEN + right, keys).nunique()
    return lines.aggregate(**counts)


def _reason(table: FileTable) -> str:
    names = " and ".join(key.other_column for key in table.on)
    return f"{table.name} has no row with the {names} of this line."


def _is_unmatched(cells: "Mapping[str, Value]", table: FileTable) -> "BooleanValue":
    """Return whether a line names a row of a table that is not there.

    A line whose own key is blank names none, as an order of a guest does.
    """
    is_wanted = reduce(and_, (_wanted(cells, key).notnull() for key in table.on))
    found = _id(cells[table.key_labels[0]])
    return cast("BooleanValue", is_wanted & found.isnull())


def _wanted(cells: "Mapping[str, Value]", key: JoinKey) -> "StringValue":
    """Return the id of the row that a line needs; NULL if it names none."""
    name = find_column(key.names, list(cells))
    return ibis.null("string") if name is None else _id(cells[name])


def _id(cell: "Value") -> "StringValue":
    return identifier(trimmed(cast("StringValue", cell)) if cell.type().is_string() else cell)


def _key(id_: "StringValue") -> "StringValue":
    """Return an id as it is compared: an email address in lower case."""
    return cast("StringValue", ibis.ifelse(id_.contains("@"), id_.lower(), id_))


def _text(cell: "Value") -> "StringValue":
    is_number = cell.type().is_numeric()
    return identifier(cell) if is_number else cast("StringValue", cell.cast("string"))
