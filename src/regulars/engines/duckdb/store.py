"""A DuckDB warehouse open for change: a copy of the file, which replaces it at the end."""

import fcntl
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.engines.duckdb.workspace import DuckDBWorkspace, connect
from regulars.engines.sql import deletion

if TYPE_CHECKING:
    from ibis.expr.types import Table

_FICLONE = 0x40049409
"""The Linux ioctl that clones a file: both share their blocks until one is written."""

_NEW, _KEYS = "stg_new_rows", "stg_keys"
CHUNK = 1 << 24


@dataclass(frozen=True)
class DuckDBStore:
    """A copy of the warehouse file that is being changed."""

    workspace: DuckDBWorkspace

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, including the changes made so far."""
        return self.workspace.table(name)

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Materialize rows of the workspace, which shares the connection."""
        return self.workspace.materialize(name, rows)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once and return them as a temporary table."""
        return self.workspace.materialize(name, rows)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""
        return self.workspace.fetch(rows)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return self.workspace.saved_tables()

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """Create an empty table with columns of these Ibis types."""
        self.workspace.save_rows(name, columns, [])

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Replace the rows that match a key in `where`, or all rows, with new ones."""
        columns = self.table(name).columns
        new = self.materialize(_NEW, rows.select(*columns))
        if where is not None:
            self.materialize(_KEYS, where)
        keys = None if where is None else _KEYS
        self.workspace.con.raw_sql(deletion(name, keys, where.columns if where is not None else ()))
        self.workspace.insert(name, new)

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""
        self.workspace.insert(name, rows.select(*self.table(name).columns))

    def insert_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add Python rows to a table."""
        self.workspace.insert_rows(name, columns, rows)


def copy_file(file: Path, to: Path) -> None:
    """Copy a file; clone it where the file system can, which is instant."""
    with file.open("rb") as source, to.open("wb") as target:
        try:
            fcntl.ioctl(target, _FICLONE, source.fileno())
        except OSError:
            shutil.copyfileobj(source, target, CHUNK)


def compact(file: Path, copy: Path, memory_limit: str) -> None:
    """Rewrite a database to a fresh file at `copy`, without its free blocks, and replace it."""
    con = connect(":memory:", memory_limit, str(file.parent))
    try:
        con.attach(file, name="old", read_only=True)
        con.attach(copy, name="new")
        con.raw_sql("COPY FROM DATABASE old TO new")
        con.raw_sql("CHECKPOINT new")
    finally:
        con.disconnect()
    copy.replace(file)
