"""Secrets from the environment: in a variable, or in a file that a variable names.

Containers mount secrets as files. For each secret, such as DB_PASSWORD, the variable of the same
name with _FILE at its end can name the file.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from regulars.core.errors import ProfileError

FILE = "_FILE"
"""The end of the name of a variable that names a file."""


def read_secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return a secret, without the line break at the end of its file; empty if it is not set.

    Raises ProfileError, without the secret, if it is set twice or its file cannot be read.
    """
    value, file = environment.get(name, ""), environment.get(name + FILE, "")
    if not file:
        return value
    if value:
        raise ProfileError(f"Set either {name} or {name}{FILE}, not both.")
    try:
        return Path(file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise ProfileError(f"{name}{FILE} = {file} cannot be read: {reason}.") from None
