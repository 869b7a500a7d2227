"""The key by which people are kept: never in the warehouse, made once, found again.

A pseudonym is the HMAC-SHA256 of a customer's number under this key (RFC 2104), in full. Who has
the warehouse but not the key can neither tell whose pseudonym it is nor try numbers out.
"""

import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regulars.core.errors import WarehouseError
from regulars.transform.staging.people import MARK

VARIABLE = "REGULARS_PEOPLE_KEY"
SHORTEST = 32
_CHECK = "regulars: which key is it"


@dataclass(frozen=True)
class Key:
    """A key, and the pseudonyms it makes. It shows itself to nobody."""

    secret: bytes
    where: str

    def __repr__(self) -> str:
        return f"Key({self.where})"

    def pseudonym(self, customer_id: str) -> str:
        """Return the pseudonym of a customer; one that is marked as a pseudonym stays."""
        told = customer_id.removeprefix(MARK)
        if told != customer_id:
            return told
        return hmac.digest(self.secret, customer_id.encode(), "sha256").hex()

    def marked(self, customer_id: str) -> str:
        """Return the pseudonym of a customer as it stands in place of the number."""
        return MARK + self.pseudonym(customer_id)

    @property
    def check(self) -> str:
        """What tells this key from any other, and nothing else of it."""
        return self.pseudonym(_CHECK)


@dataclass(frozen=True)
class Keyring:
    """Where the key is looked for, and made when it is first needed.

    file      the file of the key, where the environment has none
    check     what tells the key that the warehouse was made with; None if it was made with none
    announce  told once, when a key has been made
    is_look   whether nothing will be written: a key that is gone afterwards will do
    """

    file: Path
    check: str | None = None
    announce: Callable[[str], None] = lambda _: None
    is_look: bool = False

    @cached_property
    def found(self) -> Key | None:
        """The key if there is one.

        Raises WarehouseError for one that is too short or not that of the warehouse.
        """
        told, where = os.environ.get(VARIABLE, ""), VARIABLE
        if not told and self.file.is_file():
            told, where = self.file.read_text("utf-8").strip(), str(self.file)
            if not told:
                raise WarehouseError(
                    f"The key file {self.file} is empty. Put the key back; if nothing was ever "
                    "made with it, remove the file, and a new key will be made."
                )
        if not told:
            return None
        if len(told) < SHORTEST:
            raise WarehouseError(
                f"The key in {where} is too short: a key has at least {SHORTEST} characters, and "
                "nobody can guess it."
            )
        key = Key(told.encode(), where)
        if self.check not in (None, key.check):
            raise WarehouseError(
                f"The key in {where} is not the one that this warehouse was made with. Put that "
                "one back: without it nobody can be told from another."
            )
        return key

    @cached_property
    def key(self) -> Key:
        """The key, made now if there is none and the warehouse was made without.

        Raises WarehouseError where it is missing, or cannot be kept.
        """
        if self.found is not None:
            return self.found
        if self.check is not None:
            raise WarehouseError(
                f"This warehouse was made with a key, and it is neither in {VARIABLE} nor in "
                f"{self.file}. Put it back: without it, who was forgotten would come in again."
            )
        return Key(secrets.token_bytes(32), "nowhere") if self.is_look else self._made()

    def _made(self) -> Key:
        secret = secrets.token_hex(32)
        try:
            handle = os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(secret + "\n")
            except BaseException:
                self.file.unlink()  # half a key, or none, would be taken for one that was lost
                raise
        except OSError as error:
            raise WarehouseError(
                f"People are kept by a key, and {self.file} cannot be written ({error.strerror}). "
                f"Set {VARIABLE}, or people_key_file in regulars.toml."
            ) from None
        self.announce(
            f"A key was made: {self.file}. Back it up, and not beside the warehouse. Without it "
            "nobody can be looked up or forgotten any more, and nothing can be loaded"
        )
        return Key(secret.encode(), str(self.file))
