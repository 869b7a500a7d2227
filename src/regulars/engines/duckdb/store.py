"""A warehouse in DuckDB open for change: a copy of its file, which will take its place."""

import fcntl
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.engines.duckdb.workspace import DuckDBWorkspace, connected
from regulars.engines.sql import deletion

if TYPE_CHECKING:
    from ibis.expr.types import Table

_FICLONE = 0x40049409
"""The system's number for: share the blocks of a file until one of the two is written."""

_NEW, _KEYS = "stg_new_rows", "stg_keys"
CHUNK = 1 << 24


@dataclass(frozen=True)
class DuckDBStore:
    """A copy of the warehouse file, to be changed and put in its place."""

    workspace: DuckDBWorkspace
    _known: "dict[str, Table]" = field(default_factory=dict, init=False, repr=False)

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, as it is by now: its columns stay, its rows change."""
        if name not in self._known:
            self._known[name] = self.workspace.con.table(name)
        return self._known[name]

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Return rows of the workspace, which works on the same connection."""
        return self.workspace.materialize(name, rows)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""
        return self.workspace.materialize(name, rows)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        return self.workspace.fetch(rows)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return self.workspace.saved_tables()

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Put rows into a table in place of those that bear one of the keys in `where`."""
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
        """Add rows of ours to a table."""
        self.workspace.insert(name, self.workspace.rows_as_table(name, columns, rows))


def copied(file: Path, to: Path) -> None:
    """Copy a file, at once and without its bytes where the file system can share blocks."""
    with file.open("rb") as given, to.open("wb") as made:
        try:
            fcntl.ioctl(made, _FICLONE, given.fileno())
        except OSError:
            shutil.copyfileobj(given, made, CHUNK)


def rewrite(file: Path, copy: Path, memory_limit: str) -> None:
    """Write a database anew, table by table, by way of a copy that takes its place."""
    con = connected(":memory:", memory_limit, str(file.parent))
    try:
        con.attach(file, name="given", read_only=True)
        con.attach(copy, name="made")
        con.raw_sql("COPY FROM DATABASE given TO made")
        con.raw_sql("CHECKPOINT made")
    finally:
        con.disconnect()
    copy.replace(file)
