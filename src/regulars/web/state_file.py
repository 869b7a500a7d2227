"""Files of the dashboard's own: changed by one at a time, written whole or not at all, private."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.core.errors import ProfileError, QuestionError, WarehouseError
from regulars.engines.locking import locked


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Be the only one to change a file.

    Raises QuestionError where somebody else is changing it, ProfileError where it may not be
    written.
    """
    try:
        with locked(path):
            yield
    except WarehouseError:
        raise QuestionError(f"Somebody else is changing {path}. Try again.") from None
    except OSError as error:
        raise ProfileError(f"{path} cannot be written: {error.strerror}.") from None


def write_whole(path: Path, text: str) -> None:
    """Put a file with this text in its place, for its owner alone to read."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
