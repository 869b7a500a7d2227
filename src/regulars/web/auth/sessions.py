"""Sessions on the server, which can end any of them at once."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from regulars.web.roles import Role


@dataclass(frozen=True)
class Identity:
    """Who logged in, and how.

    name           the user's name
    password_hash  the hash at that time; None for users of the provider
    role           the role from the provider; None for users of the file
    """

    name: str
    password_hash: str | None = None
    role: Role | None = None


@dataclass
class _Session:
    identity: Identity
    started: float
    clicked: float


class Sessions:
    """Sessions by the digest of their token, a random word that only the browser holds."""

    def __init__(self, idle: float, max_age: float, clock: Callable[[], float] = time.time) -> None:
        """End sessions after `idle` seconds without a click, or `max_age` seconds in any case."""
        self._idle, self._max_age, self._clock = idle, max_age, clock
        self._sessions: dict[bytes, _Session] = {}

    def start(self, identity: Identity) -> str:
        """Return the token of a new session."""
        self._remove_expired()
        token, now = secrets.token_urlsafe(32), self._clock()
        self._sessions[_digest(token)] = _Session(identity, now, now)
        return token

    def find(self, token: str) -> Identity | None:
        """Return who a session belongs to; None if it is unknown or has expired."""
        session = self._sessions.get(_digest(token))
        return session.identity if session and not self._has_expired(session) else None

    def touch(self, token: str) -> None:
        """Record a click in a session that has not expired."""
        if self.find(token):
            self._sessions[_digest(token)].clicked = self._clock()

    def end(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(_digest(token), None)

    def _has_expired(self, session: _Session) -> bool:
        now = self._clock()
        return now - session.clicked > self._idle or now - session.started > self._max_age

    def _remove_expired(self) -> None:
        expired = [key for key, session in self._sessions.items() if self._has_expired(session)]
        for key in expired:
            del self._sessions[key]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
