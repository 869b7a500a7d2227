"""Convert a source file to Parquet on a Spark worker.

Files go through the same readers as on one machine, so the same rows are quarantined for the same
reasons. This module runs on the workers and does not use Spark.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from regulars.engines.duckdb.workspace import open_workspace
from regulars.engines.read_checked import read_checked
from regulars.sources.open import open_files
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEMORY_OF_A_READER = "512MB"


@dataclass(frozen=True)
class ConvertedTable:
    """A table of a file as Parquet: its rows, and the rows that could not be parsed."""

    source: RawTable
    good: str
    bad: str | None


def convert_file(
    path: Path, name: str, options: FileOptions, chosen: Profile | None, folder: Path
) -> list[ConvertedTable]:
    """Write the tables of a file to a folder as Parquet, and return their paths.

    Raises SourceError for a file that cannot be read.
    """
    from pyarrow.parquet import read_metadata

    with open_workspace(memory_limit=MEMORY_OF_A_READER) as workspace:

        def write(table: RawTable) -> tuple[Path, int]:
            good = folder / f"{uuid4().hex}.parquet"
            workspace.con.to_parquet(_as_spark_knows(table.table), good)
            rejected = 0 if table.rejected is None else table.rejected.count().to_pyarrow().as_py()
            return good, read_metadata(good).num_rows + rejected

        def one(table: RawTable) -> ConvertedTable:
            whole, good = read_checked(table, write)
            bad = None
            if whole.rejected is not None:
                bad = str(folder / f"{uuid4().hex}.parquet")
                workspace.con.to_parquet(whole.rejected, bad)
            # Tables bound to this connection cannot leave the worker.
            unbound: Any = {"table": None, "rejected": None, "exact_reader": None}
            return ConvertedTable(replace(whole, **unbound), str(good), bad)

        opened = open_files(
            workspace.con, {path: name}, file=options, chosen=chosen, workdir=workspace.folder
        )
        return [one(table) for table in opened]


def _as_spark_knows(rows: "Table") -> "Table":
    """Return rows with timestamps in microseconds and types that Spark lacks as text."""
    return rows.mutate(
        **{
            name: rows[name].cast("timestamp(6)" if type_.is_timestamp() else "string")
            for name, type_ in rows.schema().items()
            if (type_.is_timestamp() and (type_.scale or 0) > 6)
            or type_.is_time() or type_.is_interval() or type_.is_nested() or type_.is_binary()
        }
    )  # fmt: skip
