"""The users file of a small shop: names, roles and password hashes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from regulars.core.errors import ProfileError
from regulars.web.auth.passwords import hash_password
from regulars.web.entry_file import NAME, EntryFile, parse_entries
from regulars.web.roles import Role, parse_role

_HASH = re.compile(r"\$argon2id\$[A-Za-z0-9$=,+/]+")
_HEADER = "# The users of the dashboard. Managed by `regulars users`; contains no passwords.\n"


@dataclass(frozen=True)
class User:
    """A user with a password."""

    name: str
    role: Role
    password_hash: str = field(repr=False)


class UserFile(EntryFile[User]):
    """The users in a file, always up to date."""

    kind = "user"

    def find(self, name: str) -> User | None:
        """Return a user; None if there is none, or if the file is missing or invalid."""
        return self.known().get(name.strip().casefold())

    def users(self) -> Mapping[str, User]:
        """Return the users by name. Raises ProfileError as `entries` does."""
        return self.entries()

    def add(self, name: str, role: Role, password: str) -> bool:
        """Save a user with this role and password; return whether the name existed before.

        Raises InputError for an invalid name or password.
        """
        name = self.checked_name(name)
        user = User(name, role, hash_password(password))
        return name in self.change(lambda users: {**users, name: user})

    def set_role(self, name: str, role: Role) -> None:
        """Change the role of a user.

        Raises InputError for an unknown user.
        """
        user = self.get(name)
        changed = User(user.name, role, user.password_hash)
        self.change(lambda users: {**users, user.name: changed})

    def parse(self, text: str) -> Mapping[str, User]:
        """Return the users in the text of a file."""
        return parse_users(text, str(self.path))

    def write(self, entries: Mapping[str, User]) -> str:
        """Return the text of a file with these users."""
        texts = (
            f'\n["{name}"]\nrole = "{user.role.value}"\npassword = "{user.password_hash}"\n'
            for name, user in sorted(entries.items())
        )
        return _HEADER + "".join(texts)


def parse_users(text: str, where: str) -> dict[str, User]:
    """Return the users in the text of a file by name.

    Raises ProfileError with the invalid entry.
    """
    entries = parse_entries(text, where)
    return {name: _user(name, entry, f"{where}, [{name}]") for name, entry in entries.items()}


def _user(name: str, entry: object, where: str) -> User:
    if not NAME.fullmatch(name) or not isinstance(entry, dict):
        raise ProfileError(f"{where} is not a valid user. Use `regulars users` to edit this file.")
    password_hash = entry.get("password")
    if not isinstance(password_hash, str) or not _HASH.fullmatch(password_hash):
        raise ProfileError(f"{where}: password must be an Argon2id hash, not the password itself.")
    return User(name, parse_role(str(entry.get("role")), where), password_hash)
