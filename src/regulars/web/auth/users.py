"""The users file of a small shop: names, roles and password hashes.

The server reads it again when it changes, so that removed users lose access at once. It is written
atomically and readable by its owner only.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regulars.core.errors import InputError, ProfileError, did_you_mean
from regulars.web.auth.passwords import hash_password
from regulars.web.roles import Role, parse_role
from regulars.web.state_file import exclusive, write_atomically

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_HASH = re.compile(r"\$argon2id\$[A-Za-z0-9$=,+/]+")
_HEADER = "# The users of the dashboard. Managed by `regulars users`; contains no passwords.\n"


@dataclass(frozen=True)
class User:
    """A user with a password."""

    name: str
    role: Role
    password_hash: str = field(repr=False)


Users = Mapping[str, User]


class UserFile:
    """The users in a file, always up to date."""

    def __init__(self, path: Path) -> None:
        """Start without reading the file."""
        self.path = path
        self._version: tuple[int, ...] | None = None
        self._users: Users = {}

    def find(self, name: str) -> User | None:
        """Return a user; None if there is none, or if the file is missing or invalid."""
        try:
            return self.users().get(name.strip().casefold())
        except (ProfileError, OSError):
            return None

    def users(self) -> Users:
        """Return the users by name, reading the file again if it has changed.

        Raises ProfileError if the file is invalid, or if others can read it.
        """
        stat = self.path.stat()
        if stat.st_mode & 0o077:
            raise ProfileError(
                f"Other users of this machine can read {self.path}. Run:  chmod 600 {self.path}"
            )
        version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if version != self._version:
            self._users = parse_users(self.path.read_text("utf-8"), str(self.path))
            self._version = version
        return self._users

    def add(self, name: str, role: Role, password: str) -> bool:
        """Save a user with this role and password; return whether the name existed before.

        Raises InputError for an invalid name or password.
        """
        name = name.strip().casefold()
        if not _NAME.fullmatch(name):
            raise InputError(
                f'"{name}" is not a valid user name. Use up to 64 of: a to z, digits, . _ @ + -'
            )
        user = User(name, role, hash_password(password))
        return name in self._change(lambda users: {**users, name: user})

    def set_role(self, name: str, role: Role) -> None:
        """Change the role of a user.

        Raises InputError for an unknown user.
        """
        user = self._get(name)
        changed = User(user.name, role, user.password_hash)
        self._change(lambda users: {**users, user.name: changed})

    def remove(self, name: str) -> None:
        """Remove a user.

        Raises InputError for an unknown user.
        """
        removed = self._get(name)
        self._change(
            lambda users: {name: user for name, user in users.items() if name != removed.name}
        )

    def _get(self, name: str) -> User:
        users = self.users() if self.path.exists() else {}
        user = users.get(name.strip().casefold())
        if user is None:
            raise InputError(
                f'There is no user "{name}" in {self.path}.{did_you_mean(name, users)}'
            )
        return user

    def _change(self, change: Callable[[Users], Users]) -> Users:
        """Write the changed users, one change at a time; return the previous users."""
        with exclusive(self.path):
            before = dict(self.users()) if self.path.exists() else {}
            write_atomically(self.path, _to_toml(change(before)))
        return before


def parse_users(text: str, where: str) -> dict[str, User]:
    """Return the users in the text of a file by name.

    Raises ProfileError with the invalid entry.
    """
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{where} is not valid TOML: {error}") from None
    return {name: _user(name, entry, f"{where}, [{name}]") for name, entry in entries.items()}


def _user(name: str, entry: object, where: str) -> User:
    if not _NAME.fullmatch(name) or not isinstance(entry, dict):
        raise ProfileError(f"{where} is not a valid user. Use `regulars users` to edit this file.")
    password_hash = entry.get("password")
    if not isinstance(password_hash, str) or not _HASH.fullmatch(password_hash):
        raise ProfileError(f"{where}: password must be an Argon2id hash, not the password itself.")
    return User(name, parse_role(str(entry.get("role")), where), password_hash)


def _to_toml(users: Users) -> str:
    entries = (
        f'\n["{name}"]\nrole = "{user.role.value}"\npassword = "{user.password_hash}"\n'
        for name, user in sorted(users.items())
    )
    return _HEADER + "".join(entries)
