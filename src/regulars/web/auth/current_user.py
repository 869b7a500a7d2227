"""The user of a request, passed to Streamlit in headers that only the login middleware sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from regulars.web.roles import Role

NAME, ROLE = b"x-regulars-name", b"x-regulars-role"
USER_HEADERS = {NAME.decode(): "regulars_name", ROLE.decode(): "regulars_role"}
"""The headers that Streamlit trusts, with their names in `streamlit.user`."""

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class CurrentUser:
    """The user of a session."""

    name: str
    role: Role


def current_user() -> CurrentUser:
    """Return the user that Streamlit runs the script for.

    Raises RuntimeError if the request did not pass the login middleware.
    """
    import streamlit

    values = streamlit.user.to_dict()
    if not (values.get("regulars_name") and values.get("regulars_role")):
        raise RuntimeError("The request did not pass the login middleware of the dashboard.")
    return CurrentUser(unquote(str(values["regulars_name"])), Role(values["regulars_role"]))


def with_user(headers: Headers, user: CurrentUser) -> list[tuple[bytes, bytes]]:
    """Return request headers with this user, and without any user that the client has sent."""
    others = [(name, value) for name, value in headers if not _is_user_header(name)]
    return [*others, (NAME, quote(user.name).encode()), (ROLE, user.role.value.encode())]


def _is_user_header(name: bytes) -> bool:
    return name.lower().replace(b"_", b"-").startswith(b"x-regulars-")
