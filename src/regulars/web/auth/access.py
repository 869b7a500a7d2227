"""Access control: everyone on this machine without login, or users who have logged in."""

import getpass
from typing import Protocol

from regulars.web.auth.current_user import CurrentUser
from regulars.web.auth.passwords import verify_password
from regulars.web.auth.sessions import Identity, Sessions
from regulars.web.auth.throttle import LoginThrottle
from regulars.web.auth.users import UserFile
from regulars.web.roles import Role
from regulars.web.settings import DashboardSettings


class AccessControl(Protocol):
    """What maps a session to its user."""

    requires_login: bool

    def user_of(self, token: str) -> CurrentUser | None:
        """Return the user of a session as of now; None if the session has ended."""

    def touch(self, token: str) -> None:
        """Record a click in a session."""


class LocalAccess:
    """Access without login: everyone who can reach this machine's own address is an admin."""

    requires_login = False

    def user_of(self, token: str) -> CurrentUser | None:
        """Return the user of this machine."""
        return CurrentUser(_system_user(), Role.ADMIN)

    def touch(self, token: str) -> None:
        """Do nothing: there are no sessions."""


class LoginAccess:
    """Access for the users of a file and of an OpenID Connect provider."""

    requires_login = True

    def __init__(self, settings: DashboardSettings, users: UserFile | None) -> None:
        """Start without sessions."""
        self.users = users
        self.provider = settings.oidc
        self.throttle = LoginThrottle()
        self._settings = settings
        self._sessions = Sessions(settings.idle_minutes * 60, settings.session_hours * 3600)

    def user_of(self, token: str) -> CurrentUser | None:
        """Return the user of a session with their current role.

        A session ends when its user is removed or gets a new password.
        """
        identity = self._sessions.find(token)
        if identity is None:
            return None
        if identity.role is not None:
            return CurrentUser(identity.name, identity.role)
        user = self.users.find(identity.name) if self.users else None
        if user is None or user.password_hash != identity.password_hash:
            return None
        return CurrentUser(user.name, user.role)

    def touch(self, token: str) -> None:
        """Record a click in a session."""
        self._sessions.touch(token)

    def log_in(self, name: str, password: str) -> str | None:
        """Return the token of a new session; None for a wrong name or password.

        An unknown name takes as long as a known one.
        """
        user = self.users.find(name) if self.users else None
        is_correct = verify_password(password, user.password_hash if user else None)
        if user is None or not is_correct:
            return None
        return self._sessions.start(Identity(user.name, password_hash=user.password_hash))

    def log_in_from_provider(self, name: str, role: Role) -> str:
        """Return the token of a new session for a user of the provider."""
        return self._sessions.start(Identity(name, role=role))

    def log_out(self, token: str) -> None:
        """End a session; its open pages close."""
        self._sessions.end(token)

    def role_of(self, email: str | None, groups: list[str]) -> Role | None:
        """Return the highest role of an email address, its domain or any of these groups."""
        roles = [self._settings.groups.get(group.casefold()) for group in groups]
        if email:
            email = email.casefold()
            names = (email, f"@{email.rpartition('@')[2]}")
            roles += [self._settings.roles.get(name) for name in names]
        ranks = [list(Role).index(role) for role in roles if role]
        return list(Role)[max(ranks)] if ranks else None


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "admin"
