"""A password that was typed into an address does not stay where `ps` shows it to everybody."""

import os
import re
import sys
from collections.abc import Sequence
from urllib.parse import unquote

_ADDRESS = re.compile(r"(.*?postgres(?:ql)?://)([^/?#]*)(.*)", re.DOTALL)
_IN_QUERY = re.compile(r"(?<=[?&])password=([^&]*)&?")


def hide_password() -> None:
    """Start this program again without the password that its arguments hold, if they do.

    The password goes into the environment, which only this user can see. Until then, a few
    hundredths of a second, it does stand in the list of processes: `.env` is the place for it.
    """
    arguments, password = without_password(sys.argv[1:])
    if password is not None:
        environment = os.environ | {"DB_PASSWORD": password}
        command = [sys.executable, "-m", "regulars", *arguments]
        os.execve(sys.executable, command, environment)


def without_password(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """Return arguments whose addresses name no password, and the password, if there was one."""
    kept, password = [], None
    for argument in arguments:
        told, found = _parted(argument)
        kept.append(told)
        password = password if found is None else unquote(found)
    return kept, password


def _parted(argument: str) -> tuple[str, str | None]:
    """Return an argument without the password in the address it holds, and that password."""
    address = _ADDRESS.fullmatch(argument)
    if address is None:
        return argument, None
    before, authority, rest = address.groups()
    who, at, host = authority.rpartition("@")
    user, colon, password = who.partition(":")
    if colon:
        return f"{before}{user}{at}{host}{rest}", password
    in_query = _IN_QUERY.search(rest)
    if in_query is None:
        return argument, None
    return f"{before}{authority}{_IN_QUERY.sub('', rest).rstrip('?&')}", in_query[1]
