r"""Parse pg_dump's SQL into rows of tab-delimited text, in which NULL is an unquoted \N.

Most COPY lines already have this form and pass unchanged. COPY lines with escapes and the values of
INSERT are quoted, so that DuckDB's CSV reader gets them right.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from regulars.core.errors import SourceError

_IDENTIFIER = rb'(?:"(?:[^"]|"")*"|[^\s.,()"`]+)'
_TABLE = rb"(?P<table>%s(?:\.%s)?)" % (_IDENTIFIER, _IDENTIFIER)
_COLUMNS = rb"(?: \((?P<columns>%s(?:, %s)*)\))?" % (_IDENTIFIER, _IDENTIFIER)
IDENTIFIER = re.compile(_IDENTIFIER)
CREATE = re.compile(rb"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?%s \($" % _TABLE, re.M)
COPY = re.compile(rb"COPY %s%s +FROM stdin;$" % (_TABLE, _COLUMNS), re.M)
INSERT = re.compile(rb"INSERT INTO %s%s (?:OVERRIDING \w+ VALUE )?VALUES\s" % (_TABLE, _COLUMNS))
CREATED_COLUMN = re.compile(rb"    (?!CONSTRAINT )(%s) " % _IDENTIFIER)
FUNCTION_BODY = re.compile(rb"\s*(?:AS|DO) (\$\w*\$)")
ENCODING = re.compile(rb"SET client_encoding = '(\w+)';")
VALUE = re.compile(rb"[EBX]?'[^']*(?:''[^']*)*'|[^\s,()';]+")

END_OF_COPY = b"\\.\n"
NULL = b"\\N"
NEEDS_QUOTES = re.compile(rb'"|\\(?!N[\t\n])')
ESCAPE = re.compile(rb"\\(.)", re.S)
ESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Header(NamedTuple):
    """Name of a table, without the schema `public`, and its columns."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Consecutive rows of one table; consume them before requesting the next block."""

    header: Header
    rows: Iterable[bytes]


def lines_of(stream: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield the lines of a dump in UTF-8 with Unix line ends.

    Raises SourceError if they are not in the encoding that the dump declares.
    """
    lines = iter(stream)
    first = next(lines, b"")
    # pg_dump on Windows writes \r\n for every line end, also inside texts.
    has_crlf = first.endswith(b"\r\n")
    lines = chain([first], lines)
    if has_crlf:
        lines = (line.replace(b"\r\n", b"\n") for line in lines)
    for line in lines:
        yield line
        if declared := ENCODING.match(line):
            yield from _recoded(lines, declared[1].decode(), name)


def _recoded(lines: Iterator[bytes], declared: str, name: str) -> Iterator[bytes]:
    if declared == "UTF8":
        yield from lines
        return
    try:
        decode = codecs.getdecoder(_python_encoding(declared))
        for line in lines:
            yield decode(line)[0].encode()
    except (LookupError, UnicodeDecodeError):
        raise wrongly_encoded(name, declared) from None


def wrongly_encoded(name: str, declared: str) -> SourceError:
    """Return the error for a dump that is not in the encoding it declares."""
    return SourceError(
        f"{name} declares the encoding {declared} but cannot be read in it. Create it again with "
        "pg_dump --encoding=UTF8."
    )


def _python_encoding(declared: str) -> str:
    return "utf-8" if declared == "SQL_ASCII" else re.sub(r"^WIN(?=\d)", "cp", declared)


def blocks_of(lines: Iterator[bytes], name: str) -> Iterator[Block]:
    """Yield every block of rows in a dump; skip its other statements.

    Raises SourceError if the dump ends inside a block.
    """
    headers: dict[bytes, Header] = {}
    created: dict[bytes, tuple[str, ...]] = {}
    for line in lines:
        if begin := COPY.match(line) or INSERT.match(line):
            if begin[0] not in headers:
                headers[begin[0]] = _header(begin, created, name)
            header = headers[begin[0]]
            if begin.re is COPY:
                yield Block(header, _copied(lines, header, name))
            else:
                cut_short = _cut_short(name, header)
                values = statement(line[begin.end() :], lines, _quotes, cut_short)
                yield Block(header, _inserted(values, header, name))
        elif create := CREATE.match(line):
            created[create["table"]] = created_columns(lines, CREATED_COLUMN, _unquoted)
        elif body := FUNCTION_BODY.match(line):
            _skip_to(body[1], line[body.end() :], lines)


def _header(begin: re.Match[bytes], created: dict[bytes, tuple[str, ...]], name: str) -> Header:
    table = ".".join(_names(begin["table"])).removeprefix("public.")
    columns = _names(begin["columns"]) if begin["columns"] else created.get(begin["table"])
    if not columns:
        raise SourceError(
            f"{name} does not name the columns of {table}. Create it again with its schema, or "
            "with pg_dump --column-inserts."
        )
    return Header(table, columns)


def _names(identifiers: bytes) -> tuple[str, ...]:
    return tuple(_unquoted(identifier) for identifier in IDENTIFIER.findall(identifiers))


def _unquoted(identifier: bytes) -> str:
    text = identifier.decode()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def created_columns(
    lines: Iterator[bytes], column: re.Pattern[bytes], unquoted: Callable[[bytes], str]
) -> tuple[str, ...]:
    """Return the columns of a CREATE TABLE, and consume its lines."""
    columns = []
    for line in lines:
        if line.startswith(b")"):
            break
        if match := column.match(line):
            columns.append(unquoted(match[1]))
    return tuple(columns)


def _skip_to(end: bytes, rest: bytes, lines: Iterator[bytes]) -> None:
    # INSERT and COPY in a function body are not data of this dump.
    while end not in rest:
        rest = next(lines, end)


def _copied(lines: Iterator[bytes], header: Header, name: str) -> Iterator[bytes]:
    needs_quotes = NEEDS_QUOTES.search
    for line in lines:
        if line == END_OF_COPY:
            return
        # A blank line is one empty text, which a CSV reader would skip.
        yield _quoted_line(line) if needs_quotes(line) or line == b"\n" else line
    raise _cut_short(name, header)


def _quoted_line(line: bytes) -> bytes:
    cells = line.removesuffix(b"\n").split(b"\t")
    return b"\t".join(cell if cell == NULL else quoted(_unescaped(cell)) for cell in cells) + b"\n"


def _unescaped(text: bytes) -> bytes:
    return ESCAPE.sub(lambda match: ESCAPED.get(match[1], match[1]), text)


def quoted(text: bytes) -> bytes:
    """Return a text in double quotes, as CSV has it."""
    return b'"' + text.replace(b'"', b'""') + b'"'


def statement(
    line: bytes, lines: Iterator[bytes], quotes: Callable[[bytes], int], cut_short: SourceError
) -> bytes:
    """Return the rest of an INSERT, up to a line that ends in a semicolon outside quotes.

    `quotes` counts the quotes of a line. Raises `cut_short` if the dump ends before that.
    """
    parts, count = [line], quotes(line)
    while count % 2 or not parts[-1].rstrip().endswith(b";"):
        following = next(lines, None)
        if following is None:
            raise cut_short
        parts.append(following)
        count += quotes(following)
    return b"".join(parts)


def _quotes(line: bytes) -> int:
    return line.count(b"'")


def _inserted(values: bytes, header: Header, name: str) -> Iterator[bytes]:
    values = values.rstrip().removesuffix(b";").removesuffix(b"ON CONFLICT DO NOTHING")
    cells = [_cell(value) for value in VALUE.findall(values)]
    return rows_of(cells, header, name, "Create it again with pg_dump.")


def rows_of(cells: list[bytes], header: Header, name: str, advice: str) -> Iterator[bytes]:
    """Yield the values of an INSERT as rows of tab-delimited text.

    Raises SourceError, with the advice, if they do not fill whole rows.
    """
    width = len(header.columns)
    if len(cells) % width:
        raise SourceError(
            f"{name}: {header.table} has {width} columns, but an INSERT has {len(cells)} values. "
            f"{advice}"
        )
    for start in range(0, len(cells), width):
        yield b"\t".join(cells[start : start + width]) + b"\n"


def _cell(value: bytes) -> bytes:
    if value == b"NULL":
        return NULL
    prefix, quote, rest = value.partition(b"'")
    if not quote:
        return value
    text = rest[:-1].replace(b"''", b"'")
    return quoted(_unescaped(text) if prefix == b"E" else text)


def _cut_short(name: str, header: Header) -> SourceError:
    return SourceError(
        f"{name} is cut short: it ends inside table {header.table}. "
        "Copy it again, or create it again with pg_dump."
    )
