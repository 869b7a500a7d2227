"""The tokens file of the API: the name, role and hash of each token, never the token itself."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest

from regulars.core.errors import ProfileError
from regulars.web.entry_file import NAME, EntryFile, parse_entries
from regulars.web.roles import Role, parse_role

PREFIX = "regulars_"
"""Tokens begin with it, so that scanners for leaked secrets recognise them."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADER = "# The tokens of the API. Managed by `regulars tokens`; contains no tokens.\n"


@dataclass(frozen=True)
class Token:
    """A token. Its hash is a plain SHA-256, because 256 random bits cannot be guessed."""

    name: str
    role: Role
    digest: str = field(repr=False)


class TokenFile(EntryFile[Token]):
    """The tokens in a file, always up to date."""

    kind = "token"

    def find(self, secret: str) -> Token | None:
        """Return the token with this secret; None if there is none, or if the file is invalid."""
        digest = _digest(secret)
        found = [one for one in self.known().values() if compare_digest(one.digest, digest)]
        return found[0] if found else None

    def add(self, name: str, role: Role) -> str:
        """Save a new token with this name and role, and return it; only now can it be read.

        A token with the same name stops working. Raises InputError for an invalid name.
        """
        name, secret = self.checked_name(name), PREFIX + secrets.token_urlsafe(32)
        self.change(lambda tokens: {**tokens, name: Token(name, role, _digest(secret))})
        return secret

    def parse(self, text: str) -> Mapping[str, Token]:
        """Return the tokens in the text of a file."""
        entries = parse_entries(text, str(self.path))
        return {
            name: _token(name, entry, f"{self.path}, [{name}]") for name, entry in entries.items()
        }

    def write(self, entries: Mapping[str, Token]) -> str:
        """Return the text of a file with these tokens."""
        texts = (
            f'\n["{name}"]\nrole = "{token.role.value}"\nsha256 = "{token.digest}"\n'
            for name, token in sorted(entries.items())
        )
        return _HEADER + "".join(texts)


def _token(name: str, entry: object, where: str) -> Token:
    if not NAME.fullmatch(name) or not isinstance(entry, dict):
        raise ProfileError(
            f"{where} is not a valid token. Use `regulars tokens` to edit this file."
        )
    digest = entry.get("sha256")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ProfileError(f"{where}: sha256 must be the hash of a token, not the token itself.")
    return Token(name, parse_role(str(entry.get("role")), where), digest)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
