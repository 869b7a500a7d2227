"""Read CSV and other delimited text: detect the layout, then use DuckDB's strict reader.

Encoding, delimiter, header and line count are detected without the engine, so that a row the engine
loses is noticed.
"""

import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.encoding import REPLACEMENT, as_utf8, blank_lines_at_end
from regulars.sources.files.exact_reader import read_exactly
from regulars.sources.profiles.profile import FileOptions
from regulars.sources.table import RawTable, column_names, read_delimited

if TYPE_CHECKING:
    import ibis

# Semicolon first: if both fit equally well, the comma is more likely a decimal mark.
DELIMITERS = (";", "\t", "|", ",")
DELIMITER_NAMES = {"tab": "\t", "\\t": "\t"}
SAMPLE_LINES = 200
SAMPLE_RECORDS = 50
AGREEMENT = 0.8

DECLARED_DELIMITER = re.compile(r"sep=(.)\s*$", re.IGNORECASE)
NUMBER = re.compile(r"[^\w\s]{0,2}\s*\d[\d\s.,'’]*\s*[^\w\s]?$")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")


@dataclass(frozen=True)
class Layout:
    """The layout of a delimited file: `skip` lines, then data whose first row is `first_row`."""

    delimiter: str
    columns: tuple[str, ...]
    skip: int
    first_row: int


def read_text(
    con: "ibis.BaseBackend", path: Path, name: str, *, file: FileOptions, workdir: Path
) -> RawTable:
    """Return the rows of a delimited text file, all as text; an empty cell is NULL.

    A file with only a header is a table without rows.

    Raises SourceError if the file is empty, is not text or is not in its declared encoding.
    """
    text = as_utf8(path, name, file.encoding, workdir)
    utf8 = text.path
    layout = _layout(utf8, name, file)
    rows = max(0, text.lines - blank_lines_at_end(utf8) - layout.skip)
    fast = RawTable(
        name=name,
        columns=layout.columns,
        table=read_delimited(con, utf8, layout.columns, delim=layout.delimiter, skip=layout.skip),
        rows=rows,
        first_row=layout.first_row,
        has_row_numbers=False,
        exact_reader=lambda: read_exactly(
            con,
            fast,
            utf8,
            delimiter=layout.delimiter,
            skip=layout.skip,
            workdir=workdir,
            replacement=REPLACEMENT if text.has_replacements else "",
        ),
        decimal_comma_likely=layout.delimiter == ";",
        remarks=() if text.encoding == "utf-8" else (f"encoding {text.encoding}",),
    )
    return fast.exact_reader() if text.has_replacements and fast.exact_reader else fast


def _layout(path: Path, name: str, file: FileOptions) -> Layout:
    with path.open(encoding="utf-8-sig", newline="") as text:
        sample = list(islice(text, SAMPLE_LINES))
    before = next((n for n, line in enumerate(sample) if line.strip()), None)
    if before is None:
        raise SourceError(f"{name} is empty.")
    declared = DECLARED_DELIMITER.match(sample[before])
    before += declared is not None
    given = file.delimiter or (declared and declared[1]) or _sniff_delimiter(sample[before:])
    delimiter = DELIMITER_NAMES.get(given, given)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise SourceError(f'{name}: "{delimiter}" is not a delimiter. Use one character, or "tab".')
    first, lines = _first_record(sample[before:], delimiter, name)
    if file.header is False or (file.header is None and not _is_header(first)):
        return Layout(delimiter, column_names(name, [""] * len(first)), before, before + 1)
    names = column_names(name, first)
    return Layout(delimiter, names, before + lines, before + 2)


def _first_record(sample: list[str], delimiter: str, name: str) -> tuple[list[str], int]:
    reader = csv.reader(sample, delimiter=delimiter)
    try:
        return next(reader, [""]), reader.line_num
    except csv.Error as error:
        raise SourceError(f"{name} is not delimited text: line 1: {error}.") from None


def _sniff_delimiter(sample: list[str]) -> str:
    """Return the delimiter that splits most records into the same number of fields, and most."""

    def score(delimiter: str) -> tuple[bool, int]:
        widths = _widths(sample, delimiter)
        agree = widths.count(widths[0]) >= AGREEMENT * len(widths) and widths[0] > 1
        return agree, widths[0]

    return max(DELIMITERS, key=score) if max(map(score, DELIMITERS))[1] > 1 else ","


def _widths(sample: list[str], delimiter: str) -> list[int]:
    widths: list[int] = []
    with suppress(csv.Error):
        records = islice(csv.reader(sample, delimiter=delimiter), SAMPLE_RECORDS)
        widths.extend(len(cells) for cells in records if cells)
    return widths or [1]


def _is_header(cells: list[str]) -> bool:
    """Return whether no cell is a number or a date."""
    return not any(NUMBER.match(cell.strip()) or DATE.match(cell.strip()) for cell in cells)
