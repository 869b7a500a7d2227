"""Read JSON: a list of records, one record per line, or orders with their lines nested inside.

DuckDB finds the fields and reads every value as text, so that no number changes. Nested objects
become columns; a nested list of lines becomes one row for each line.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import duckdb
import ibis
import ibis.expr.datatypes as dt

from regulars.core.errors import SourceError, did_you_mean
from regulars.sources.files.encoding import as_utf8
from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.profile import GENERIC, load_profile
from regulars.sources.table import (
    RawTable,
    column_names,
    next_view_name,
    read_parquet_files,
    scratch,
)

if TYPE_CHECKING:
    from ibis.expr.types import StructValue, Table, Value

DEEPEST = 4
"""How many lists may be nested: a wrapper, orders, lines, and one more."""

SMALLEST_LIMIT = 1 << 24
"""DuckDB's own limit for the bytes of one record; a list in one object needs more."""

ORDER_ID = "order id"

_VAGUE = {"id", "name", "number", "no", "code", "date", "email", "type", "status"}
"""Field names that mean something only together with the object they belong to."""


@dataclass(frozen=True)
class Field:
    """A field of a record, found under a path of names."""

    path: tuple[str, ...]
    value: "Value"

    @property
    def long_name(self) -> str:
        """The name with that of its object, in the singular: "customer id"."""
        return f"{re.sub(r's$', '', self.path[-2])} {self.path[-1]}" if self.path[1:] else self.name

    @property
    def name(self) -> str:
        """The name without that of its object."""
        return self.path[-1]


def read_json(
    con: ibis.BaseBackend, path: Path, name: str, *, file: FileOptions, workdir: Path
) -> RawTable:
    """Return the records of a JSON file, or the lines nested in them, with all values as text.

    `file.table` names the list of lines if there are several lists. Rows are numbered from 1.

    Raises SourceError if the file is not valid JSON, or has no records.
    """
    from pyarrow import parquet

    plain = _without_mark(as_utf8(path, name, file.encoding, workdir).path, workdir)
    flat = scratch(workdir, ".parquet")
    try:
        records = _as_text(con, plain)
        rows, lists, left = _flattened(records, file.table)
        if file.table and file.table not in lists:
            raise SourceError(_no_list(name, file.table, lists))
        con.to_parquet(rows, flat)
    except duckdb.Error:
        raise SourceError(_invalid(name, plain)) from None
    count = parquet.read_metadata(flat).num_rows
    if not count:
        raise SourceError(f"{name} has no records.")
    columns = column_names(name, rows.columns)
    table = read_parquet_files(con, flat)
    return RawTable(
        name=name,
        columns=columns,
        table=table.rename(dict(zip(columns, rows.columns, strict=True))),
        rows=count,
        first_row=1,
        has_row_numbers=False,
        remarks=(
            *([f"one row for each of {' and '.join(lists)}"] if lists else ()),
            *([f"lists that are not read: {', '.join(left)}"] if left else ()),
        ),
    )


def _as_text(con: ibis.BaseBackend, path: Path) -> "Table":
    """Return the records of a file with the fields it has, and text as the type of each value."""
    options = {
        "sample_size": -1,
        "maximum_object_size": max(SMALLEST_LIMIT, path.stat().st_size + 1),
        "map_inference_threshold": -1,
        "field_appearance_threshold": 0,
    }
    found = con.read_json(path, table_name=next_view_name(con), **options)
    types = {name: _text_type(type_) for name, type_ in found.schema().items()}
    written = {name: con.compiler.type_mapper.to_string(type_) for name, type_ in types.items()}
    return con.read_json(path, table_name=next_view_name(con), columns=written, **options)


def _text_type(type_: dt.DataType) -> dt.DataType:
    if isinstance(type_, dt.Struct):
        return dt.Struct({name: _text_type(part) for name, part in type_.items()})
    if isinstance(type_, dt.Array) and isinstance(type_.value_type, dt.Struct):
        return dt.Array(_text_type(type_.value_type))
    return dt.string


def _flattened(records: "Table", chosen: str | None) -> "tuple[Table, list[str], list[str]]":
    """Return records as rows of text, the lists that rows were made from, and the other lists."""
    paths: Mapping[str, tuple[str, ...]] = {name: (name,) for name in records.columns}
    lists: list[str] = []
    order: tuple[str, ...] = ()
    # Lists lose the order of the file, so that every record is numbered.
    places = ["place0"]
    rows = records.mutate(place0=ibis.row_number())
    for depth in range(1, DEEPEST + 1):
        fields = [field for name in paths for field in _fields(paths[name], rows[name])]
        numbered = {f"field{n}": field for n, field in enumerate(fields)}
        rows = rows.select(*places, **{name: field.value for name, field in numbered.items()})
        paths = {name: field.path for name, field in numbered.items()}
        nested = _list_of_lines(rows.drop(*places), paths, chosen)
        if nested is None:
            break
        lists.append(paths[nested][-1])
        order = (*paths[nested][:-1], "id") if len(paths) > 1 else ()
        rows = rows.unnest(nested, keep_empty=True, offset=f"place{depth}")
        places.append(f"place{depth}")
        if len(paths) == 1:
            paths = {nested: ()}
    left = [paths[name][-1] for name, type_ in rows.drop(*places).schema().items()
            if isinstance(type_, dt.Array) and isinstance(type_.value_type, dt.Struct)]  # fmt: skip
    return _named(rows.order_by(places).drop(*places), paths, order), lists, left


def _fields(path: tuple[str, ...], value: "Value") -> Iterator[Field]:
    """Yield a value, or the fields of an object, those of objects inside it included."""
    if not value.type().is_struct():
        yield Field(path, value)
        return
    struct = cast("StructValue", value)
    for name in struct.names:
        yield from _fields((*path, name), struct[name])


def _list_of_lines(
    rows: "Table", paths: Mapping[str, tuple[str, ...]], chosen: str | None
) -> str | None:
    """Return the list of objects that most resembles order lines, or the chosen one."""
    lists = {
        name: type_.value_type
        for name, type_ in rows.schema().items()
        if isinstance(type_, dt.Array) and isinstance(type_.value_type, dt.Struct)
    }
    named = [name for name in lists if chosen and paths[name][-1] == chosen]
    if not lists or named:
        return named[0] if named else None
    wrapped = len(rows.columns) == 1
    best = max(lists, key=lambda name: _resemblance(lists[name]))
    return best if wrapped or _resemblance(lists[best]) else None


def _resemblance(type_: dt.Struct) -> int:
    """Return how many fields of an object, at any depth, have a common name of a line's column."""
    known = _names_of("quantity", "unit_price", "product_id", "product_name", "order_id")
    inner = (part.value_type if isinstance(part, dt.Array) else part for part in type_.types)
    below = sum(_resemblance(part) for part in inner if isinstance(part, dt.Struct))
    return below + sum(normalise_name(name) in known for name in type_.names)


def _names_of(*ours: str) -> set[str]:
    """Return the common names of our columns, normalised."""
    generic = load_profile(GENERIC).columns
    return {normalise_name(name) for column in ours for name in generic[column]}


def _named(rows: "Table", paths: Mapping[str, tuple[str, ...]], order: tuple[str, ...]) -> "Table":
    """Return rows with the shortest unambiguous names, and lists as text.

    The id of a record with a list of lines, under the path `order`, is that of the order, unless
    another field is the order number.
    """
    fields = [
        Field(paths[name] or (name,), rows[name].cast("string"))
        for name in rows.columns
    ]  # fmt: skip
    short = Counter(field.name.casefold() for field in fields)
    names = [
        field.long_name
        if field.name.casefold() in _VAGUE or short[field.name.casefold()] > 1
        else field.name
        for field in fields
    ]
    taken = Counter(name.casefold() for name in names)
    clear = {
        name if taken[name.casefold()] == 1 else " ".join(field.path): field.value
        for name, field in zip(names, fields, strict=True)
    }
    paths_of = dict(zip(clear, (field.path for field in fields), strict=True))
    if not _names_of("order_id") & {normalise_name(name) for name in clear}:
        clear = {
            ORDER_ID if order and paths_of[name] == order else name: value
            for name, value in clear.items()
        }
    return rows.select(**clear)


def _without_mark(path: Path, workdir: Path) -> Path:
    """Return a file, or a copy without the byte order mark that DuckDB does not read."""
    with path.open("rb") as stream:
        if stream.read(3) != b"\xef\xbb\xbf":
            return path
    copy = scratch(workdir, ".json")
    copy.write_bytes(path.read_bytes()[3:])
    return copy


def _no_list(name: str, wanted: str, lists: list[str]) -> str:
    return f'{name} has no list "{wanted}".{did_you_mean(wanted, lists)}'


def _invalid(name: str, path: Path) -> str:
    """Return where a file is not valid JSON, which DuckDB does not say exactly."""
    line, reason = _first_error(path.read_text("utf-8"))
    where = f", line {line}," if line else ""
    return f"{name}{where} is not valid JSON: {reason}. Export the file again."


def _first_error(text: str) -> tuple[int, str]:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            return error.lineno, error.msg
    for number, line in enumerate(text.splitlines(), 1):
        try:
            json.loads(line or "null")
        except json.JSONDecodeError as error:
            return number, error.msg
    return 0, "its records are too large or nested too deeply"
