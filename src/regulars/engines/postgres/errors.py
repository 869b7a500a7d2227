"""What libpq and the server say when something is wrong, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from regulars.core.errors import WarehouseError
from regulars.engines.postgres.address import Address


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn what libpq and the server say into what to do about it, without the password."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = without_password(str(error), address)
        raise WarehouseError(f"{address}: {_advice(said)}") from None


def _advice(said: str) -> str:
    first = next((line for line in said.splitlines() if line.strip()), "no reason was given")
    for sign, advice in _FAULTS:
        if sign in said:
            return f"{advice} ({first.strip()})"
    return first.strip()


_FAULTS = (
    ("could not translate host name", "there is no such host. Check DB_HOST"),
    ("failed to resolve host", "there is no such host. Check DB_HOST"),
    ("Connection refused", "nothing listens there. Is PostgreSQL running, and DB_PORT right?"),
    ("No such file or directory", "no PostgreSQL runs on this machine. Name its host: DB_HOST"),
    ("timeout", "the host does not answer. Check DB_HOST, DB_PORT and the firewall"),
    ("no password supplied", "a password is needed. Write DB_PASSWORD into .env"),
    ("password authentication failed", "the password or the user is wrong. Check DB_USER and "
     "DB_PASSWORD"),
    ("permission denied", "this user may not do that. To read, be a member of the reader's role; "
     "to build, have the right to CREATE in the database"),
    ("role", "the user is not known there. Check DB_USER"),
    ("database", "the database cannot be used. Check DB_NAME"),
    ("No space left", "the disk of the server is full"),
)  # fmt: skip


def without_password(text: str, address: Address) -> str:
    """Return text without the password, as it is or as it is written in an address."""
    for written in {address.password, quote(address.password, safe="")} - {""}:
        text = text.replace(written, "…")
    return text
