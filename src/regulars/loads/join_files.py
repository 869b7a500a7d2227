"""Open the sources of a request, and join files that belong together into tables of lines.

Each file is read like any other. The rows of the lines keep their numbers; every joined table must
have one row per key, so that no line is lost or counted twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.errors import SourceError, listed
from regulars.core.formatting import counted
from regulars.engines.protocols import Workspace
from regulars.engines.read_checked import read_checked
from regulars.loads.is_any import is_any
from regulars.loads.request import BuildRequest
from regulars.sources.profiles.column_names import find_column, normalise_name
from regulars.sources.profiles.files import FileTable, JoinedFiles
from regulars.sources.profiles.match_columns import looks_like_sales
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.recognise_files import (
    check_left_out,
    columns_named_in,
    profile_of_files,
    table_of,
)
from regulars.sources.table import SOURCE_ROW, RawTable
from regulars.transform.staging.joined_files import (
    FILE,
    ROWS_PER_FILE,
    count_matches,
    in_one_table,
    joined,
    numbered,
    repeated_keys,
    with_keys,
    without_repeats,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value


@dataclass(frozen=True)
class JoinedTable:
    """A table that is joined to the lines.

    rows      its rows, with their keys, each of them once
    read      how many rows its files have
    count     how many of them differ
    names     the columns to take, by their name in the lines
    files     the files that it was read from
    """

    table: FileTable
    rows: "Table"
    read: int
    count: int
    names: Mapping[str, str]
    files: Sequence[RawTable]


def open_tables(workspace: Workspace, request: BuildRequest) -> list[RawTable]:
    """Return the tables in the sources of a request, with files that belong together joined.

    Raises SourceError for a file that cannot be read as sales, a file that is missing, and a table
    that has several rows for a key.
    """
    tables = workspace.open_sources(request.sources, file=request.file, chosen=request.profile)
    profile = profile_of_files([(one.name, one.columns) for one in tables], request.profile)
    if profile is None or profile.files is None:
        return tables
    return _join_files(workspace, request, tables, profile, profile.files)


def _join_files(
    workspace: Workspace,
    request: BuildRequest,
    tables: Sequence[RawTable],
    profile: Profile,
    files: JoinedFiles,
) -> list[RawTable]:
    """Return the tables of lines with the other tables joined, and tables that are complete."""
    roles: dict[str, list[RawTable]] = {table.name: [] for table in files.tables}
    others: list[RawTable] = []
    for raw in tables:
        role = table_of((raw.name, raw.columns), files)
        (roles[role.name] if role else others).append(raw)
    lines = roles[files.lines.name]
    joins: list[JoinedTable] = []
    for table in files.joins:
        present = {files.lines.name, *(join.table.name for join in joins)}
        if not roles[table.name] or any(key.other_table not in present for key in table.on):
            others += roles[table.name]
            continue
        request.progress(f"Reading {', '.join(raw.name for raw in roles[table.name])}")
        taken = [name for raw in lines for name in raw.columns]
        taken += [name for join in joins for name in join.names]
        joins.append(_read_table(workspace, roles[table.name], table, profile, taken))
    sales = [raw for raw in others if looks_like_sales(raw.columns, request.profile)]
    left_out = [raw for raw in others if raw not in sales]
    check_left_out([(raw.name, raw.columns) for raw in left_out], files)
    if joins:
        request.progress(f"Joining {', '.join(join.table.name for join in joins)}")
        lines = [
            _join_lines(workspace, raw, joins, files, name=f"joined_{number}")
            for number, raw in enumerate(lines)
        ]
        lines = _described(workspace, lines, joins, files)
    first, *more = lines
    return [replace(first, notes=tuple(_notes(left_out, profile))), *more, *sales]


def _read_table(
    workspace: Workspace,
    raws: Sequence[RawTable],
    table: FileTable,
    profile: Profile,
    taken: Sequence[str],
) -> JoinedTable:
    """Return a table of which every key has one row. Raises SourceError if a key has several."""
    name = f"files_{normalise_name(table.name)}"
    whole = [_read(workspace, raw, f"{name}_{number}") for number, raw in enumerate(raws)]
    rows = in_one_table([raw.table for raw in whole])
    columns = [name for name in rows.columns if name not in (SOURCE_ROW, FILE)]
    keys = [_found(key.column, columns, whole) for key in table.on]
    rows = workspace.materialize(name, with_keys(rows, keys))
    read = count = workspace.count(name)
    if is_any(workspace, repeated_keys(rows, keys)):
        rows = workspace.materialize(f"{name}_once", without_repeats(rows))
        count = workspace.count(f"{name}_once")
        repeated = repeated_keys(rows, keys)
        for first in workspace.fetch(repeated.limit(1)):
            [others] = workspace.fetch(repeated.aggregate(keys=repeated.count()))
            raise SourceError(_repeated_in_words(first, others["keys"] - 1, keys, whole))
    names = _names(table, columns, profile, taken)
    return JoinedTable(table, rows, read, count, names, whole)


def _read(workspace: Workspace, raw: RawTable, name: str) -> RawTable:
    """Return a file with its rows stored and numbered."""

    def store(source: RawTable) -> tuple["Table", int]:
        rows = workspace.materialize(name, numbered(source.table, source.first_row))
        return rows, workspace.count(name) + _rejected(workspace, source)

    whole, rows = read_checked(raw, store)
    return replace(whole, table=rows)


def _rejected(workspace: Workspace, source: RawTable) -> int:
    """Return how many rows of a source could not be parsed."""
    if source.rejected is None:
        return 0
    [row] = workspace.fetch(source.rejected.aggregate(rows=source.rejected.count()))
    return int(row["rows"])


def _found(column: str, columns: Sequence[str], raws: Sequence[RawTable]) -> str:
    found = find_column([column], columns)
    if found is None:
        raise _no_key(raws[0].name, column, columns)
    return found


def _no_key(name: str, column: str, columns: Sequence[str]) -> SourceError:
    return SourceError(
        f'{name} has no column "{column}", on which the profile joins files. There are: '
        f"{listed(columns, 20)}"
    )


def _names(
    table: FileTable, columns: Sequence[str], profile: Profile, taken: Sequence[str]
) -> dict[str, str]:
    """Return the columns to take from a table, by their name in the lines.

    The table with the date of the order gives all of its columns, as any can hold its state. Of
    other tables, such as customers, a column "deleted" says nothing about the order: they give
    those that the profile names.
    """
    named = set(map(normalise_name, columns_named_in(profile)))
    used = set(map(normalise_name, taken))
    is_order = _has_dates(table, columns, profile) and not _has_dates(table, taken, profile)
    names: dict[str, str] = {}
    files = profile.files
    for column in columns:
        long, short = f"{table.name}.{column}", normalise_name(column)
        if key := find_column([long], table.key_labels):
            names[key] = column
        elif normalise_name(long) in named:
            names[long] = column
        elif is_order or short in named or (files and files.is_key(table.name, column)):
            names[long if short in used else column] = column
    return names


def _has_dates(table: FileTable, columns: Sequence[str], profile: Profile) -> bool:
    """Return whether columns of a table give the date of the order."""
    built = profile.built.get("ordered_at")
    dates = built.columns if built else profile.columns.get("ordered_at", ())
    names = [name.removeprefix(f"{table.name}.") for name in dates]
    return find_column(names, columns) is not None


def _repeated_in_words(
    first: Mapping[str, Any], more: int, keys: Sequence[str], files: Sequence[RawTable]
) -> str:
    """Return the message for a table that has different rows with the same key."""
    values = ", ".join(
        f'{key} "{value}"' for key, value in zip(keys, list(first.values()), strict=False)
    )
    (one, row), (other, last) = (divmod(first[name], ROWS_PER_FILE) for name in ("first", "last"))
    where = f"{files[one].name}, row {row:,}, and {files[other].name}, row {last:,}"
    if one == other:
        where = f"{files[one].name}, rows {row:,} and {last:,}"
    others = f" The same holds for {more:,} others." if more else ""
    return (
        f"{values} has {first['rows']:,} different rows: {where}.{others} It is not clear which "
        "one counts, and lines would count more than once. Keep one row for each "
        f"{' and '.join(keys)}."
    )


def _join_lines(
    workspace: Workspace,
    raw: RawTable,
    joins: Sequence[JoinedTable],
    files: JoinedFiles,
    *,
    name: str,
) -> RawTable:
    """Return a table of lines with the columns of the tables joined to it."""

    def store(source: RawTable) -> tuple["Table", int]:
        rows = numbered(source.table, source.first_row)
        for join in joins:
            rows = joined(rows, join.rows, join.table, join.names)
        rows = workspace.materialize(name, rows.order_by(SOURCE_ROW))
        return rows, workspace.count(name) + _rejected(workspace, source)

    columns = (*raw.columns, *(column for join in joins for column in join.names))
    for key in (key for join in joins for key in join.table.on):
        if find_column(key.names, columns) is None:
            owner = raw.name if key.other_table == files.lines.name else key.other_table
            raise _no_key(owner, key.other_column, columns)
    whole, rows = read_checked(raw, store)
    return replace(whole, table=rows, columns=columns, has_row_numbers=True, exact_reader=None)


def _described(
    workspace: Workspace,
    tables: Sequence[RawTable],
    joins: Sequence[JoinedTable],
    files: JoinedFiles,
) -> list[RawTable]:
    """Return tables of lines that tell what was joined to them, and what to warn about."""
    keys = [raw.table.select(**_keys(raw, files)) for raw in tables]
    rows = keys[0] if len(keys) == 1 else ibis.union(*keys)
    [counts] = workspace.fetch(count_matches(rows, [join.table for join in joins]))
    texts = tuple(_in_words(join, counts, number) for number, join in enumerate(joins))
    warnings = tuple(text for join in joins for text in _unreadable(workspace, join))
    first, *others = [replace(raw, joined=texts) for raw in tables]
    return [replace(first, warnings=warnings), *others]


def _keys(raw: RawTable, files: JoinedFiles) -> "dict[str, Value]":
    """Return the columns of joined lines that joins use, by the names that all files have."""
    keys = [key for join in files.joins for key in join.on]
    wanted = [*(label for join in files.joins for label in join.key_labels),
              *(name for key in keys for name in key.names)]  # fmt: skip
    found = {name: find_column([name], raw.columns) for name in wanted}
    return {
        name: raw.table[column].cast("string")
        for name, column in found.items()
        if column is not None
    }


def _in_words(join: JoinedTable, counts: Mapping[str, int], number: int) -> str:
    """Return what was joined, such as "orders.csv as orders: 20 rows by order_id"."""
    names = " and ".join(raw.name for raw in join.files)
    keys = " and ".join(key.column for key in join.table.on)
    text = f"{names} as {join.table.name}: {counted(join.read, 'row', 'rows')} by {keys}"
    unused, unmatched = join.count - counts[f"used{number}"], counts[f"unmatched{number}"]
    if unused > 0:
        text += f", {unused:,} of them without a line"
    if unmatched:
        text += f", {counted(unmatched, 'line', 'lines')} without a row there"
    remarks = [remark for raw in join.files for remark in raw.remarks]
    return ", ".join((text, *dict.fromkeys(remarks)))


def _unreadable(workspace: Workspace, join: JoinedTable) -> Iterator[str]:
    """Yield a warning for each file of a table that has rows that cannot be parsed."""
    for raw in join.files:
        if raw.rejected is not None:
            rejected = raw.rejected.order_by(SOURCE_ROW)
            [row] = workspace.fetch(rejected.limit(1).select(SOURCE_ROW, "reason"))
            rows = counted(_rejected(workspace, raw), "row", "rows")
            yield (
                f"{raw.name} has {rows} that cannot be read, such as row {row[SOURCE_ROW]:,}: "
                f"{row['reason']}"
            )


def _notes(left_out: Sequence[RawTable], profile: Profile) -> list[str]:
    if not left_out:
        return []
    names = listed([raw.name for raw in left_out])
    return [f"Not read, because the profile {profile.name} does not use it: {names}."]
