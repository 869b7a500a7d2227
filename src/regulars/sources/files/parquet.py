"""Read a Parquet file, or a folder of Parquet parts, in its own column types."""

from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.discover import parts_in
from regulars.sources.table import (
    RawTable,
    column_names,
    read_parquet_files,
    without_wildcards,
)

if TYPE_CHECKING:
    import ibis


def read_parquet(con: "ibis.BaseBackend", path: Path, name: str, *, workdir: Path) -> RawTable:
    """Return the rows of a Parquet file, or of the parts in a folder, in the file's own types.

    Raises SourceError if it is damaged, truncated or has no rows.
    """
    rows = sum(row_counts(path, name))
    files = [without_wildcards(part, workdir) for part in parts_of(path)]
    table = read_parquet_files(con, files, hive_partitioning=False)
    columns = column_names(name, table.columns)
    return RawTable(
        name=name,
        columns=columns,
        table=table.rename(dict(zip(columns, table.columns, strict=True))),
        rows=rows,
        first_row=1,
        has_row_numbers=False,
    )


def parts_of(path: Path) -> list[Path]:
    """Return the files of a table, in order: the file itself, or the parts in the folder."""
    return parts_in(path) or [path]


def row_counts(path: Path, name: str) -> list[int]:
    """Return the number of rows in each part, from its metadata.

    Raises SourceError if a part is damaged or truncated, or if no part has rows.
    """
    counts = [_row_count(part, name) for part in parts_of(path)]
    if not any(counts):
        raise SourceError(f"{name} has columns but no rows.")
    return counts


def _row_count(path: Path, name: str) -> int:
    import pyarrow as pa
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        part = name if path.name == name else f"{path.name} of {name}"
        raise SourceError(
            f"{part} is damaged or cut short: its Parquet footer is missing or unreadable. "
            "Download or copy it again."
        ) from None
