"""The embedded warehouse: one DuckDB file, replaced as a whole by each build.

A build writes a new file beside the warehouse, a load changes a copy of it; either is swapped in
when everything has been checked. One that fails or is killed leaves the warehouse as it was; who
has it open keeps the version they opened.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import duckdb

from regulars.core.errors import LockedWarehouseError, NoWarehouseError, WarehouseError
from regulars.engines.duckdb.foreign_tables import take_over
from regulars.engines.duckdb.reader import ATTACHED, DuckDBReader
from regulars.engines.duckdb.store import DuckDBStore, copied, rewrite
from regulars.engines.duckdb.workspace import (
    DuckDBWorkspace,
    connected,
    open_workspace,
    scratch_prefix,
)
from regulars.engines.locking import locked

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

_LITTLE = "100MB"
"""Memory enough to open a file."""


@dataclass(frozen=True)
class DuckDB:
    """A warehouse in one DuckDB file."""

    path: Path
    name: ClassVar[str] = "DuckDB"
    stores_marts: ClassVar[bool] = False
    supports_lists: ClassVar[bool] = True

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Return whether there is a file."""
        return self.path.exists()

    def version(self) -> str:
        """Return which build it is, and its last load: what is kept of lists is no other state."""
        check_is_there(self.path)
        found = self.path.stat()
        return _state_of(self.path, found.st_ino, found.st_mtime_ns)

    def open_workspace(self, *, memory_limit: str) -> "AbstractContextManager[DuckDBWorkspace]":
        """Open a workspace over a new file that replaces the warehouse if nothing is raised."""
        return building(self.path, memory_limit=memory_limit)

    @contextmanager
    def open_store(self, *, memory_limit: str, purge: bool = False) -> "Iterator[DuckDBStore]":
        """Open a copy of the file, which replaces it if nothing is raised."""
        check_is_there(self.path)
        with building(
            self.path, memory_limit=memory_limit, from_what_is_there=True, rewritten=purge
        ) as workspace:
            yield DuckDBStore(workspace)

    def open_reader(self, *, memory_limit: str) -> "DuckDBReader":
        """Open the file read-only; raises WarehouseError where that cannot be."""
        return DuckDBReader(reading(self.path, memory_limit))


@lru_cache(maxsize=16)
def _state_of(path: Path, _inode: int, _changed_at: int) -> str:
    """Look into a file; one that has been looked into is not opened again."""
    con = reading(path, "100MB")
    try:
        found = con.con.execute(
            "SELECT (SELECT value FROM warehouse_facts WHERE fact = 'built_at'), max(load_id) "
            "FROM loads"
        ).fetchone()
    except duckdb.Error:
        raise WarehouseError(f"{path} is DuckDB, but no warehouse of Regulars.") from None
    finally:
        con.disconnect()
    return " ".join(map(str, found or ()))


@contextmanager
def building(
    warehouse: Path,
    *,
    memory_limit: str,
    from_what_is_there: bool = False,
    rewritten: bool = False,
) -> Iterator[DuckDBWorkspace]:
    """Open a workspace whose saved tables become the warehouse if nothing is raised.

    It begins with nothing, to which comes what others keep in the file, or with a copy of what is
    there. `rewritten` copies what is left into a file of its own at the end: a file that is changed
    keeps removed rows in its free blocks.

    Raises WarehouseError where the place cannot be written, holds something else, or another
    build is at work there.
    """
    _check_place(warehouse)
    warehouse = warehouse.resolve()  # a link stays one, and what it leads to is replaced
    new = warehouse.with_name(warehouse.name + ".building")
    with locked(warehouse):
        _clear(new)
        try:
            if from_what_is_there:
                _copy(warehouse, new)
            with open_workspace(new, memory_limit=memory_limit) as workspace:
                yield workspace
                if warehouse.exists() and not from_what_is_there:
                    take_over(warehouse, workspace.con)
                workspace.con.raw_sql("CHECKPOINT")
            if rewritten:
                rewrite(new, new.with_name(new.name + ".copy"), memory_limit)
            # A log that somebody's killed session left would be replayed into the new warehouse.
            _log_of(warehouse).unlink(missing_ok=True)
            if warehouse.exists():
                shutil.copymode(warehouse, new)  # who may read it stays as it is
            new.replace(warehouse)
        finally:
            _clear(new)


def _copy(warehouse: Path, new: Path) -> None:
    """Copy a warehouse with what somebody else's session has written and not yet put into it.

    Raises WarehouseError where somebody is writing to it now: what they write would be lost.
    """
    reading(warehouse, _LITTLE).disconnect()
    copied(warehouse, new)
    if _log_of(warehouse).exists():
        copied(_log_of(warehouse), _log_of(new))


def is_duckdb(file: Path) -> bool:
    """Return whether a file is a DuckDB database, by its magic bytes."""
    with file.open("rb") as stream:
        return stream.read(12)[8:] == b"DUCK"


def _check_place(warehouse: Path) -> None:
    if not warehouse.parent.is_dir():
        raise WarehouseError(f"There is no folder {warehouse.parent} to write {warehouse.name} in.")
    if warehouse.is_dir():
        raise WarehouseError(
            f"{warehouse} is a folder; name a file, such as {warehouse}/shop.duckdb."
        )
    if warehouse.exists() and not is_duckdb(warehouse):
        raise WarehouseError(
            f"{warehouse} is there already and is no warehouse. It was left alone; "
            "name another file with -w."
        )


def _clear(new: Path) -> None:
    """Remove an unfinished warehouse and the scratch folders of its build."""
    copy = new.with_name(new.name + ".copy")
    for path in (new, _log_of(new), copy, _log_of(copy)):
        path.unlink(missing_ok=True)
    for folder in new.parent.glob(scratch_prefix(new) + "*"):
        shutil.rmtree(folder, ignore_errors=True)


def _log_of(file: Path) -> Path:
    return file.with_name(file.name + ".wal")


def reading(warehouse: Path, memory_limit: str) -> "Backend":
    """Return a read-only connection to a warehouse.

    Raises WarehouseError where there is none, or it cannot be opened.
    """
    check_is_there(warehouse)
    # Attached to a connection of its own, for DuckDB keeps one instance of a path for a process:
    # opened directly, a rebuilt warehouse would be the old one while anybody has that open.
    con = connected(":memory:", memory_limit, tempfile.gettempdir())
    try:
        con.attach(warehouse, name=ATTACHED, read_only=True)
        con.raw_sql(f"USE {ATTACHED}")
    except duckdb.Error as error:
        con.disconnect()
        said = f"{warehouse} cannot be opened as a warehouse: {_first_line(error)}"
        if "lock on" in said:
            raise LockedWarehouseError(
                f"{said} Another program has it open to write: close it there."
            ) from None
        raise WarehouseError(said) from None
    return con


def check_is_there(warehouse: Path) -> None:
    """Raise WarehouseError where there is no file, or it is no DuckDB database."""
    if not warehouse.is_file():
        raise NoWarehouseError(
            f"There is no warehouse {warehouse}. Build one:  regulars build SOURCE -w {warehouse}"
            + _others_beside(warehouse)
        )
    if not is_duckdb(warehouse):
        raise WarehouseError(
            f"{warehouse} is no DuckDB file and so no warehouse. To build one from it:  "
            f"regulars build {warehouse} -w regulars.duckdb"
        )


def _others_beside(warehouse: Path) -> str:
    """Name the warehouses that are in the same folder."""
    others = sorted(path for path in warehouse.parent.glob("*.duckdb") if path != warehouse)
    return f"\nThere is: {', '.join(map(str, others[:3]))}" if others else ""


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
