"""Parquet: a file, or a folder of parts of one table; rows in their own types."""

from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.discover import parts_in
from regulars.sources.table import RawTable, column_names, without_wildcards

if TYPE_CHECKING:
    import ibis


def read_parquet(con: "ibis.BaseBackend", path: Path, name: str, *, workdir: Path) -> RawTable:
    """Return the rows of a Parquet file, or of the parts in a folder, in their own types.

    Raises SourceError where it is damaged, cut short or without rows.
    """
    rows = sum(rows_of_parts(path, name))
    files = [without_wildcards(part, workdir) for part in parts_of(path)]
    table = con.read_parquet(files, hive_partitioning=False)
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
    """Return the files that hold a table, in order: itself, or the parts in the folder."""
    return parts_in(path) or [path]


def rows_of_parts(path: Path, name: str) -> list[int]:
    """Return how many rows each part says it has.

    Raises SourceError where one is damaged or cut short, or none has rows.
    """
    rows = [_rows(part, name) for part in parts_of(path)]
    if not any(rows):
        raise SourceError(f"{name} has columns but no rows.")
    return rows


def _rows(path: Path, name: str) -> int:
    import pyarrow as pa
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        what = name if path.name == name else f"{path.name} of {name}"
        raise SourceError(
            f"{what} is damaged or cut short: it begins as Parquet but does not end as Parquet. "
            "Download or copy it again."
        ) from None
