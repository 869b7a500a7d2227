"""Parquet files: rows in their own types."""

from pathlib import Path
from typing import TYPE_CHECKING

from regulars.errors import SourceError
from regulars.sources.raw import RawTable, column_names, without_wildcards

if TYPE_CHECKING:
    import ibis


def read_parquet(con: "ibis.BaseBackend", path: Path, name: str, *, workdir: Path) -> RawTable:
    """Return the rows of a Parquet file in their own types.

    Raises SourceError where it is damaged, cut short or without rows.
    """
    rows = _rows(path, name)
    table = con.read_parquet(without_wildcards(path, workdir), hive_partitioning=False)
    columns = column_names(name, table.columns)
    return RawTable(
        name=name,
        columns=columns,
        table=table.rename(dict(zip(columns, table.columns, strict=True))),
        rows=rows,
        first_row=1,
        has_row_numbers=False,
    )


def _rows(path: Path, name: str) -> int:
    import pyarrow as pa
    from pyarrow.parquet import read_metadata

    try:
        rows: int = read_metadata(path).num_rows
    except (pa.ArrowException, OSError):
        raise SourceError(
            f"{name} is damaged or cut short: it begins as Parquet but does not end as Parquet. "
            "Download or copy it again."
        ) from None
    if rows == 0:
        raise SourceError(f"{name} has columns but no rows.")
    return rows
