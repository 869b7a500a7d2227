"""Detect the encoding of a text file and recode it to UTF-8, which DuckDB reads.

UTF-8 files are read in place. UTF-16 is detected by its byte order mark or NUL bytes. A file in
neither, with at least as many valid UTF-8 sequences as invalid bytes, is UTF-8 with a few broken
lines. Anything else is read as cp1252, in which Excel saves CSV on Windows, if all bytes are valid,
or else as Shift JIS if that gives Japanese.
"""

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regulars.core.errors import SourceError
from regulars.sources.files.compression import unpack
from regulars.sources.table import CHUNK, scratch, without_wildcards

REPLACEMENT = "\ufffd"
"""The Unicode replacement character, written where bytes were not valid UTF-8."""
_MULTIBYTE = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf]|\xc2[\xa0-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
    rb"|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NON_ASCII = re.compile(rb"[\x80-\xff]")
_KANA = re.compile("[\u3041-\u30fa\u4e00-\u9fff]{2}")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")


@dataclass(frozen=True)
class Utf8Text:
    """A text file in UTF-8.

    path              where it is: the original, or a recoded copy
    lines             number of lines
    encoding          encoding of the original
    has_replacements  whether REPLACEMENT was written for invalid bytes
    """

    path: Path
    lines: int
    encoding: str
    has_replacements: bool = False


def as_utf8(path: Path, name: str, declared: str | None, workdir: Path) -> Utf8Text:
    """Return a text file as UTF-8, recoded from its declared or detected encoding if necessary.

    Raises SourceError if it is not text, or not in its declared encoding.
    """
    plain = unpack(path, name, workdir)
    encoding = _codec(declared, name) if declared else _sniff_unicode(plain)
    if encoding in ("utf-8", "utf-8-sig"):
        lines = lines_if_utf8(plain)
        if lines is not None:
            return Utf8Text(without_wildcards(plain, workdir), lines, "utf-8")
        if _is_mostly_utf8(plain):
            utf8 = scratch(workdir, ".csv")
            _transcode(plain, utf8, "utf-8-sig", name, errors="replace")
            return Utf8Text(utf8, lines_if_utf8(utf8) or 0, "utf-8", has_replacements=True)
        if declared or encoding == "utf-8-sig":
            raise SourceError(
                f"{name} is not in the encoding {declared or 'UTF-8'}. Save it as UTF-8, or name "
                'its encoding in a profile:\n  [file]\n  encoding = "cp1252"'
            )
        encoding = "cp1252" if _is(plain, "cp1252") or not _is_japanese(plain) else "cp932"
    utf8 = scratch(workdir, ".csv")
    _transcode(plain, utf8, encoding, name)
    return Utf8Text(utf8, lines_if_utf8(utf8) or 0, encoding)


def _is(path: Path, encoding: str) -> bool:
    """Return whether all bytes of a file are valid in an encoding."""
    with suppress(UnicodeError), path.open(encoding=encoding) as text:
        while text.read(CHUNK):
            pass
        return True
    return False


def _is_japanese(path: Path) -> bool:
    """Return whether a file is Shift JIS, in which Excel and shop systems in Japan save CSV."""
    if not _is(path, "cp932"):
        return False
    with path.open(encoding="cp932") as text:
        return _KANA.search(text.read(CHUNK)) is not None


def _codec(declared: str, name: str) -> str:
    try:
        return codecs.lookup(declared).name.removesuffix("-sig")
    except LookupError:
        raise SourceError(f'{name}: unknown encoding "{declared}". Try "cp1252".') from None


def _sniff_unicode(path: Path) -> str:
    """Return UTF-16 if a byte order mark or a NUL in every other byte shows it, else UTF-8."""
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
    """Return the number of lines in a file, or None if it is not UTF-8."""
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
    """Return whether there are at least as many valid multibyte sequences as invalid bytes."""
    valid = invalid = 0
    with path.open("rb") as stream:
        for line in stream:
            line = line.removeprefix(codecs.BOM_UTF8)
            if not line.isascii():
                sequences = _MULTIBYTE.findall(line)
                valid += len(sequences)
                invalid += len(_NON_ASCII.findall(line)) - sum(map(len, sequences))
    return valid >= invalid > 0


def _transcode(path: Path, utf8: Path, encoding: str, name: str, errors: str = "strict") -> None:
    try:
        with (
            path.open(encoding=encoding, errors=errors, newline="") as text,
            utf8.open("w", encoding="utf-8", newline="") as out,
        ):
            while chunk := text.read(CHUNK):
                if CONTROL_CHARACTERS.search(chunk):
                    raise SourceError(_not_text(name))
                out.write(chunk)
    except UnicodeError:
        raise SourceError(_not_text(name)) from None


def _not_text(name: str) -> str:
    return (
        f"{name} is not readable as text. If it is a CSV file, name its encoding in a profile:\n"
        '  [file]\n  encoding = "cp850"'
    )
