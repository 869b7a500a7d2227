"""Read CSV and other delimited text: detect the layout, then use DuckDB's strict reader.

Encoding, delimiter, header and line count are detected without the engine, so that a row the engine
loses is noticed.
"""

import csv
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.encoding import REPLACEMENT, Utf8Text, as_utf8
from regulars.sources.files.exact_reader import read_exactly
from regulars.sources.files.footer import blank_lines_at_end, footer_remark, without_footer
from regulars.sources.files.header import IsSales, advice_on, find_header, remarks_on
from regulars.sources.files.quoted_rows import unwrapped
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.match_columns import is_wanted
from regulars.sources.profiles.profile import Profile
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


@dataclass(frozen=True)
class Layout:
    """The layout of a delimited file: `skip` lines, then data whose first row is `first_row`.

    remarks  what a load says about the layout
    advice   how to correct it, for the error if the columns cannot be mapped
    """

    delimiter: str
    columns: tuple[str, ...]
    skip: int
    first_row: int
    remarks: tuple[str, ...] = ()
    advice: str = ""


def read_text(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    *,
    file: FileOptions,
    workdir: Path,
    chosen: Profile | None = None,
) -> RawTable:
    """Return the rows of a delimited text file, all as text; an empty cell is NULL.

    A file with only a header is a table without rows. Titles above the header are left out, and so
    is the footer that a profile gives.

    Raises SourceError if the file is empty, is not text or is not in its declared encoding.
    """
    text, wrapped = unwrapped(as_utf8(path, name, file.encoding, workdir), workdir)
    utf8, lines = text.path, text.lines - blank_lines_at_end(text.path)
    layout = _layout(utf8, name, file, lambda names: is_wanted(names, chosen))
    if file.footer:
        utf8, lines = without_footer(utf8, file.footer, workdir), lines - file.footer
    fast = RawTable(
        name=name,
        columns=layout.columns,
        table=read_delimited(con, utf8, layout.columns, delim=layout.delimiter, skip=layout.skip),
        rows=max(0, lines - layout.skip),
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
        remarks=(*_encoding_remark(text), *wrapped, *layout.remarks, *footer_remark(file)),
        advice=layout.advice,
    )
    return fast.exact_reader() if text.has_replacements and fast.exact_reader else fast


def _layout(path: Path, name: str, file: FileOptions, is_sales: IsSales) -> Layout:
    searched = SAMPLE_LINES + max(file.skip_rows or 0, file.header_row or 0)
    with path.open(encoding="utf-8-sig", newline="") as text:
        sample = list(islice(text, searched))
    before = next((n for n, line in enumerate(sample) if line.strip()), None)
    if before is None:
        raise SourceError(f"{name} is empty.")
    declared = DECLARED_DELIMITER.match(sample[before])
    if declared:
        sample[before] = "\n"
    above = max(file.skip_rows or 0, (file.header_row or 1) - 1)
    given = file.delimiter or (declared and declared[1]) or _sniff_delimiter(sample[above:])
    delimiter = DELIMITER_NAMES.get(given, given)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise SourceError(f'{name}: "{delimiter}" is not a delimiter. Use one character, or "tab".')
    records, ends = _records(sample, delimiter, name)
    if len(records) <= above < len(sample):
        # A quote that a title opens and never closes would hide the rows below it.
        records, ends = _records(sample[above:], delimiter, name)
        records = [[line] for line in sample[:above]] + records
        ends = [*range(above), *(above + end for end in ends)]
    header = find_header(records, file, is_sales, name)
    first = before + (declared is not None)
    return Layout(
        delimiter,
        column_names(name, header.names),
        ends[header.start],
        header.start + 1,
        remarks_on(header, max(first, file.skip_rows or 0)),
        advice_on(header, records),
    )


def _records(sample: list[str], delimiter: str, name: str) -> tuple[list[list[str]], list[int]]:
    """Return the records in the first lines of a file, and after how many lines each begins."""
    reader = csv.reader(sample, delimiter=delimiter)
    records: list[list[str]] = []
    ends = [0]
    try:
        for cells in reader:
            records.append(cells)
            ends.append(reader.line_num)
    except csv.Error as error:
        if not any(records):
            raise SourceError(f"{name} is not delimited text: line 1: {error}.") from None
    return records, ends


def _sniff_delimiter(sample: list[str]) -> str:
    """Return the delimiter that splits most records into the same number of fields, and most.

    If the first record is a title, it is the one that gives the most cells.
    """
    widths = {delimiter: _widths(sample, delimiter) for delimiter in DELIMITERS}
    records = sum(max(each) > 1 for each in zip_longest(*widths.values(), fillvalue=1))

    def score(delimiter: str) -> tuple[bool, int, int]:
        each = widths[delimiter]
        # A title has one cell, or few.
        several = Counter(width for width in each if width > 1)
        width = max(several, key=lambda width: (several[width] * width, width), default=1)
        agree = each[0] == width > 1 and several[width] >= AGREEMENT * records
        return agree, width if agree else 0, several[width] * width

    best = max(DELIMITERS, key=score)
    return best if score(best)[2] else ","


def _widths(sample: list[str], delimiter: str) -> list[int]:
    widths: list[int] = []
    with suppress(csv.Error):
        records = islice(csv.reader(sample, delimiter=delimiter), SAMPLE_RECORDS)
        widths.extend(len(cells) for cells in records if cells)
    return widths or [1]


def _encoding_remark(text: Utf8Text) -> tuple[str, ...]:
    return () if text.encoding == "utf-8" else (f"encoding {text.encoding}",)
