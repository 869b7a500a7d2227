"""Passwords: kept as Argon2id, checked in the same time whether there is such a user or not."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from regulars.core.errors import QuestionError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256


def hashed(password: str) -> str:
    """Return what is kept of a password.

    Raises QuestionError for one that is too short to keep anybody out.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise QuestionError(
            f"A password has {SHORTEST} to {LONGEST} characters; a few words make a good one."
        )
    return _hasher().hash(_same(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password of which that was kept; never of nobody, and never sooner."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    if len(password) > LONGEST:
        return False
    try:
        is_right = _hasher().verify(kept or _nobody(), _same(password))
    except (Argon2Error, InvalidHashError):
        return False
    return is_right and kept is not None


def _same(password: str) -> str:
    """Return a password as every keyboard would send it."""
    return unicodedata.normalize("NFC", password)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return what is checked against where there is no such user."""
    import secrets

    return _hasher().hash(secrets.token_hex())
