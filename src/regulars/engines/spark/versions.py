"""A versioned warehouse folder, with a small file that names the current version.

A version is not read before it is published and not changed afterwards, so a failed or killed build
or load leaves the warehouse unchanged; the next one removes its files. Version names are never
reused, because the workers of a killed build may still write for a while.
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

_LOCK = ".held"
_OWN_FILES = ("current", "current.new", "version-", "scratch-")


@dataclass(frozen=True)
class VersionedFolder:
    """The folder of a warehouse; each subfolder is a version with its tables."""

    path: Path

    @contextmanager
    def new_version(self) -> Iterator[tuple[Path, Path]]:
        """Yield folders for a new version and for scratch files; publish the version at the end.

        Raises WarehouseError if another build is running or the folder contains other files.
        """
        self._check_location()
        with locked(self.path):
            self.path.mkdir(exist_ok=True)
            with self._create_version() as folders:
                yield folders

    @contextmanager
    def next_version(self) -> Iterator[tuple[Path, Path]]:
        """Yield folders for the next version, a copy of the current one, and for scratch files.

        Both versions share their files through hard links: add and remove files, but never write
        to an existing one.

        Raises WarehouseError if there is no warehouse or another build is running.
        """
        self.current()
        with locked(self.path), self._create_version() as (version, scratch):
            shutil.copytree(
                self.current(),
                version,
                copy_function=_link,
                ignore=shutil.ignore_patterns(_LOCK),
                dirs_exist_ok=True,
            )
            yield version, scratch

    @contextmanager
    def _create_version(self) -> Iterator[tuple[Path, Path]]:
        """Yield empty folders for the next version and for scratch files; publish at the end."""
        self._remove_unused()
        build = uuid4().hex[:8]
        version, scratch = self.path / f"version-{build}", self.path / f"scratch-{build}"
        try:
            version.mkdir()
            scratch.mkdir()
            yield version, scratch
            (version / _LOCK).touch()
            self._publish(version)
        finally:
            self._remove_unused()
            with suppress(OSError):
                self.path.rmdir()  # after a failed first build the folder is empty

    def open_current(self) -> tuple[Path, int]:
        """Return the current version, and a file handle that protects it until it is closed.

        Raises WarehouseError if there is no warehouse.
        """
        version, before = self._read_current(), None
        while version is not None and version != before:
            with suppress(FileNotFoundError):
                handle = os.open(version / _LOCK, os.O_RDONLY)
                fcntl.flock(handle, fcntl.LOCK_SH)
                if (version / _LOCK).exists():
                    return version, handle
                os.close(handle)
            # The version was removed between the two steps, so there is a newer one.
            version, before = self._read_current(), version
        raise self._is_missing(is_damaged=version is not None)

    def current(self) -> Path:
        """Return the current version. Raises WarehouseError if there is none."""
        version = self._read_current()
        if version is None or not version.is_dir():
            raise self._is_missing(is_damaged=version is not None)
        return version

    def _is_missing(self, *, is_damaged: bool) -> NoWarehouseError:
        what = "a damaged" if is_damaged else "no"
        return NoWarehouseError(f"There is {what} warehouse in the folder {self.path}.")

    def _check_location(self) -> None:
        if not self.path.parent.is_dir():
            raise WarehouseError(
                f"There is no folder {self.path.parent} for the warehouse {self.path.name}. "
                "Create it, or choose another folder."
            )
        if self.path.is_file():
            raise WarehouseError(f"{self.path} is a file; a warehouse in Spark is a folder.")
        if self.path.is_dir() and not all(
            entry.name.startswith(_OWN_FILES) for entry in self.path.iterdir()
        ):
            raise WarehouseError(
                f"The folder {self.path} contains other files. Choose a new or empty folder."
            )

    def _remove_unused(self) -> None:
        """Remove scratch folders and all old versions that are not in use."""
        for scratch in self.path.glob("scratch-*"):
            shutil.rmtree(scratch, ignore_errors=True)
        current = self._read_current()
        for version in self.path.glob("version-*"):
            if version != current and not _is_in_use(version):
                shutil.rmtree(version, ignore_errors=True)

    def _publish(self, version: Path) -> None:
        new = self.path / "current.new"
        new.write_text(f"{version.name}\n", "utf-8")
        new.replace(self.path / "current")

    def _read_current(self) -> Path | None:
        """Return the current version, or None if nothing has been published."""
        try:
            name = (self.path / "current").read_text("utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not name.startswith("version-") or "/" in name:
            raise WarehouseError(f"{self.path / 'current'} does not name a version.")
        return self.path / name


def _link(file: str, name: str) -> None:
    """Hard-link a file, or copy it if the file system has no hard links."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copy2(file, name)


def _is_in_use(version: Path) -> bool:
    """Check whether a version is in use; one that is not can no longer be opened."""
    try:
        # Network file systems grant an exclusive lock only on a file opened for writing.
        handle = os.open(version / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (version / _LOCK).unlink()
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
