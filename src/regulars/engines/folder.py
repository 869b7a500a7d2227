"""A warehouse in a folder: numbered versions, and a small file that names the one that holds.

Where a version is written nobody reads yet, and where one is read nothing is changed. A build
that fails or is killed leaves the warehouse as it was; what it left is removed by the next.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from regulars.engines.lock import locked
from regulars.errors import WarehouseError

NOTHING_YET = 0
_HELD = ".held"


@dataclass(frozen=True)
class VersionedFolder:
    """The folder of a warehouse; each version in it is a folder of tables."""

    path: Path

    @contextmanager
    def building(self) -> Iterator[tuple[Path, Path]]:
        """Give folders for the tables of the next version and for scratch; publish at the end.

        Raises WarehouseError where another build is at work or the folder holds something else.
        """
        self._check_place()
        with locked(self.path):
            self._begin()
            number = self._current() + 1
            version, scratch = self._version(number), self.path / "scratch"
            try:
                version.mkdir()
                scratch.mkdir()
                yield version, scratch
                (version / _HELD).touch()
                self._name(number)
            finally:
                self._remove_unread()
                self._leave_nothing()

    def hold(self) -> tuple[Path, int]:
        """Return the version that holds, and a handle that keeps it until it is closed.

        Raises WarehouseError where there is no warehouse.
        """
        number, before = self._current(), NOTHING_YET
        while number != before:
            version = self._version(number)
            with suppress(FileNotFoundError):
                handle = os.open(version / _HELD, os.O_RDONLY)
                fcntl.flock(handle, fcntl.LOCK_SH)
                if (version / _HELD).exists():
                    return version, handle
                os.close(handle)
            # It was removed between our two steps: another one holds now.
            number, before = self._current(), number
        what = "no" if number == NOTHING_YET else "a damaged"
        raise WarehouseError(f"There is {what} warehouse in the folder {self.path}.")

    def _check_place(self) -> None:
        if not self.path.parent.is_dir():
            raise WarehouseError(
                f"There is no folder {self.path.parent} to write {self.path.name} in."
            )
        if self.path.is_file():
            raise WarehouseError(f"{self.path} is a file; a warehouse in Spark is a folder.")
        if self.path.is_dir() and any(self.path.iterdir()) and not self._named.is_file():
            raise WarehouseError(
                f"The folder {self.path} holds something else. It was left alone; name another, or "
                "one that is not there yet."
            )

    def _begin(self) -> None:
        self.path.mkdir(exist_ok=True)
        if not self._named.is_file():
            self._name(NOTHING_YET)
        self._remove_unread()

    def _remove_unread(self) -> None:
        """Remove scratch, and every version that does not hold and that nobody reads."""
        shutil.rmtree(self.path / "scratch", ignore_errors=True)
        for version in self.path.glob("version-*"):
            if version != self._version(self._current()) and not _is_held(version):
                shutil.rmtree(version, ignore_errors=True)

    def _leave_nothing(self) -> None:
        """Remove the folder again if the first build into it has failed."""
        if self._current() == NOTHING_YET:
            self._named.unlink()
            self.path.rmdir()

    @property
    def _named(self) -> Path:
        return self.path / "current"

    def _name(self, number: int) -> None:
        new = self.path / "current.new"
        new.write_text(f"{number}\n", "utf-8")
        new.replace(self._named)

    def _current(self) -> int:
        try:
            return int(self._named.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return NOTHING_YET
        except ValueError:
            raise WarehouseError(f"{self._named} does not name a version.") from None

    def _version(self, number: int) -> Path:
        return self.path / f"version-{number}"


def _is_held(version: Path) -> bool:
    """Return whether somebody reads a version. Once told that nobody does, nobody can begin to."""
    try:
        handle = os.open(version / _HELD, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (version / _HELD).unlink()
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
