"""Turn errors of libpq and the server into advice."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from regulars.core.errors import UnreachableWarehouseError, WarehouseError
from regulars.engines.postgres.address import Address


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn psycopg's errors into a WarehouseError that says what to do, without the password."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        message = without_password(str(error), address)
        kind = UnreachableWarehouseError if _is_temporary(message) else WarehouseError
        raise kind(f"{address}: {_advice(message)}") from None


def _is_temporary(message: str) -> bool:
    """Return whether a message says that the server is down, starting or not to be reached."""
    return any(fragment in message for fragment in _TEMPORARY)


def _advice(message: str) -> str:
    first = next((line for line in message.splitlines() if line.strip()), "no reason was given")
    for fragment, advice in _FAULTS:
        if fragment in message:
            return f"{advice} ({first.strip()})"
    return first.strip()


_TEMPORARY = (
    "Connection refused", "timeout", "starting up", "shutting down", "terminating connection",
    "server closed the connection", "too many clients",
)  # fmt: skip
_FAULTS = (
    ("could not translate host name", "there is no such host. Check DB_HOST"),
    ("failed to resolve host", "there is no such host. Check DB_HOST"),
    ("Connection refused", "the connection was refused. Is PostgreSQL running, and is DB_PORT "
     "right?"),
    ("No such file or directory", "PostgreSQL is not running on this machine. For another machine, "
     "set DB_HOST"),
    ("timeout", "the host does not respond. Check DB_HOST, DB_PORT and the firewall"),
    ("no password supplied", "a password is required. Set DB_PASSWORD in .env"),
    ("password authentication failed", "wrong user or password. Check DB_USER and DB_PASSWORD"),
    ("permission denied", "this user lacks a privilege. To read, a user must be a member of the "
     "reader role; to build, a user needs CREATE on the database"),
    ("role", "there is no such user. Check DB_USER"),
    ("database", "the database cannot be used. Check DB_NAME"),
    ("No space left", "the server's disk is full. Free up space on it"),
)  # fmt: skip


def without_password(text: str, address: Address) -> str:
    """Return text without the password, plain or URL-encoded."""
    for password in {address.password, quote(address.password, safe="")} - {""}:
        text = text.replace(password, "…")
    return text
