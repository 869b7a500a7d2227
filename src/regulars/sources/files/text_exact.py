"""Reading delimited text exactly: line by line, so that one bad line costs one line.

A quote that is never closed would swallow the good rows after it; here only the line it stands on
is rejected, and reading resumes at the next.
"""

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.sources.table import SOURCE_ROW, RawTable, scratch

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

MOST_LINES = 100
"""How many lines one record may span: a quote not closed by then never will be."""

CELLS_AT_A_TIME = 400_000

Record = tuple[int, list[str], str]
"""Row number, cells, and why it is rejected: empty for a good row, else the cell is its line."""


def read_exactly(
    con: "ibis.BaseBackend",
    fast: RawTable,
    path: Path,
    *,
    delimiter: str,
    skip: int,
    workdir: Path,
    broken: str = "",
) -> RawTable:
    """Return the rows of a UTF-8 text file after its first `skip` lines, and those rejected.

    Rows are numbered as a spreadsheet shows them: blank lines count, lines inside quotes do not.
    A row that holds `broken`, the sign for bytes that are no text, is rejected.
    """
    good, bad = scratch(workdir, ".parquet"), scratch(workdir, ".parquet")
    with (
        path.open(encoding="utf-8-sig", newline="") as text,
        _spooled(good, fast.columns) as accepted,
        _spooled(bad, ("original", "reason")) as rejected,
    ):
        lines = islice(text, skip, None)
        records = read_records(lines, delimiter, width=len(fast.columns), first_row=fast.first_row)
        _write(_without(broken, records, delimiter) if broken else records, accepted, rejected)
    return replace(
        fast,
        table=con.read_parquet(good),
        rows=accepted.rows + rejected.rows,
        has_row_numbers=True,
        rejected=con.read_parquet(bad) if rejected.rows else None,
        exact=None,
    )


def read_records(
    lines: Iterator[str], delimiter: str, *, width: int, first_row: int
) -> Iterator[Record]:
    """Yield every record with its row number; blank lines have a number but are no record."""
    number = first_row
    quote_after_blank = f'{delimiter} "'
    waiting: deque[str] = deque()
    taken: list[str] = []

    def supply() -> Iterator[str]:
        while len(taken) < MOST_LINES:
            line = waiting.popleft() if waiting else next(lines, None)
            if line is None:
                return
            taken.append(line)
            yield line

    def reject(reason: str) -> Record:
        waiting.extendleft(reversed(taken[1:]))
        return number, [taken[0].rstrip("\r\n")], reason

    while True:
        try:
            for cells in csv.reader(supply(), delimiter=delimiter, strict=True):
                if quote_after_blank in taken[0]:
                    cells = _as_duckdb_reads(taken[0], cells, delimiter)
                # Some programs pad every line with delimiters; DuckDB lets that pass, too.
                if len(cells) == width or (len(cells) > width and not any(cells[width:])):
                    yield number, cells[:width], ""
                elif taken[0].strip():
                    yield reject(_miscounted(cells, width, len(taken)))
                taken.clear()
                number += 1
        except csv.Error as error:
            yield reject(_malformed(str(error), len(taken)))
            taken.clear()
            number += 1
        else:
            return


def _without(broken: str, records: Iterator[Record], delimiter: str) -> Iterator[Record]:
    for number, cells, reason in records:
        if reason or not any(broken in cell for cell in cells):
            yield number, cells, reason
        else:
            yield number, [delimiter.join(cells)], "The line holds bytes that are no UTF-8 text."


def _as_duckdb_reads(line: str, cells: list[str], delimiter: str) -> list[str]:
    """Return the cells of a line with blanks before its quotes: to DuckDB they are quotes still."""
    if not any(cell.startswith(' "') for cell in cells):
        return cells
    with suppress(csv.Error):
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
    return cells


def _miscounted(cells: list[str], width: int, lines: int) -> str:
    if lines > 1:
        return "A quote is opened and never closed."
    fields = f"{len(cells)} field{'s' if len(cells) != 1 else ''}"
    return f"The line has {fields} where the heading has {width}."


def _malformed(error: str, lines: int) -> str:
    if "field limit" in error:
        return f"A cell is longer than {csv.field_size_limit():,} characters."
    if lines > 1 or "end of data" in error:
        return "A quote is opened and never closed."
    return "Text follows a quote that is closed."


@dataclass
class Spool:
    """Numbered rows of text on their way to a Parquet file, a batch at a time."""

    writer: "ParquetWriter"
    schema: "pa.Schema"
    rows: int = 0
    numbers: list[int] = field(default_factory=list)
    # One flat list: a list for every row kept would have the garbage collector walk them all.
    cells: list[str] = field(default_factory=list)

    def add(self, number: int, cells: list[str]) -> None:
        """Add a row, and write the batch where it is full."""
        self.numbers.append(number)
        self.cells += cells
        if len(self.cells) >= CELLS_AT_A_TIME:
            self.flush()

    def flush(self) -> None:
        """Write the rows not yet written; an empty cell becomes NULL."""
        import pyarrow as pa
        from pyarrow import compute

        width = len(self.schema) - 1
        columns = (pa.array(self.cells[place::width], pa.string()) for place in range(width))
        as_null = [compute.if_else(compute.equal(cells, ""), None, cells) for cells in columns]
        self.writer.write_batch(
            pa.RecordBatch.from_arrays([pa.array(self.numbers), *as_null], schema=self.schema)
        )
        self.rows += len(self.numbers)
        self.numbers.clear()
        self.cells.clear()


@contextmanager
def _spooled(path: Path, columns: tuple[str, ...]) -> Iterator[Spool]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(SOURCE_ROW, pa.int64()), *((column, pa.string()) for column in columns)])
    with ParquetWriter(path, schema) as writer:
        spool = Spool(writer, schema)
        yield spool
        if spool.numbers:
            spool.flush()


def _write(records: Iterator[Record], good: Spool, bad: Spool) -> None:
    for number, cells, reason in records:
        if reason:
            bad.add(number, [*cells, reason])
        else:
            good.add(number, cells)
