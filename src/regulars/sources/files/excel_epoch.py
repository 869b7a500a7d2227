"""Find out from which day a workbook counts days: 1900, or 1904 as in old Excel for Mac.

Readers apply it to cells that are formatted as dates, but not to plain numbers.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

_BOOK_PROPERTIES = 153
"""The record of an .xlsb workbook whose first bit says that it counts from 1904."""

_OLD_RECORD = re.compile(rb"\x22\x00\x02\x00(\x00|\x01)\x00\x0e\x00\x02\x00")
"""The record Date1904 of an .xls workbook, and the start of CalcPrecision, which follows it."""

_FIRST_BYTES = 1 << 20
"""An .ods file says it before its first table."""


def counts_from_1904(path: Path) -> bool:
    """Return whether a workbook of any kind counts days from 1904."""
    if not zipfile.is_zipfile(path):
        found = _OLD_RECORD.search(path.read_bytes())
        return found is not None and found[1] == b"\x01"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" in names:
            book = archive.read("xl/workbook.xml")
            return re.search(rb"""date1904=["'](1|true)["']""", book) is not None
        if "xl/workbook.bin" in names:
            return _binary_counts_from_1904(archive.read("xl/workbook.bin"))
        if "content.xml" in names:
            with archive.open("content.xml") as content:
                start = content.read(_FIRST_BYTES)
            return re.search(rb"""null-date [^>]*date-value=["']1904""", start) is not None
    return False


def _binary_counts_from_1904(book: bytes) -> bool:
    return any(
        type_ == _BOOK_PROPERTIES and bool(data) and bool(data[0] & 1)
        for type_, data in _records(book)
    )


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the data of each record of a part of an .xlsb workbook."""
    position = 0
    while position < len(book):
        type_, position = _number(book, position)
        length, position = _number(book, position)
        yield type_, book[position : position + length]
        position += length


def _number(book: bytes, position: int) -> tuple[int, int]:
    """Return a number in groups of seven bits, the lowest first, and the position after it."""
    number, shift = 0, 0
    while position < len(book):
        group = book[position]
        number |= (group & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if group < 0x80:
            break
    return number, position
