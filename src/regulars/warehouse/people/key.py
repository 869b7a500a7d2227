"""The key of pseudonyms: created once, stored outside the warehouse.

A pseudonym is the full HMAC-SHA256 (RFC 2104) of a customer id under this key. Without the key, the
warehouse neither reveals whose pseudonym it is nor lets anyone test customer ids.
"""

import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regulars.core.errors import WarehouseError
from regulars.core.secret import read_secret
from regulars.transform.staging.people import MARK

VARIABLE = "REGULARS_PEOPLE_KEY"
MIN_LENGTH = 32
_CHECK = "regulars: which key is it"


@dataclass(frozen=True)
class Key:
    """A secret key and where it was found; `repr()` does not show the secret."""

    secret: bytes
    location: str

    def __repr__(self) -> str:
        return f"Key({self.location})"

    def pseudonym(self, customer_id: str) -> str:
        """Return the pseudonym of a customer; a marked pseudonym is returned without the mark."""
        unmarked = customer_id.removeprefix(MARK)
        if unmarked != customer_id:
            return unmarked
        return hmac.digest(self.secret, customer_id.encode(), "sha256").hex()

    def marked_pseudonym(self, customer_id: str) -> str:
        """Return the pseudonym of a customer, marked to distinguish it from a customer id."""
        return MARK + self.pseudonym(customer_id)

    @property
    def check_value(self) -> str:
        """A value that identifies the key without revealing it."""
        return self.pseudonym(_CHECK)


@dataclass(frozen=True)
class Keyring:
    """Finds the key, or creates it when it is first needed.

    file         the file of the key, read if the environment has none
    check_value  the check value of the warehouse's key; None if the warehouse has no key yet
    is_named     whether the warehouse names the file, so that the one in the settings is another
    announce     called with a message when a key has been created
    is_dry_run   whether nothing will be written, so that a temporary key is enough
    """

    file: Path
    check_value: str | None = None
    is_named: bool = False
    announce: Callable[[str], None] = lambda _: None
    is_dry_run: bool = False

    @cached_property
    def existing_key(self) -> Key | None:
        """The key, or None if there is none.

        Raises WarehouseError for a key that is too short or not that of the warehouse.
        """
        secret, location = read_secret(VARIABLE), VARIABLE
        if not secret and self.file.is_file():
            secret, location = self.file.read_text("utf-8").strip(), str(self.file)
            if not secret:
                raise WarehouseError(
                    f"The key file {self.file} is empty. Restore the key from your backup. If it "
                    "was never used, remove the file to get a new key."
                )
        if not secret:
            return None
        if len(secret) < MIN_LENGTH:
            raise WarehouseError(
                f"The key in {location} is too short. Use at least {MIN_LENGTH} random characters."
            )
        key = Key(secret.encode(), location)
        if self.check_value not in (None, key.check_value):
            raise WarehouseError(
                f"The key in {location} is not the key of this warehouse. Restore the right key: "
                "with another one, customers cannot be matched."
            )
        return key

    @cached_property
    def key(self) -> Key:
        """The key, created if there is none and the warehouse has none.

        Raises WarehouseError if it is missing or cannot be saved.
        """
        if self.existing_key is not None:
            return self.existing_key
        if self.check_value is not None:
            raise WarehouseError(
                f"The key of this warehouse is neither in {VARIABLE} nor in {self.file}. Restore "
                "it: without it, forgotten customers would come back."
            )
        return Key(secrets.token_bytes(32), "nowhere") if self.is_dry_run else self._create()

    def _create(self) -> Key:
        secret = secrets.token_hex(32)
        try:
            handle = os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(secret + "\n")
            except BaseException:
                self.file.unlink()  # an incomplete key would look like a damaged one
                raise
        except OSError as error:
            raise WarehouseError(
                f"Personal data needs a key, and {self.file} cannot be written ({error.strerror}). "
                f"Set {VARIABLE}, or people_key_file in regulars.toml."
            ) from None
        self.announce(
            f"Created a key: {self.file}. Back it up, away from the warehouse. Without it you can "
            "no longer load data, or look up or forget a customer"
        )
        return Key(secret.encode(), str(self.file))
