"""The raw table that every file reader returns, and helpers the readers share."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from regulars.core.errors import SourceError

if TYPE_CHECKING:
    import ibis

SOURCE_ROW = "source_row"
CHUNK = 1 << 20


@dataclass(frozen=True)
class RawTable:
    """One table of rows, as the source has them.

    name                  display name: "shop.csv", "book.xlsx: Year 2009-2010", "dump.sql: retail"
    columns               column names as found
    table                 those columns in file order, plus source_row if has_row_numbers; text for
                          text formats (an empty cell is NULL), the file's own types for Parquet
    rows                  data rows in the source, rejected rows included, counted independently of
                          the engine's reader
    first_row             number of the first data row; the header is row 1
    has_row_numbers       whether table has source_row; if not, a row is position + first_row
    rejected              source_row, original, reason for each line that cannot be parsed, if any
    exact_reader          reads the file again, slower, if the fast reader failed or lost rows
    decimal_comma_likely  the delimiter is ";", as in countries that write 1,5 for one and a half
    remarks               notes for the load report: detected encoding, skipped sheets
    joined                what other files were joined to the rows
    notes, warnings       what else a load says about the files
    counts_from_1904      numbers that are dates count days from 1904, as in old Excel for Mac
    advice                what may be wrong with the header, for the error if the columns cannot be
                          mapped
    """

    name: str
    columns: tuple[str, ...]
    table: "ibis.Table"
    rows: int
    first_row: int
    has_row_numbers: bool
    rejected: "ibis.Table | None" = None
    exact_reader: "Callable[[], RawTable] | None" = None
    decimal_comma_likely: bool = False
    remarks: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    counts_from_1904: bool = False
    advice: str = ""


def column_names(source: str, header: Sequence[str | None], *, first: int = 1) -> tuple[str, ...]:
    """Return the stripped names in a header row; blank ones become column1, column2, ...

    `first` is the number of the first column in the source.

    Raises SourceError if two names differ only in case: engines treat those as one column.
    """
    names: list[str] = []
    positions: dict[str, int] = {}
    for position, cell in enumerate(header, first):
        name = (cell or "").strip() or f"column{position}"
        if name.casefold() == SOURCE_ROW:
            name = f"{name} (found)"  # source_row itself is the column we add
        earlier = positions.setdefault(name.casefold(), position)
        if earlier != position:
            raise SourceError(
                f'{source} has the column "{name}" twice, as columns {earlier} and {position}. '
                "Rename or remove one of them."
            )
        names.append(name)
    return tuple(names)


def scratch(workdir: Path, suffix: str) -> Path:
    """Return the path of a new file in workdir."""
    return workdir / f"{uuid4().hex}{suffix}"


def without_wildcards(path: Path, workdir: Path) -> Path:
    """Return the resolved path, or a copy in workdir if DuckDB would read the name as a glob."""
    if not set("*?[{") & set(str(path.resolve())):
        return path.resolve()
    return Path(shutil.copyfile(path, scratch(workdir, path.suffix)))


def read_delimited(
    con: "ibis.BaseBackend", path: Path, columns: Sequence[str], **options: Any
) -> "ibis.Table":
    """Return the columns of a UTF-8 file as text; a malformed line fails when it is fetched."""
    # Renamed afterwards, so that the reader never has to quote a name from the file.
    positions = [f"raw{position}" for position in range(len(columns))]
    table = con.read_csv(
        path,
        table_name=next_view_name(con),
        columns=dict.fromkeys(positions, "VARCHAR"),
        header=False,
        quote='"',
        escape='"',
        strict_mode=True,
        compression="none",
        hive_partitioning=False,
        **options,
    )
    return table.rename(dict(zip(columns, positions, strict=True)))


def read_parquet_files(
    con: "ibis.BaseBackend", files: Path | Sequence[Path], **options: Any
) -> "ibis.Table":
    """Return the rows of Parquet files in their own types."""
    return con.read_parquet(files, table_name=next_view_name(con), **options)


def next_view_name(con: "ibis.BaseBackend") -> str:
    """Return a name for the next view on a file.

    Ibis would generate a random name, and so a different query text on every run.
    """
    [(views,)] = con.raw_sql("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall()
    return f"file_{views}"
