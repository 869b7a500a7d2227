"""Who is at the other end: told by the gate, and by nobody else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from regulars.web.roles import Role

NAME, ROLE = b"x-regulars-name", b"x-regulars-role"
TRUSTED = {NAME.decode(): "regulars_name", ROLE.decode(): "regulars_role"}
"""The headers that Streamlit is to believe, by what it calls them."""

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Visitor:
    """Somebody whom the gate has let in."""

    name: str
    role: Role


def who() -> Visitor:
    """Return who the page is being made for.

    Raises RuntimeError in a script that was not reached through the gate.
    """
    import streamlit

    return read(streamlit.user.to_dict())


def read(told: Mapping[str, object]) -> Visitor:
    """Return the visitor that Streamlit was told of.

    Raises RuntimeError if it was told of none.
    """
    if not (told.get("regulars_name") and told.get("regulars_role")):
        raise RuntimeError("This page was not reached through the gate of the dashboard.")
    return Visitor(unquote(str(told["regulars_name"])), Role(told["regulars_role"]))


def introduced(headers: Headers, visitor: Visitor) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request with this visitor, and no other, in them."""
    kept = [(name, value) for name, value in headers if not _is_ours(name)]
    name, role = quote(visitor.name).encode(), visitor.role.value.encode()
    return [*kept, (NAME, name), (ROLE, role)]


def _is_ours(name: bytes) -> bool:
    return name.lower().replace(b"_", b"-").startswith(b"x-regulars-")
