"""Minimal .xlsb workbooks: one sheet of BIFF12 records, as [MS-XLSB] describes them.

openpyxl writes no .xlsb, so that this writes just what a reader needs: texts, numbers, and dates
as numbers with the format of a date.
"""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

Cell = str | int | float | datetime | None

_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    'package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
)
_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/'
    '2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
    'package.relationships+xml"/></Types>'
)
_GENERAL, _DATE = 0, 1
_DATE_AND_TIME = 22
"""The built-in number format m/d/yy h:mm."""

_ROW, _REAL, _TEXT = 0, 5, 6
_BEGIN_SHEET, _END_SHEET, _BEGIN_BOOK, _END_BOOK = 129, 130, 131, 132
_BEGIN_ROWS, _END_ROWS, _DIMENSION = 145, 146, 148
_BEGIN_SHEETS, _END_SHEETS, _BOOK_PROPERTIES, _SHEET, _CALCULATION = 143, 144, 153, 156, 157
_BEGIN_STYLES, _END_STYLES, _FORMAT, _BEGIN_FORMATS, _END_FORMATS = 278, 279, 47, 617, 618


def write_xlsb(path: Path, rows: Sequence[Sequence[Cell]], *, since_1904: bool = False) -> Path:
    """Write rows as the only sheet of a workbook, which counts days from 1900 or from 1904."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATIONS)
        archive.writestr("xl/workbook.bin", _workbook(since_1904=since_1904))
        archive.writestr("xl/styles.bin", _styles())
        archive.writestr("xl/worksheets/sheet1.bin", _sheet(rows, 1904 if since_1904 else 1900))
    return path


def _workbook(*, since_1904: bool) -> bytes:
    return b"".join(
        (
            _record(_BEGIN_BOOK),
            _record(_BOOK_PROPERTIES, struct.pack("<III", since_1904, 0, 0)),
            _record(_BEGIN_SHEETS),
            _record(_SHEET, struct.pack("<II", 0, 1) + _text("rId1") + _text("Orders")),
            _record(_END_SHEETS),
            _record(_CALCULATION, bytes(26)),
            _record(_END_BOOK),
        )
    )


def _styles() -> bytes:
    formats = (struct.pack("<HHHHHHI", 0, n, 0, 0, 0, 0, 0) for n in (_GENERAL, _DATE_AND_TIME))
    return b"".join(
        (
            _record(_BEGIN_STYLES),
            _record(_BEGIN_FORMATS, struct.pack("<I", 2)),
            *(_record(_FORMAT, one) for one in formats),
            _record(_END_FORMATS),
            _record(_END_STYLES),
        )
    )


def _sheet(rows: Sequence[Sequence[Cell]], epoch: int) -> bytes:
    last = len(rows) - 1, max(map(len, rows)) - 1
    records = [
        _record(_BEGIN_SHEET),
        _record(_DIMENSION, struct.pack("<IIII", 0, last[0], 0, last[1])),
    ]
    records.append(_record(_BEGIN_ROWS))
    for number, cells in enumerate(rows):
        records.append(_record(_ROW, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0)))
        records += _cells(cells, epoch)
    return b"".join((*records, _record(_END_ROWS), _record(_END_SHEET)))


def _cells(cells: Sequence[Cell], epoch: int) -> Iterator[bytes]:
    for column, cell in enumerate(cells):
        style = _DATE if isinstance(cell, datetime) else _GENERAL
        start = struct.pack("<II", column, style)
        if isinstance(cell, str):
            yield _record(_TEXT, start + _text(cell))
        elif cell is not None:
            number = _days(cell, epoch) if isinstance(cell, datetime) else cell
            yield _record(_REAL, start + struct.pack("<d", number))


def _days(time: datetime, epoch: int) -> float:
    """Return a time as days since the day that a workbook counts from."""
    first = datetime(1904, 1, 1) if epoch == 1904 else datetime(1899, 12, 30)
    return (time - first).total_seconds() / 86_400


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(type_: int, data: bytes = b"") -> bytes:
    """Return a record: its type and length, in groups of seven bits, then its data."""
    return _groups(type_) + _groups(len(data)) + data


def _groups(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _groups(rest) if rest else bytes([low])
