"""Passwords in the arguments: removed before other users of the machine can see them in `ps`."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from regulars.core.secret import FILE

WAREHOUSE, SHOP = "DB_PASSWORD", "SHOP_PASSWORD"
"""Environment variables for the passwords of the warehouse and of a shop's database."""

_SCHEME = r"(?:postgres(?:ql)?|mysql|mariadb|mssql|sqlserver)://"
_ADDRESS = re.compile(rf"(.*?{_SCHEME})([^/?#]*)(.*)", re.DOTALL | re.IGNORECASE)
_SHOP = re.compile(rf"(?:--database=)?{_SCHEME}", re.IGNORECASE)
_IN_QUERY = re.compile(r"(?<=[?&])password=([^&]*)&?")


def hide_password() -> None:
    """Start this program again without passwords, if its arguments contain any.

    The passwords move to the environment, which only this user can see. The process list shows
    them for a few hundredths of a second: put them in `.env` to avoid even that.
    """
    arguments, passwords = without_password(sys.argv[1:])
    if passwords:
        environment = environment_with(passwords, os.environ)
        command = [sys.executable, "-m", "regulars", *arguments]
        os.execve(sys.executable, command, environment)


def environment_with(
    passwords: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return an environment in which these passwords replace those in variables and files."""
    files = {f"{name}{FILE}" for name in passwords}
    return {k: v for k, v in environment.items() if k not in files} | dict(passwords)


def without_password(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments without passwords, and the passwords by environment variable."""
    clean_arguments: list[str] = []
    passwords: dict[str, str] = {}
    for previous, argument in zip(("", *arguments), arguments, strict=False):
        clean, password = _split_password(argument)
        clean_arguments.append(clean)
        if password is not None:
            is_shop = previous not in ("-w", "--warehouse") and _SHOP.match(argument)
            passwords[SHOP if is_shop else WAREHOUSE] = unquote(password)
    return clean_arguments, passwords


def _split_password(argument: str) -> tuple[str, str | None]:
    """Return an argument without the password in its address, and the password if there is one."""
    address = _ADDRESS.fullmatch(argument)
    if address is None:
        return argument, None
    start, authority, rest = address.groups()
    credentials, at, host = authority.rpartition("@")
    user, colon, password = credentials.partition(":")
    if colon:
        return f"{start}{user}{at}{host}{rest}", password
    in_query = _IN_QUERY.search(rest)
    if in_query is None:
        return argument, None
    return f"{start}{authority}{_IN_QUERY.sub('', rest).rstrip('?&')}", in_query[1]
