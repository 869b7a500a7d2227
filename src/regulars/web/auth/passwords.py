"""Password hashes (Argon2id). A check takes as long for an unknown user as for a known one."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from regulars.core.errors import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH, MAX_LENGTH = 12, 256


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password.

    Raises InputError for a password that is too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InputError(
            f"A password needs {MIN_LENGTH} to {MAX_LENGTH} characters. A few words work well."
        )
    return _hasher().hash(_normalized(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Return whether a password has this hash; without a hash, False after the same time."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    if len(password) > MAX_LENGTH:
        return False
    try:
        is_correct = _hasher().verify(password_hash or _dummy_hash(), _normalized(password))
    except (Argon2Error, InvalidHashError):
        return False
    return is_correct and password_hash is not None


def _normalized(password: str) -> str:
    """Return a password in the form that is the same from every keyboard."""
    return unicodedata.normalize("NFC", password)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _dummy_hash() -> str:
    import secrets

    return _hasher().hash(secrets.token_hex())
