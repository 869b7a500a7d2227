"""Text in any encoding -> the same text in UTF-8, which is what DuckDB reads.

UTF-8 stays where it is. A file says that it is UTF-16 by a mark or by its NULs. What is neither,
but holds as many letters of UTF-8 as bytes that are none, is UTF-8 with a few broken lines; else it
is taken for cp1252, in which Excel saves CSV on Windows, as long as all of it can be.
"""

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regulars.core.errors import SourceError
from regulars.sources.table import CHUNK, GZIP, scratch, unpacked, without_wildcards

BROKEN = "\ufffd"
"""Stands in a mended text where bytes were no letter."""
_LETTER = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf]|\xc2[\xa0-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
    rb"|[\xf0-\xf4][\x80-\xbf]{3}"
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")


@dataclass(frozen=True)
class Text:
    """A text in UTF-8: where it is, its lines, the encoding it came in.

    is_mended  it has lines with bytes that are no letters of its encoding; BROKEN stands for them
    """

    path: Path
    lines: int
    encoding: str
    is_mended: bool = False


def as_utf8(path: Path, name: str, told: str | None, workdir: Path) -> Text:
    """Return a text as UTF-8.

    Raises SourceError for what is no text, or not in the encoding it is `told` to have.
    """
    plain = _unpack(path, name, workdir)
    encoding = _codec(told, name) if told else _encoding_by_marks(plain)
    if encoding in ("utf-8", "utf-8-sig"):
        lines = lines_if_utf8(plain)
        if lines is not None:
            return Text(without_wildcards(plain, workdir), lines, "utf-8")
        if _is_mostly_utf8(plain):
            utf8 = scratch(workdir, ".csv")
            _transcode(plain, utf8, "utf-8-sig", name, errors="replace")
            return Text(utf8, lines_if_utf8(utf8) or 0, "utf-8", is_mended=True)
        if told or encoding == "utf-8-sig":
            raise SourceError(f"{name} is not in the encoding {told or 'UTF-8'}, as it should be.")
        encoding = "cp1252"
    utf8 = scratch(workdir, ".csv")
    _transcode(plain, utf8, encoding, name)
    return Text(utf8, lines_if_utf8(utf8) or 0, encoding)


def _unpack(path: Path, name: str, workdir: Path) -> Path:
    with path.open("rb") as stream:
        if stream.read(2) != GZIP:
            return path
    plain = scratch(workdir, ".csv")
    with unpacked(path, name) as packed, plain.open("wb") as out:
        while chunk := packed.read(CHUNK):
            out.write(chunk)
    return plain


def _codec(told: str, name: str) -> str:
    try:
        return codecs.lookup(told).name.removesuffix("-sig")
    except LookupError:
        raise SourceError(f'{name}: there is no encoding "{told}". Try "cp1252".') from None


def _encoding_by_marks(path: Path) -> str:
    """Return UTF-16 where a mark, or a NUL in every second byte, gives it away; else UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 > len(head) and min(even, odd) * 20 < len(head):
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"


def lines_if_utf8(path: Path) -> int | None:
    """Return how many lines a file has, or None where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, last = 0, b"\n"
    with path.open("rb") as stream, suppress(UnicodeDecodeError):
        while chunk := stream.read(CHUNK):
            if chunk.endswith(b"\r"):
                chunk += stream.read(1)
            if not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
            if b"\0" in chunk:
                return None
            lines += chunk.count(b"\n")
            if b"\r" in chunk:
                lines += chunk.count(b"\r") - chunk.count(b"\r\n")
            last = chunk[-1:]
        decoder.decode(b"", True)
        return lines + (last not in b"\r\n")
    return None


def _is_mostly_utf8(path: Path) -> bool:
    """Return whether at least half of what is beyond ASCII is letters of UTF-8."""
    letters = broken = 0
    with path.open("rb") as stream:
        for line in stream:
            line = line.removeprefix(codecs.BOM_UTF8)
            if not line.isascii():
                found = _LETTER.findall(line)
                letters += len(found)
                broken += len(_BEYOND_ASCII.findall(line)) - sum(map(len, found))
    return letters >= broken > 0


def _transcode(path: Path, utf8: Path, encoding: str, name: str, errors: str = "strict") -> None:
    try:
        with (
            path.open(encoding=encoding, errors=errors, newline="") as text,
            utf8.open("w", encoding="utf-8", newline="") as out,
        ):
            while chunk := text.read(CHUNK):
                if NOT_TEXT.search(chunk):
                    raise SourceError(_not_text(name))
                out.write(chunk)
    except UnicodeError:
        raise SourceError(_not_text(name)) from None


def _not_text(name: str) -> str:
    return (
        f"{name} is not text that can be read: it holds bytes that text does not. Is it a table "
        "saved as CSV? If it is, name its encoding in a profile:\n"
        '  [file]\n  encoding = "cp850"'
    )


def blank_lines_at_end(path: Path) -> int:
    """Return how many lines at the end of a file hold nothing, as far as its last megabyte goes."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - CHUNK))
        tail = stream.read()
    end = tail[len(tail.rstrip(b"\r\n")) :].replace(b"\r\n", b"\n")
    return max(0, len(end) - 1)
