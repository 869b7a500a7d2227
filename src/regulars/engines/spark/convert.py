"""A file made Parquet on a worker of Spark, with the readers that a build on one machine has.

So a row is quarantined for the same reasons. This runs on the workers: it knows nothing of Spark.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from regulars.engines.duckdb.workspace import open_workspace
from regulars.engines.read_checked import read_checked
from regulars.sources.open import RawTable, open_files
from regulars.sources.profiles.profile import FileShape, Profile

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEMORY_OF_A_READER = "512MB"


@dataclass(frozen=True)
class Spooled:
    """A table of a file, made Parquet: its rows, and those that have no structure."""

    told: RawTable
    good: str
    bad: str | None


def spooled(
    path: Path, name: str, shape: FileShape, chosen: Profile | None, folder: Path
) -> list[Spooled]:
    """Write the tables of a file to a folder as Parquet, and return where they are.

    Raises SourceError for a file that cannot be read.
    """
    from pyarrow.parquet import read_metadata

    with open_workspace(memory_limit=MEMORY_OF_A_READER) as workspace:

        def write(table: RawTable) -> tuple[Path, int]:
            good = folder / f"{uuid4().hex}.parquet"
            workspace.con.to_parquet(_as_spark_knows(table.table), good)
            rejected = 0 if table.rejected is None else table.rejected.count().to_pyarrow().as_py()
            return good, read_metadata(good).num_rows + rejected

        def one(table: RawTable) -> Spooled:
            whole, good = read_checked(table, write)
            bad = None
            if whole.rejected is not None:
                bad = str(folder / f"{uuid4().hex}.parquet")
                workspace.con.to_parquet(whole.rejected, bad)
            # What is bound to this connection stays here.
            told: Any = {"table": None, "rejected": None, "exact": None}
            return Spooled(replace(whole, **told), str(good), bad)

        opened = open_files(
            workspace.con, {path: name}, file=shape, chosen=chosen, workdir=workspace.folder
        )
        return [one(table) for table in opened]


def _as_spark_knows(rows: "Table") -> "Table":
    """Return rows with times in microseconds, and what Spark has no type for as text."""
    return rows.mutate(
        **{
            name: rows[name].cast("timestamp(6)" if type_.is_timestamp() else "string")
            for name, type_ in rows.schema().items()
            if (type_.is_timestamp() and (type_.scale or 0) > 6)
            or type_.is_time() or type_.is_interval() or type_.is_nested() or type_.is_binary()
        }
    )  # fmt: skip
