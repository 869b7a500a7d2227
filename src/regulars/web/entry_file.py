"""A TOML file with one entry per name, such as the users or the API tokens.

The server reads it again when it changes, so that removed entries lose access at once. It is
written atomically and readable by its owner only.
"""

import re
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from regulars.core.errors import InputError, ProfileError, did_you_mean
from regulars.web.state_file import exclusive, write_atomically

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")

Entry = TypeVar("Entry")


class EntryFile(ABC, Generic[Entry]):
    """The entries of a file by name, always up to date."""

    kind: str
    """What an entry is, for messages: user."""

    def __init__(self, path: Path) -> None:
        """Start without reading the file."""
        self.path = path
        self._version: tuple[int, ...] | None = None
        self._entries: Mapping[str, Entry] = {}

    @abstractmethod
    def parse(self, text: str) -> Mapping[str, Entry]:
        """Return the entries in the text of the file. Raises ProfileError for an invalid entry."""

    @abstractmethod
    def write(self, entries: Mapping[str, Entry]) -> str:
        """Return the text of a file with these entries."""

    def entries(self) -> Mapping[str, Entry]:
        """Return the entries by name, reading the file again if it has changed.

        Raises ProfileError if the file is invalid, or if others can read it.
        """
        stat = self.path.stat()
        if stat.st_mode & 0o077:
            raise ProfileError(
                f"Other users of this machine can read {self.path}. Run:  chmod 600 {self.path}"
            )
        version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if version != self._version:
            self._entries = self.parse(self.path.read_text("utf-8"))
            self._version = version
        return self._entries

    def known(self) -> Mapping[str, Entry]:
        """Return the entries; none if the file is missing or invalid."""
        try:
            return self.entries()
        except (ProfileError, OSError):
            return {}

    def checked_name(self, name: str) -> str:
        """Return a name as entries have it. Raises InputError if it is invalid."""
        name = name.strip().casefold()
        if not NAME.fullmatch(name):
            raise InputError(
                f'"{name}" is not a valid {self.kind} name. Use up to 64 of: a to z, digits, '
                ". _ @ + -"
            )
        return name

    def get(self, name: str) -> Entry:
        """Return an entry. Raises InputError if there is none."""
        entries = self.entries() if self.path.exists() else {}
        entry = entries.get(name.strip().casefold())
        if entry is None:
            hint = did_you_mean(name, entries)
            raise InputError(f'There is no {self.kind} "{name}" in {self.path}.{hint}')
        return entry

    def remove(self, name: str) -> None:
        """Remove an entry. Raises InputError if there is none."""
        self.get(name)
        removed = name.strip().casefold()
        self.change(lambda found: {one: entry for one, entry in found.items() if one != removed})

    def change(
        self, change: Callable[[Mapping[str, Entry]], Mapping[str, Entry]]
    ) -> Mapping[str, Entry]:
        """Write the changed entries, one change at a time; return the previous ones."""
        with exclusive(self.path):
            before = dict(self.entries()) if self.path.exists() else {}
            write_atomically(self.path, self.write(change(before)))
        return before


def parse_entries(text: str, where: str) -> dict[str, object]:
    """Return the entries of a file as TOML has them. Raises ProfileError if it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{where} is not valid TOML: {error}") from None
