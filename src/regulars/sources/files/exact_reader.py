"""Read delimited text line by line, so that a malformed line rejects only that line.

A quote that is never closed would swallow the good rows after it. This reader rejects only the line
that opens it and resumes at the next.
"""

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.sources.labels import reason_of
from regulars.sources.table import SOURCE_ROW, RawTable, read_parquet_files, scratch

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

MAX_LINES = 100
"""The most lines one record may span before its quote counts as never closed."""

CELLS_PER_BATCH = 400_000

Record = tuple[int, list[str], str]
"""Row number, cells, reason: a good row has no reason, a rejected one its raw line as only cell."""


def read_exactly(
    con: "ibis.BaseBackend",
    fast: RawTable,
    path: Path,
    *,
    delimiter: str,
    skip: int,
    workdir: Path,
    replacement: str = "",
) -> RawTable:
    """Return the rows of a UTF-8 text file after its first `skip` lines, with rejected rows apart.

    Rows are numbered as in a spreadsheet: blank lines count, line breaks inside quotes do not. Rows
    that contain `replacement`, the mark for invalid bytes, are rejected.
    """
    good, bad = scratch(workdir, ".parquet"), scratch(workdir, ".parquet")
    with (
        path.open(encoding="utf-8-sig", newline="") as text,
        _parquet_spool(good, fast.columns) as accepted,
        _parquet_spool(bad, ("original", "reason")) as rejected,
    ):
        lines = islice(text, skip, None)
        records = read_records(lines, delimiter, width=len(fast.columns), first_row=fast.first_row)
        if replacement:
            records = _reject_invalid_bytes(replacement, records, delimiter)
        for number, cells, reason in records:
            if reason:
                rejected.add(number, [*cells, reason])
            else:
                accepted.add(number, cells)
    return replace(
        fast,
        table=read_parquet_files(con, good),
        rows=accepted.rows + rejected.rows,
        has_row_numbers=True,
        rejected=read_parquet_files(con, bad) if rejected.rows else None,
        exact_reader=None,
    )


def read_records(
    lines: Iterator[str], delimiter: str, *, width: int, first_row: int
) -> Iterator[Record]:
    """Yield every record with its row number; blank lines are numbered but not yielded."""
    number = first_row
    quote_after_blank = f'{delimiter} "'
    unread: deque[str] = deque()
    record: list[str] = []

    def supply() -> Iterator[str]:
        while len(record) < MAX_LINES:
            line = unread.popleft() if unread else next(lines, None)
            if line is None:
                return
            record.append(line)
            yield line

    def reject(reason: str) -> Record:
        unread.extendleft(reversed(record[1:]))
        return number, [record[0].rstrip("\r\n")], reason

    while True:
        try:
            for cells in csv.reader(supply(), delimiter=delimiter, strict=True):
                if quote_after_blank in record[0]:
                    cells = _as_duckdb_reads(record[0], cells, delimiter)
                # Some programs pad lines with delimiters; DuckDB accepts that, too.
                if len(cells) == width or (len(cells) > width and not any(cells[width:])):
                    yield number, cells[:width], ""
                elif record[0].strip():
                    yield reject(reason_of(cells, width) or _wrong_width(cells, width, len(record)))
                record.clear()
                number += 1
        except csv.Error as error:
            yield reject(_malformed(str(error), len(record)))
            record.clear()
            number += 1
        else:
            return


def _reject_invalid_bytes(
    replacement: str, records: Iterator[Record], delimiter: str
) -> Iterator[Record]:
    for number, cells, reason in records:
        if reason or not any(replacement in cell for cell in cells):
            yield number, cells, reason
        else:
            yield number, [delimiter.join(cells)], "The line is not valid UTF-8."


def _as_duckdb_reads(line: str, cells: list[str], delimiter: str) -> list[str]:
    """Return the cells of a line with quotes after a blank, which DuckDB reads as quotes, too."""
    if not any(cell.startswith(' "') for cell in cells):
        return cells
    with suppress(csv.Error):
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
    return cells


def _wrong_width(cells: list[str], width: int, lines: int) -> str:
    if lines > 1:
        return "A quote is never closed."
    fields = f"{len(cells)} field{'s' if len(cells) != 1 else ''}"
    return f"The line has {fields}, but the header has {width}."


def _malformed(error: str, lines: int) -> str:
    if "field limit" in error:
        return f"A cell is longer than {csv.field_size_limit():,} characters."
    if lines > 1 or "end of data" in error:
        return "A quote is never closed."
    return "Text follows a closing quote."


@dataclass
class Spool:
    """Writes numbered rows of text to a Parquet file in batches."""

    writer: "ParquetWriter"
    schema: "pa.Schema"
    rows: int = 0
    numbers: list[int] = field(default_factory=list)
    # One flat list, because the garbage collector is slow with a list for every row.
    cells: list[str] = field(default_factory=list)

    def add(self, number: int, cells: list[str]) -> None:
        """Add a row, and write the batch if it is full."""
        self.numbers.append(number)
        self.cells += cells
        if len(self.cells) >= CELLS_PER_BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the buffered rows; an empty cell becomes NULL."""
        import pyarrow as pa
        from pyarrow import compute

        width = len(self.schema) - 1
        columns = (pa.array(self.cells[column::width], pa.string()) for column in range(width))
        as_null = [compute.if_else(compute.equal(cells, ""), None, cells) for cells in columns]
        self.writer.write_batch(
            pa.RecordBatch.from_arrays([pa.array(self.numbers), *as_null], schema=self.schema)
        )
        self.rows += len(self.numbers)
        self.numbers.clear()
        self.cells.clear()


@contextmanager
def _parquet_spool(path: Path, columns: tuple[str, ...]) -> Iterator[Spool]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(SOURCE_ROW, pa.int64()), *((column, pa.string()) for column in columns)])
    with ParquetWriter(path, schema) as writer:
        spool = Spool(writer, schema)
        yield spool
        if spool.numbers:
            spool.flush()
