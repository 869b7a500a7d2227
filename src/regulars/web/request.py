"""What a request says of itself: where it is, whence it came, what its cookies hold."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlsplit

from starlette.requests import cookie_parser
from starlette.types import Scope

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Asked:
    """A request for a page, or for the stream of one."""

    scope: Scope

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers, the last of each name."""
        pairs = self.scope["headers"]
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}

    @property
    def path(self) -> str:
        """The path, with its escapes undone."""
        return str(self.scope["path"])

    @property
    def target(self) -> str:
        """The path and the question after it, as they stand in an address."""
        query = self.scope.get("query_string", b"").decode("latin-1")
        return quote(self.path) + (f"?{query}" if query else "")

    @property
    def is_secure(self) -> bool:
        """Whether nobody could read it on its way."""
        return self.scope.get("scheme") in ("https", "wss")

    @property
    def host(self) -> str:
        """The host and port that were asked for."""
        return self.headers.get("host", "").lower()

    @property
    def is_for_this_machine(self) -> bool:
        """Whether it names this machine itself: no page of others has such an address."""
        try:
            return urlsplit(f"//{self.host}").hostname in LOOPBACK
        except ValueError:
            return False

    @property
    def origin(self) -> str:
        """The origin that is ours, by the request's own account."""
        return f"{'https' if self.is_secure else 'http'}://{self.host}"

    @property
    def is_from_ours(self) -> bool:
        """Whether a page of ours sent it, as the browser says; not if it does not say."""
        return self.headers.get("origin", "").lower() == self.origin

    @property
    def address(self) -> str:
        """The address it came from."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def wants_a_page(self) -> bool:
        """Whether somebody will look at the answer."""
        is_read = self.scope.get("method") in ("GET", "HEAD")
        return is_read and "text/html" in self.headers.get("accept", "")

    def cookie(self, name: str) -> str:
        """Return what the cookie of that name holds, or nothing."""
        return cookie_parser(self.headers.get("cookie", "")).get(name, "")


def within(target: str, base: str) -> str:
    """Return a path to go on to, if it is one of ours; else the first page."""
    home = f"{base}/"
    is_odd = "\\" in target or any(ord(sign) <= 32 or ord(sign) == 127 for sign in target)
    if is_odd or not target.startswith(home) or target.startswith("//"):
        return home
    parts = urlsplit(target)
    has_steps = {".", ".."} & set(parts.path.lower().replace("%2e", ".").split("/"))
    return home if parts.scheme or parts.netloc or has_steps else target
