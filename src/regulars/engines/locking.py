"""One build, load or sync of a warehouse at a time: a lock that goes with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError

if TYPE_CHECKING:
    import psycopg


@contextmanager
def locked(warehouse: Path) -> Iterator[None]:
    """Hold the lock of a warehouse; the system lets go of it even if the process is killed.

    Raises WarehouseError where another build, load or sync holds it.
    """
    path = warehouse.with_name(f".{warehouse.name}.lock")
    handle = _acquire(path, warehouse)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def let_go(con: "psycopg.Connection[Any]") -> Iterator[None]:
    """Let go of the locks of a connection at the end: a server closes it in its own time."""
    import psycopg

    try:
        yield
    finally:
        with suppress(psycopg.Error):
            con.execute("SELECT pg_advisory_unlock_all()")


def _acquire(path: Path, warehouse: Path) -> int:
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise WarehouseError(
                f"Another build, load or sync of {warehouse} is at work. Wait for it to end, then "
                "try again."
            ) from None
        if _is_still(path, handle):
            return handle
        os.close(handle)  # its last holder removed the file between our two steps


def _is_still(path: Path, handle: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
