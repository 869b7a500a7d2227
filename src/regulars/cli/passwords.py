"""What stands in the arguments: conditions, and passwords that must not stay where `ps` shows them.

A password that was typed into an address would be shown to everybody.
"""

import os
import re
import sys
from collections.abc import Sequence
from urllib.parse import unquote

WAREHOUSE, SHOP = "DB_PASSWORD", "SHOP_PASSWORD"
"""Where a warehouse's password and that of a shop's database are looked for."""

_SCHEME = r"(?:postgres(?:ql)?|mysql|mariadb|mssql|sqlserver)://"
_ADDRESS = re.compile(rf"(.*?{_SCHEME})([^/?#]*)(.*)", re.DOTALL | re.IGNORECASE)
_SHOP = re.compile(rf"(?:--database=)?{_SCHEME}", re.IGNORECASE)
_IN_QUERY = re.compile(r"(?<=[?&])password=([^&]*)&?")


def hide_password() -> None:
    """Start this program again without the password that its arguments hold, if they do.

    The password goes into the environment, which only this user can see. Until then, a few
    hundredths of a second, it does stand in the list of processes: `.env` is the place for it.
    """
    arguments, passwords = without_password(sys.argv[1:])
    if passwords:
        environment = os.environ | passwords
        command = [sys.executable, "-m", "regulars", *arguments]
        os.execve(sys.executable, command, environment)


def without_password(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return arguments whose addresses name no password, and the passwords by whose they are."""
    kept: list[str] = []
    passwords: dict[str, str] = {}
    for before, argument in zip(("", *arguments), arguments, strict=False):
        told, found = _parted(argument)
        kept.append(told)
        if found is not None:
            is_shop = before not in ("-w", "--warehouse") and _SHOP.match(argument)
            passwords[SHOP if is_shop else WAREHOUSE] = unquote(found)
    return kept, passwords


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
