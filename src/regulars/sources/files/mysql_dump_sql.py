"""Parse mysqldump's and phpMyAdmin's SQL into rows of tab-delimited text, as in `pg_dump_sql`."""

import re
from collections.abc import Iterable, Iterator

from regulars.core.errors import SourceError
from regulars.sources.files.pg_dump_sql import (
    NULL,
    Block,
    Header,
    created_columns,
    quoted,
    rows_of,
    statement,
)

_NAME = rb"`((?:[^`]|``)+)`"
_INSERT = re.compile(
    rb"(?:INSERT|REPLACE) (?:IGNORE )?INTO (?:%s\.)?%s\s*(?:\(([^)]*)\)\s*)?VALUES\s*"
    % (_NAME, _NAME)
)
_CREATE = re.compile(rb"CREATE TABLE (?:IF NOT EXISTS )?(?:%s\.)?%s \(" % (_NAME, _NAME))
_COLUMN = re.compile(rb"\s+%s " % _NAME)
_ESCAPED = re.compile(rb"\\(.)", re.S)
_VALUE = re.compile(rb"(?:_\w+ ?|[bBxXnN])?'((?:[^'\\]|\\.|'')*)'|([^\s,()';]+)", re.S)
_ESCAPES = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def mysql_blocks(lines: Iterable[bytes], name: str) -> Iterator[Block]:
    """Yield every block of rows in a dump; skip its other statements.

    Raises SourceError if the dump ends inside a statement, or does not name the columns.
    """
    created: dict[bytes, tuple[str, ...]] = {}
    lines = iter(lines)
    for line in lines:
        if create := _CREATE.match(line):
            created[create[2]] = created_columns(lines, _COLUMN, _unquoted)
        elif insert := _INSERT.match(line):
            header = _header(insert, created, name)
            cut_short = _cut_short(name, header)
            values = statement(line[insert.end() :], lines, _quotes, cut_short)
            yield Block(header, _inserted(values, header, name))


def _header(insert: re.Match[bytes], created: dict[bytes, tuple[str, ...]], name: str) -> Header:
    table = _unquoted(insert[2])
    listed = tuple(map(_unquoted, re.findall(_NAME, insert[3] or b"")))
    columns = listed or created.get(insert[2])
    if not columns:
        raise SourceError(
            f"{name} does not name the columns of {table}. Create it again with its schema, or "
            "with mysqldump --complete-insert."
        )
    return Header(table, columns)


def _unquoted(identifier: bytes) -> str:
    return identifier.decode(errors="replace").replace("``", "`")


def _quotes(line: bytes) -> int:
    return _ESCAPED.sub(b"", line).count(b"'") if b"\\" in line else line.count(b"'")


def _inserted(values: bytes, header: Header, name: str) -> Iterator[bytes]:
    values = values.rstrip().removesuffix(b";").partition(b"ON DUPLICATE KEY")[0]
    cells = [_cell(match) for match in _VALUE.finditer(values)]
    return rows_of(cells, header, name, "Create the dump again with mysqldump.")


def _cell(match: re.Match[bytes]) -> bytes:
    text, bare = match[1], match[2]
    if bare is not None:
        return NULL if bare.upper() == b"NULL" else bare
    unescaped = _ESCAPED.sub(lambda one: _ESCAPES.get(one[1], one[1]), text.replace(b"''", b"'"))
    return quoted(unescaped)


def _cut_short(name: str, header: Header) -> SourceError:
    return SourceError(
        f"{name} is cut short: it ends inside table {header.table}. "
        "Copy it again, or create it again with mysqldump."
    )
