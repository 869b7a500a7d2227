"""Files that the dashboard writes: one change at a time, atomic, readable by their owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.core.errors import InputError, ProfileError, WarehouseError
from regulars.engines.locking import locked


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of a file while it changes.

    Raises InputError if another process holds the lock, ProfileError if the file cannot be
    written.
    """
    try:
        with locked(path):
            yield
    except WarehouseError:
        raise InputError(f"Another process is changing {path}. Try again.") from None
    except OSError as error:
        raise ProfileError(f"{path} cannot be written: {error.strerror}.") from None


def write_atomically(path: Path, text: str) -> None:
    """Replace a file, readable by its owner only."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
