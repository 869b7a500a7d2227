"""Sessions: who has logged in, kept by the server, so that it can end any of them at once."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from regulars.web.roles import Role


@dataclass(frozen=True)
class Identity:
    """Who logged in, and how.

    name  what they are called
    kept  what was kept of their password then; None for those whom a provider vouched for
    role  the role that the provider's word gave them; None for those of the user file
    """

    name: str
    kept: str | None = None
    role: Role | None = None


@dataclass
class _Session:
    identity: Identity
    began: float
    clicked: float


class Sessions:
    """Sessions by what the browser holds: a random word, of which only a digest is kept here."""

    def __init__(self, idle: float, longest: float, clock: Callable[[], float] = time.time) -> None:
        """Sessions end after so many seconds without a click, and after so many seconds anyway."""
        self._idle, self._longest, self._clock = idle, longest, clock
        self._sessions: dict[bytes, _Session] = {}

    def begin(self, identity: Identity) -> str:
        """Return the word by which a new session is known."""
        self._sweep()
        word, now = secrets.token_urlsafe(32), self._clock()
        self._sessions[_digest(word)] = _Session(identity, now, now)
        return word

    def find(self, word: str) -> Identity | None:
        """Return whose session this is, if it goes on."""
        session = self._sessions.get(_digest(word))
        return session.identity if session and not self._is_over(session) else None

    def touch(self, word: str) -> None:
        """Note that something was clicked in a session that goes on."""
        if self.find(word):
            self._sessions[_digest(word)].clicked = self._clock()

    def end(self, word: str) -> None:
        """End a session."""
        self._sessions.pop(_digest(word), None)

    def _is_over(self, session: _Session) -> bool:
        now = self._clock()
        return now - session.clicked > self._idle or now - session.began > self._longest

    def _sweep(self) -> None:
        over = [key for key, session in self._sessions.items() if self._is_over(session)]
        for key in over:
            del self._sessions[key]


def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
