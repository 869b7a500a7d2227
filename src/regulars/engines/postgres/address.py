"""The address of a PostgreSQL warehouse, completed from the environment and from `.env`.

Each part comes from the first of these that has it: the address, the environment, the file `.env`
in the current folder. libpq fills in the rest (PGHOST, ~/.pgpass and so on).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from regulars.core.errors import WarehouseError
from regulars.core.secret import read_secret

SCHEMES = ("postgresql", "postgres")
VARIABLES = {
    "user": "DB_USER",
    "password": "DB_PASSWORD",
    "host": "DB_HOST",
    "port": "DB_PORT",
    "database": "DB_NAME",
}
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
"""Short enough to add a version number: PostgreSQL truncates names to 63 bytes."""

DEFAULT_SCHEMA = "regulars"


@dataclass(frozen=True)
class Address:
    """The address of a PostgreSQL warehouse. `str()` omits the password, `uri()` includes it."""

    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    database: str = ""
    schema: str = DEFAULT_SCHEMA
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        schema = "" if self.schema == DEFAULT_SCHEMA else f"?schema={quote(self.schema)}"
        return self._url(quote(self.user)) + schema

    def uri(self, **more: str) -> str:
        """Return the address for libpq, with these options added."""
        login = quote(self.user, safe="")
        if self.password:
            login += ":" + quote(self.password, safe="")
        options = dict(self.options) | more
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        return self._url(login) + (f"?{query}" if query else "")

    def _url(self, login: str) -> str:
        port = f":{self.port}" if self.port else ""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        return f"postgresql://{f'{login}@' if login else ''}{host}{port}/{quote(self.database)}"


def address_of(
    warehouse: str,
    environment: Mapping[str, str] = os.environ,
    env_file: Path = Path(".env"),
) -> Address:
    """Return the address in a URL, completed from the environment and `.env`.

    Raises WarehouseError, without the password, for a malformed URL.
    """
    try:
        url = urlsplit(warehouse)
        port = str(url.port or "")
    except ValueError:
        raise WarehouseError(
            "The address of the warehouse is not valid. Write it as "
            "postgresql://user@host:5432/database, with the password as DB_PASSWORD in .env."
        ) from None
    options = dict(parse_qsl(url.query))
    from_url = {
        "user": unquote(url.username or ""),
        "password": unquote(url.password or "") or options.pop("password", ""),
        "host": unquote(url.hostname or ""),
        "port": port,
        "database": unquote(url.path.lstrip("/")),
    }
    variables = _from_file(env_file) | dict(environment)
    if not from_url["password"]:
        from_url["password"] = read_secret(VARIABLES["password"], environment)
    parts = {part: from_url[part] or variables.get(name, "") for part, name in VARIABLES.items()}
    schema = options.pop("schema", "") or variables.get("DB_SCHEMA", "") or DEFAULT_SCHEMA
    if not _SCHEMA.fullmatch(schema):
        raise WarehouseError(
            f'"{schema}" is not a valid schema name. Use up to 50 letters, digits and underscores.'
        )
    return Address(**parts, schema=schema, options=tuple(options.items()))


def _from_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(path).items() if value is not None}
