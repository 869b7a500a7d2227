"""The DuckDB engine: a warehouse is one file, which every build and load replaces as a whole.

A build writes a new file next to the warehouse, and a load changes a copy. The file replaces the
warehouse at the end. A failed or killed build or load leaves the warehouse unchanged. Readers keep
the file they opened.
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
from regulars.engines.duckdb.foreign_tables import carry_over
from regulars.engines.duckdb.reader import ATTACHED, DuckDBReader
from regulars.engines.duckdb.store import DuckDBStore, compact, copy_file
from regulars.engines.duckdb.workspace import (
    DuckDBWorkspace,
    connect,
    open_workspace,
    scratch_prefix,
)
from regulars.engines.locking import locked

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

_MEMORY_TO_OPEN = "100MB"
"""Enough to open a file and read a few rows."""


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
        """Check whether the file exists."""
        return self.path.exists()

    def version(self) -> str:
        """Return the time and the number of the last load; a build is the first.

        Saving a list changes the file but not this.
        """
        check_exists(self.path)
        stat = self.path.stat()
        return _read_version(self.path, stat.st_ino, stat.st_mtime_ns)

    def open_workspace(self, *, memory_limit: str) -> "AbstractContextManager[DuckDBWorkspace]":
        """Open a workspace over a new file, which replaces the warehouse if no error is raised."""
        return _replace_file(self.path, memory_limit=memory_limit)

    @contextmanager
    def open_store(self, *, memory_limit: str, purge: bool = False) -> "Iterator[DuckDBStore]":
        """Open a copy of the file, which replaces it if no error is raised."""
        check_exists(self.path)
        with _replace_file(
            self.path, memory_limit=memory_limit, from_copy=True, purge=purge
        ) as workspace:
            yield DuckDBStore(workspace)

    def open_reader(self, *, memory_limit: str) -> "DuckDBReader":
        """Open the file read-only. Raises WarehouseError if it cannot be opened."""
        return DuckDBReader(_connect_read_only(self.path, memory_limit))


@lru_cache(maxsize=16)
def _read_version(path: Path, _inode: int, _changed_at: int) -> str:
    """Read the version from a file; an unchanged file is not opened again."""
    con = _connect_read_only(path, _MEMORY_TO_OPEN)
    try:
        row = con.con.execute("SELECT max(loaded_at), max(load_id) FROM loads").fetchone()
    except duckdb.Error:
        raise WarehouseError(f"{path} is a DuckDB file, but not a Regulars warehouse.") from None
    finally:
        con.disconnect()
    return " ".join(map(str, row or ()))


@contextmanager
def _replace_file(
    warehouse: Path, *, memory_limit: str, from_copy: bool = False, purge: bool = False
) -> Iterator[DuckDBWorkspace]:
    """Open a workspace over a new file, which replaces the warehouse if no error is raised.

    from_copy  start with a copy of the warehouse; otherwise start empty, and carry over the tables
               that other programs saved in the file
    purge      copy the result to a fresh file: a changed one keeps deleted rows in free blocks

    Raises WarehouseError if the location cannot be written, contains something else, or another
    build is running.
    """
    _check_location(warehouse)
    warehouse = warehouse.resolve()  # replace the target of a symbolic link, not the link
    new = warehouse.with_name(warehouse.name + ".building")
    with locked(warehouse):
        _clear(new)
        try:
            if from_copy:
                _copy(warehouse, new)
            with open_workspace(new, memory_limit=memory_limit) as workspace:
                yield workspace
                if warehouse.exists() and not from_copy:
                    carry_over(warehouse, workspace.con)
                workspace.con.raw_sql("CHECKPOINT")
            if purge:
                compact(new, new.with_name(new.name + ".copy"), memory_limit)
            # DuckDB would replay the log of a killed session into the new file.
            _log_of(warehouse).unlink(missing_ok=True)
            if warehouse.exists():
                shutil.copymode(warehouse, new)
            new.replace(warehouse)
        finally:
            _clear(new)


def _copy(warehouse: Path, new: Path) -> None:
    """Copy a warehouse and its write-ahead log, in which other sessions may have left changes.

    Raises WarehouseError if another program is writing to it, because its changes would be lost.
    """
    _connect_read_only(warehouse, _MEMORY_TO_OPEN).disconnect()
    copy_file(warehouse, new)
    if _log_of(warehouse).exists():
        copy_file(_log_of(warehouse), _log_of(new))


def is_duckdb(file: Path) -> bool:
    """Check whether a file is a DuckDB database, by its magic bytes."""
    with file.open("rb") as stream:
        return stream.read(12)[8:] == b"DUCK"


def _check_location(warehouse: Path) -> None:
    if not warehouse.parent.is_dir():
        raise WarehouseError(
            f"There is no folder {warehouse.parent} for the warehouse {warehouse.name}. Create it, "
            "or choose another file with -w."
        )
    if warehouse.is_dir():
        raise WarehouseError(
            f"{warehouse} is a folder. Choose a file, such as {warehouse}/shop.duckdb."
        )
    if warehouse.exists() and not is_duckdb(warehouse):
        raise WarehouseError(
            f"{warehouse} already exists and is not a warehouse. Choose another file with -w."
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


def _connect_read_only(warehouse: Path, memory_limit: str) -> "Backend":
    """Return a read-only connection to a warehouse.

    Raises WarehouseError if there is none or it cannot be opened.
    """
    check_exists(warehouse)
    # Attach the file to a separate connection. DuckDB has one instance per path in a process, so
    # opening the path directly would show the old file as long as any reader has that open.
    con = connect(":memory:", memory_limit, tempfile.gettempdir())
    try:
        con.attach(warehouse, name=ATTACHED, read_only=True)
        con.raw_sql(f"USE {ATTACHED}")
    except duckdb.Error as error:
        con.disconnect()
        message = f"{warehouse} cannot be opened as a warehouse: {str(error).splitlines()[0]}"
        if "lock on" in message:
            raise LockedWarehouseError(
                f"{message} Another program has it open for writing. Close it there."
            ) from None
        raise WarehouseError(message) from None
    return con


def check_exists(warehouse: Path) -> None:
    """Raise WarehouseError if there is no file or it is not a DuckDB database."""
    if not warehouse.is_file():
        raise NoWarehouseError(
            f"There is no warehouse {warehouse}. Build one:  regulars build SOURCE -w {warehouse}"
            + _others_in_folder(warehouse)
        )
    if not is_duckdb(warehouse):
        raise WarehouseError(
            f"{warehouse} is not a DuckDB file, so it is not a warehouse. To build one from it:  "
            f"regulars build {warehouse} -w regulars.duckdb"
        )


def _others_in_folder(warehouse: Path) -> str:
    """Return a hint with other warehouses in the same folder."""
    others = sorted(path for path in warehouse.parent.glob("*.duckdb") if path != warehouse)
    return f"\nFound in this folder: {', '.join(map(str, others[:3]))}" if others else ""
