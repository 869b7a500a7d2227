"""A lock file that allows one build, load or sync of a warehouse at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.core.errors import LockedWarehouseError


@contextmanager
def locked(warehouse: Path) -> Iterator[None]:
    """Hold the lock of a warehouse; the system releases it even if the process is killed.

    Raises LockedWarehouseError if another build, load or sync holds it.
    """
    path = warehouse.with_name(f".{warehouse.name}.lock")
    handle = _acquire(path, warehouse)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquire(path: Path, warehouse: Path) -> int:
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise LockedWarehouseError(
                f"Another build, load or sync of {warehouse} is running. Wait for it to finish, "
                "then try again."
            ) from None
        if _is_same_file(path, handle):
            return handle
        os.close(handle)  # the previous holder removed the file before we locked it


def _is_same_file(path: Path, handle: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
