"""The address of a PostgreSQL warehouse, completed from the environment and from `.env`.

Each part is taken from the first that names it: the address itself, the environment, the file
`.env` of the current directory. What nobody names is left to libpq (PGHOST, ~/.pgpass and so on).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from regulars.core.errors import WarehouseError

SCHEMES = ("postgresql", "postgres")
VARIABLES = {
    "user": "DB_USER",
    "password": "DB_PASSWORD",
    "host": "DB_HOST",
    "port": "DB_PORT",
    "database": "DB_NAME",
}
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
"""PostgreSQL cuts names after 63 bytes, and ours have a number behind them."""

DEFAULT_SCHEMA = "regulars"


@dataclass(frozen=True)
class Address:
    """Where a PostgreSQL warehouse is. `str()` leaves the password out, `uri()` has it."""

    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    database: str = ""
    schema: str = DEFAULT_SCHEMA
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        named = "" if self.schema == DEFAULT_SCHEMA else f"?schema={quote(self.schema)}"
        return self._written(quote(self.user)) + named

    def uri(self, **more: str) -> str:
        """Return the address as libpq reads it, with these options added."""
        who = quote(self.user, safe="")
        if self.password:
            who += ":" + quote(self.password, safe="")
        options = dict(self.options) | more
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        return self._written(who) + (f"?{asked}" if asked else "")

    def _written(self, who: str) -> str:
        port = f":{self.port}" if self.port else ""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        return f"postgresql://{f'{who}@' if who else ''}{host}{port}/{quote(self.database)}"


def address_of(
    warehouse: str,
    environment: Mapping[str, str] = os.environ,
    env_file: Path = Path(".env"),
) -> Address:
    """Return the address that a URL gives, completed from the environment and `.env`.

    Raises WarehouseError, without the password, where the URL is not well formed.
    """
    try:
        url = urlsplit(warehouse)
        port = str(url.port or "")
    except ValueError:
        raise WarehouseError(
            "The address of the warehouse is not well formed. Write it as "
            "postgresql://user@host:5432/database, the password as DB_PASSWORD in .env."
        ) from None
    options = dict(parse_qsl(url.query))
    told = {
        "user": unquote(url.username or ""),
        "password": unquote(url.password or "") or options.pop("password", ""),
        "host": unquote(url.hostname or ""),
        "port": port,
        "database": unquote(url.path.lstrip("/")),
    }
    known = _from_file(env_file) | dict(environment)
    parts = {part: told[part] or known.get(name, "") for part, name in VARIABLES.items()}
    schema = options.pop("schema", "") or known.get("DB_SCHEMA", "") or DEFAULT_SCHEMA
    if not _SCHEMA.fullmatch(schema):
        raise WarehouseError(
            f'The schema "{schema}" must be a name of at most 50 letters, digits and underscores.'
        )
    return Address(**parts, schema=schema, options=tuple(options.items()))


def _from_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(path).items() if value is not None}
