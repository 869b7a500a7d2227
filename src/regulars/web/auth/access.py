"""Two doors: one for whoever sits at this machine, one for those who have logged in."""

import getpass
from typing import Protocol

from regulars.web.auth.current_user import Visitor
from regulars.web.auth.passwords import is_password
from regulars.web.auth.sessions import Identity, Sessions
from regulars.web.auth.throttle import Attempts
from regulars.web.auth.users import UserFile
from regulars.web.roles import Role
from regulars.web.settings import Dashboard


class Door(Protocol):
    """What tells the gate who somebody is."""

    is_guarded: bool

    def visitor(self, word: str) -> Visitor | None:
        """Return who holds this session, as they are now; None if it does not go on."""

    def touch(self, word: str) -> None:
        """Note that something was clicked."""


class OpenDoor:
    """Whoever can reach this machine's own address is its user, and may do everything."""

    is_guarded = False

    def visitor(self, word: str) -> Visitor | None:
        """Return the user of this machine."""
        return Visitor(_user(), Role.ADMIN)

    def touch(self, word: str) -> None:
        """There is no session that could end."""


class GuardedDoor:
    """Users of a file, and those for whom a provider vouches, by their sessions."""

    is_guarded = True

    def __init__(self, settings: Dashboard, users: UserFile | None) -> None:
        """Nobody has logged in yet."""
        self.users = users
        self.provider = settings.oidc
        self.attempts = Attempts()
        self._settings = settings
        self._sessions = Sessions(settings.idle_minutes * 60, settings.session_hours * 3600)

    def visitor(self, word: str) -> Visitor | None:
        """Return who holds this session, with the role that they have now."""
        identity = self._sessions.find(word)
        if identity is None:
            return None
        if identity.role is not None:
            return Visitor(identity.name, identity.role)
        user = self.users.find(identity.name) if self.users else None
        if user is None or user.kept != identity.kept:
            return None
        return Visitor(user.name, user.role)

    def touch(self, word: str) -> None:
        """Note that something was clicked."""
        self._sessions.touch(word)

    def log_in(self, name: str, password: str) -> str | None:
        """Return the word of a new session; None if that is not the password.

        It takes the same time for a name that nobody has.
        """
        user = self.users.find(name) if self.users else None
        if not is_password(password, user.kept if user else None) or user is None:
            return None
        return self._sessions.begin(Identity(user.name, kept=user.kept))

    def admit(self, name: str, role: Role) -> str:
        """Return the word of a new session of somebody for whom the provider vouches."""
        return self._sessions.begin(Identity(name, role=role))

    def log_out(self, word: str) -> None:
        """End a session, and with it every page that is open in it."""
        self._sessions.end(word)

    def role_of(self, email: str | None, groups: list[str]) -> Role | None:
        """Return the highest role of an address, its domain or one of these groups."""
        roles = [self._settings.groups.get(group.casefold()) for group in groups]
        if email:
            email = email.casefold()
            names = (email, f"@{email.rpartition('@')[2]}")
            roles += [self._settings.roles.get(name) for name in names]
        ranked = [list(Role).index(role) for role in roles if role]
        return list(Role)[max(ranked)] if ranked else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "admin"
