"""The user file of a small shop: name, role, and what is kept of the password.

It is read again when it changes, so that whoever is removed is out, and written whole or not at
all, for nobody else to read.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regulars.core.errors import ProfileError, QuestionError, did_you_mean
from regulars.web.auth.passwords import hashed
from regulars.web.roles import Role, role
from regulars.web.state_file import changing, write_whole

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_HASH = re.compile(r"\$argon2id\$[A-Za-z0-9$=,+/]+")
_HEAD = "# The users of the dashboard. Written by `regulars users`; it holds no password.\n"


@dataclass(frozen=True)
class User:
    """Somebody with a password."""

    name: str
    role: Role
    kept: str = field(repr=False)


Users = Mapping[str, User]


class UserFile:
    """The users in a file, as they are now."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self.path = path
        self._seen: tuple[int, ...] | None = None
        self._users: Users = {}

    def find(self, name: str) -> User | None:
        """Return the user of that name; nobody where the file is gone or no longer well formed."""
        try:
            return self.users().get(name.strip().casefold())
        except (ProfileError, OSError):
            return None

    def users(self) -> Users:
        """Return the users by name, read again if the file has changed.

        Raises ProfileError for a file that is not well formed, or that others can read.
        """
        stat = self.path.stat()
        if stat.st_mode & 0o077:
            raise ProfileError(
                f"{self.path} can be read by others. Put that right:  chmod 600 {self.path}"
            )
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            self._users = parse(self.path.read_text("utf-8"), str(self.path))
            self._seen = seen
        return self._users

    def add(self, name: str, role: Role, password: str) -> bool:
        """Keep a user with this role and password; return whether there was one of that name.

        Raises QuestionError for a name or password that will not do.
        """
        name = name.strip().casefold()
        if not _NAME.fullmatch(name):
            raise QuestionError(
                f'"{name}" will not do as a name: use letters a to z, digits and . _ @ + -'
            )
        user = User(name, role, hashed(password))
        return name in self._change(lambda users: {**users, name: user})

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role; the password stays.

        Raises QuestionError where there is no such user.
        """
        found = self._known(name)
        changed = User(found.name, role, found.kept)
        self._change(lambda users: {**users, found.name: changed})

    def remove(self, name: str) -> None:
        """Let a user in no longer.

        Raises QuestionError where there is no such user.
        """
        gone = self._known(name).name
        self._change(lambda users: {one: user for one, user in users.items() if one != gone})

    def _known(self, name: str) -> User:
        users = self.users() if self.path.exists() else {}
        found = users.get(name.strip().casefold())
        if found is None:
            raise QuestionError(
                f'There is no user "{name}" in {self.path}.{did_you_mean(name, users)}'
            )
        return found

    def _change(self, changed: Callable[[Users], Users]) -> Users:
        """Write the users as changed, one change at a time; return them as they were."""
        with changing(self.path):
            before = dict(self.users()) if self.path.exists() else {}
            write_whole(self.path, written(changed(before)))
        return before


def parse(text: str, where: str) -> dict[str, User]:
    """Return the users in the text of a file.

    Raises ProfileError that says where it is not well formed.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{where} is not well-formed TOML: {error}") from None
    return {name: _user(name, about, f"{where}, [{name}]") for name, about in told.items()}


def _user(name: str, about: object, where: str) -> User:
    if not _NAME.fullmatch(name) or not isinstance(about, dict):
        raise ProfileError(f"{where}: this is no user. `regulars users add` writes this file.")
    kept = about.get("password")
    if not isinstance(kept, str) or not _HASH.fullmatch(kept):
        raise ProfileError(f"{where}: password should be an Argon2id hash, never the password.")
    return User(name, role(str(about.get("role")), where), kept)


def written(users: Users) -> str:
    """Return the text of a file with these users."""
    parts = (
        f'\n["{name}"]\nrole = "{user.role.value}"\npassword = "{user.kept}"\n'
        for name, user in sorted(users.items())
    )
    return _HEAD + "".join(parts)
