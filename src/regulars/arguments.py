"""A password that was typed into an address does not stay where `ps` shows it to everybody."""

import os
import re
import sys
from collections.abc import Sequence
from urllib.parse import unquote

_WITH_PASSWORD = re.compile(r"(.*?postgres(?:ql)?://[^:/@?]*):([^@]*)@(.*)", re.DOTALL)


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
        found = _WITH_PASSWORD.fullmatch(argument)
        if found:
            password = unquote(found[2])
            argument = f"{found[1]}@{found[3]}"
        kept.append(argument)
    return kept, password
