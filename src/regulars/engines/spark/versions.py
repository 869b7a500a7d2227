"""A warehouse in a folder: versions, and a small file that names the one that holds.

Where a version is written nobody reads yet, and where one is read nothing is changed. A build or a
load that fails or is killed leaves the warehouse as it was; what it left is removed by the next. No
two share a name, for the workers of a killed one may write on for a while.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from regulars.core.errors import NoWarehouseError, WarehouseError
from regulars.engines.locking import locked

_HELD = ".held"
_OURS = ("current", "current.new", "version-", "scratch-")


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
            self.path.mkdir(exist_ok=True)
            with self._next() as folders:
                yield folders

    @contextmanager
    def changing(self) -> Iterator[tuple[Path, Path]]:
        """Give folders for the next version, which begins as the one that holds, and for scratch.

        The files of the next version are those of the one that holds, by another name: they may
        be removed and others put in, but never written to.

        Raises WarehouseError where there is no warehouse or another build is at work.
        """
        self.holding()
        with locked(self.path), self._next() as (version, scratch):
            shutil.copytree(
                self.holding(),
                version,
                copy_function=_linked,
                ignore=shutil.ignore_patterns(_HELD),
                dirs_exist_ok=True,
            )
            yield version, scratch

    @contextmanager
    def _next(self) -> Iterator[tuple[Path, Path]]:
        """Give empty folders for the next version and for scratch; publish at the end."""
        self._remove_unread()
        build = uuid4().hex[:8]
        version, scratch = self.path / f"version-{build}", self.path / f"scratch-{build}"
        try:
            version.mkdir()
            scratch.mkdir()
            yield version, scratch
            (version / _HELD).touch()
            self._name(version)
        finally:
            self._remove_unread()
            with suppress(OSError):
                self.path.rmdir()  # of a first build that failed nothing is left

    def hold(self) -> tuple[Path, int]:
        """Return the version that holds, and a handle that keeps it until it is closed.

        Raises WarehouseError where there is no warehouse.
        """
        version, before = self._current(), None
        while version is not None and version != before:
            with suppress(FileNotFoundError):
                handle = os.open(version / _HELD, os.O_RDONLY)
                fcntl.flock(handle, fcntl.LOCK_SH)
                if (version / _HELD).exists():
                    return version, handle
                os.close(handle)
            # It was removed between our two steps: another one holds now.
            version, before = self._current(), version
        raise self._is_missing(is_damaged=version is not None)

    def holding(self) -> Path:
        """Return the version that holds. Raises WarehouseError where there is none."""
        version = self._current()
        if version is None or not version.is_dir():
            raise self._is_missing(is_damaged=version is not None)
        return version

    def _is_missing(self, *, is_damaged: bool) -> NoWarehouseError:
        what = "a damaged" if is_damaged else "no"
        return NoWarehouseError(f"There is {what} warehouse in the folder {self.path}.")

    def _check_place(self) -> None:
        if not self.path.parent.is_dir():
            raise WarehouseError(
                f"There is no folder {self.path.parent} to write {self.path.name} in."
            )
        if self.path.is_file():
            raise WarehouseError(f"{self.path} is a file; a warehouse in Spark is a folder.")
        if self.path.is_dir() and not all(
            entry.name.startswith(_OURS) for entry in self.path.iterdir()
        ):
            raise WarehouseError(
                f"The folder {self.path} holds something else. It was left alone; name another, or "
                "one that is not there yet."
            )

    def _remove_unread(self) -> None:
        """Remove scratch, and every version that does not hold and that nobody reads."""
        for scratch in self.path.glob("scratch-*"):
            shutil.rmtree(scratch, ignore_errors=True)
        holds = self._current()
        for version in self.path.glob("version-*"):
            if version != holds and not _is_held(version):
                shutil.rmtree(version, ignore_errors=True)

    def _name(self, version: Path) -> None:
        new = self.path / "current.new"
        new.write_text(f"{version.name}\n", "utf-8")
        new.replace(self.path / "current")

    def _current(self) -> Path | None:
        """Return the version that holds, None where nothing has been published."""
        try:
            name = (self.path / "current").read_text("utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not name.startswith("version-") or "/" in name:
            raise WarehouseError(f"{self.path / 'current'} does not name a version.")
        return self.path / name


def _linked(file: str, name: str) -> None:
    """Give a file another name, or copy it where the file system has no such names."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copy2(file, name)


def _is_held(version: Path) -> bool:
    """Return whether somebody reads a version. Once told that nobody does, nobody can begin to."""
    try:
        # For writing, without which a network file system gives no exclusive lock.
        handle = os.open(version / _HELD, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (version / _HELD).unlink()
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
