"""The address of a shop's database: postgresql://, mysql:// (also mariadb://), mssql://."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from regulars.core.errors import SourceError

SCHEMES: Mapping[str, str] = {
    "postgresql": "postgresql", "postgres": "postgresql",
    "mysql": "mysql", "mariadb": "mysql",
    "mssql": "mssql", "sqlserver": "mssql",
}  # fmt: skip
"""What an address may begin with, and what kind of server that means."""

PASSWORD = "SHOP_PASSWORD"


@dataclass(frozen=True)
class ShopAddress:
    """Where a shop's database is. `str()` leaves out who asks and the password."""

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
        """Return the address as libpq reads it, with these options added."""
        password = f":{quote(self.password, safe='')}" if self.password else ""
        who = f"{quote(self.user, safe='')}{password}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        port = f":{self.port}" if self.port else ""
        options = dict(self.options) | more
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        return f"{self.kind}://{who}{host}{port}/{quote(self.database)}" + (
            f"?{asked}" if asked else ""
        )

    def without_password(self, words: str) -> str:
        """Return a message of somebody else's, in which the password may stand, without it."""
        first = (words.strip().splitlines() or [""])[0]
        # A word so short would be found in others.
        return first.replace(self.password, "…") if len(self.password) > 3 else first


def shop_address(
    text: str, environment: Mapping[str, str] = os.environ, env_file: Path = Path(".env")
) -> ShopAddress:
    """Return the address that a URL gives; its password may stand in SHOP_PASSWORD or in `.env`.

    Raises SourceError, without the password, where the URL is not well formed.
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
        password=password or environment.get(PASSWORD, "") or _from_file(env_file),
        host=unquote(url.hostname or ""),
        port=port,
        database=database,
        options=options,
    )


def _malformed() -> SourceError:
    return SourceError(
        "The address of the shop's database is not well formed. Write it as "
        "postgresql://user@host/database, mysql://user@host/database or "
        f"mssql://user@host/database, the password as {PASSWORD} in the environment or in .env."
    )


def _from_file(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        from dotenv import dotenv_values
    except ImportError:
        return ""
    return dotenv_values(path).get(PASSWORD) or ""
