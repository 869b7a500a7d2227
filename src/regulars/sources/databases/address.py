"""Parse the URL of a shop database: postgresql://, mysql:// (or mariadb://), mssql://."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from regulars.core.errors import SourceError
from regulars.core.secret import read_secret

SCHEMES: Mapping[str, str] = {
    "postgresql": "postgresql", "postgres": "postgresql",
    "mysql": "mysql", "mariadb": "mysql",
    "mssql": "mssql", "sqlserver": "mssql",
}  # fmt: skip
"""Kind of server by URL scheme."""

PASSWORD_VARIABLE = "SHOP_PASSWORD"


@dataclass(frozen=True)
class ShopAddress:
    """The address of a shop database. `str()` leaves out user and password."""

    kind: str
    user: str
    password: str = field(repr=False)
    host: str
    port: int | None
    database: str
    options: Mapping[str, str]

    def __str__(self) -> str:
        host = self.host or self.options.get("host", "") or self.options.get("unix_socket", "")
        port = f":{self.port}" if self.port else ""
        return f"{self.kind}://{host}{port}/{self.database}"

    def uri(self, **more: str) -> str:
        """Return the address as a libpq URI, with more options added."""
        password = f":{quote(self.password, safe='')}" if self.password else ""
        login = f"{quote(self.user, safe='')}{password}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        port = f":{self.port}" if self.port else ""
        options = dict(self.options) | more
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        uri = f"{self.kind}://{login}{host}{port}/{quote(self.database)}"
        return f"{uri}?{query}" if query else uri

    def without_password(self, message: str) -> str:
        """Return the first line of a driver's message, with the password masked."""
        first = (message.strip().splitlines() or [""])[0]
        # A very short password would match inside other words.
        return first.replace(self.password, "…") if len(self.password) > 3 else first


def parse_shop_address(
    text: str, environment: Mapping[str, str] = os.environ, env_file: Path = Path(".env")
) -> ShopAddress:
    """Return the address in a URL. Without a password there, use SHOP_PASSWORD, then `.env`.

    Raises SourceError, without the password, if the URL is malformed.
    """
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise _malformed() from None
    kind = SCHEMES.get(url.scheme.casefold())
    database = unquote(url.path.lstrip("/"))
    if kind is None or not database or set("@/") & set(database):
        raise _malformed()
    options = dict(parse_qsl(url.query))
    password = unquote(url.password or "") or options.pop("password", "")
    return ShopAddress(
        kind=kind,
        user=unquote(url.username or ""),
        password=password or read_secret(PASSWORD_VARIABLE, environment) or _password_in(env_file),
        host=unquote(url.hostname or ""),
        port=port,
        database=database,
        options=options,
    )


def _malformed() -> SourceError:
    return SourceError(
        "The address of the shop database is malformed. Write it as "
        "postgresql://user@host/database, mysql://user@host/database or "
        f"mssql://user@host/database, and set {PASSWORD_VARIABLE} in the environment or in .env."
    )


def _password_in(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        from dotenv import dotenv_values
    except ImportError:
        return ""
    return dotenv_values(path).get(PASSWORD_VARIABLE) or ""
