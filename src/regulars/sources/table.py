"""What every reader hands over, and the few things that all of them need."""

import gzip
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import uuid4

from regulars.core.errors import SourceError

if TYPE_CHECKING:
    import ibis

SOURCE_ROW = "source_row"
GZIP = b"\x1f\x8b"
CHUNK = 1 << 20


@dataclass(frozen=True)
class RawTable:
    """One table of rows as a source holds them.

    name:  as shown to people: "shop.csv", "book.xlsx: Year 2009-2010", "dump.sql.gz: retail"
    columns:  names as found
    table:  those columns in the order of the file, with source_row where has_row_numbers; text
        for text formats (an empty cell is NULL), their own types for Parquet
    rows:  rows of data in the source, counted without the engine's reader, rejected ones included
    first_row:  number of the first row of data; the heading is row 1
    has_row_numbers:  whether table has a column source_row; without it, position + first_row
    rejected:  source_row, original, reason of lines that have no readable structure, if any
    exact:  reads the same file again, slowly and exactly, for when reading failed or lost rows
    decimal_comma_likely:  the file is delimited by ";", as where the comma is a decimal mark
    remarks:  what else there is to know: an encoding that was found, sheets that were left out
    """

    name: str
    columns: tuple[str, ...]
    table: "ibis.Table"
    rows: int
    first_row: int
    has_row_numbers: bool
    rejected: "ibis.Table | None" = None
    exact: "Callable[[], RawTable] | None" = None
    decimal_comma_likely: bool = False
    remarks: tuple[str, ...] = ()


def column_names(source: str, heading: Sequence[str | None], *, first: int = 1) -> tuple[str, ...]:
    """Return the names in a heading, stripped; a blank one is named by its place, from `first`.

    Raises SourceError where two columns have one name, capitals aside: to an engine they are one.
    """
    names: list[str] = []
    places: dict[str, int] = {}
    for place, cell in enumerate(heading, first):
        name = _free_name((cell or "").strip(), place)
        earlier = places.setdefault(name.casefold(), place)
        if earlier != place:
            raise SourceError(
                f'{source} has the column "{name}" twice, as columns {earlier} and {place}. '
                "Rename or remove one of them."
            )
        names.append(name)
    return tuple(names)


def _free_name(name: str, place: int) -> str:
    # Ours is added beside theirs, so a file that has such a column keeps it under another name.
    return f"{name} (found)" if name.casefold() == SOURCE_ROW else name or f"column{place}"


def scratch(workdir: Path, suffix: str) -> Path:
    """Return the path of a new file in workdir."""
    return workdir / f"{uuid4().hex}{suffix}"


def without_wildcards(path: Path, workdir: Path) -> Path:
    """Return the path, or a copy in workdir where DuckDB would take its name for a pattern."""
    if not set("*?[{") & set(str(path.resolve())):
        return path.resolve()
    return Path(shutil.copyfile(path, scratch(workdir, path.suffix)))


def read_delimited(
    con: "ibis.BaseBackend", path: Path, columns: Sequence[str], **options: Any
) -> "ibis.Table":
    """Return the columns of a UTF-8 file as text; what does not fit them fails when it is read."""
    # Names are given afterwards: whatever they hold, the reader never sees them.
    places = [f"place{place}" for place in range(len(columns))]
    table = con.read_csv(
        path,
        table_name=_next_name(con),
        columns=dict.fromkeys(places, "VARCHAR"),
        header=False,
        quote='"',
        escape='"',
        strict_mode=True,
        compression="none",
        hive_partitioning=False,
        **options,
    )
    return table.rename(dict(zip(columns, places, strict=True)))


def _next_name(con: "ibis.BaseBackend") -> str:
    """Return a name for one more file read on a connection.

    It is the same wherever the same is read as often, and so is what is asked of it: Ibis, left to
    itself, makes names up.
    """
    [(views,)] = con.raw_sql("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall()
    return f"file_{views}"


@contextmanager
def unpacked(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, through gzip where it is packed.

    Raises SourceError where the packed data is damaged or ends too early.
    """
    with path.open("rb") as stream:
        is_packed = stream.peek(2)[:2] == GZIP
        # GzipFile reads a line in Python; a buffer above it does so in C.
        packed = BufferedReader(cast(Any, gzip.GzipFile(fileobj=stream)), CHUNK)
        try:
            yield packed if is_packed else stream
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise SourceError(
                f"{name} is damaged or cut short: it cannot be unpacked to its end. "
                "Download or copy it again."
            ) from None
