"""Where a request comes from, and where it may redirect to."""

from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.types import Scope

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def connection(scope: Scope) -> HTTPConnection:
    """Return an HTTP or WebSocket request with lower-case header names.

    Starlette expects them in lower case, but uvicorn passes those of a WebSocket as sent.
    """
    headers = [(name.lower(), value) for name, value in scope["headers"]]
    return HTTPConnection({**scope, "headers": headers})


def path_and_query(request: HTTPConnection) -> str:
    """Return the path and query string, quoted as in a URL."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    return quote(request.scope["path"]) + (f"?{query}" if query else "")


def is_encrypted(request: HTTPConnection) -> bool:
    """Return whether the request came over TLS."""
    return request.scope.get("scheme") in ("https", "wss")


def is_for_localhost(request: HTTPConnection) -> bool:
    """Return whether the Host header names this machine, which no page of another site can do."""
    try:
        return urlsplit(f"//{_host(request)}").hostname in LOOPBACK
    except ValueError:
        return False


def own_origin(request: HTTPConnection) -> str:
    """Return the origin of the dashboard, by the address the request used."""
    return f"{'https' if is_encrypted(request) else 'http'}://{_host(request)}"


def is_same_origin(request: HTTPConnection) -> bool:
    """Return whether a page of the dashboard sent the request; False without an Origin header."""
    return request.headers.get("origin", "").lower() == own_origin(request)


def client_address(request: HTTPConnection) -> str:
    """Return the IP address of the client, empty if unknown."""
    return request.client.host if request.client else ""


def wants_html(request: HTTPConnection) -> bool:
    """Return whether the browser asks for a page to show."""
    is_read = request.scope.get("method") in ("GET", "HEAD")
    return is_read and "text/html" in request.headers.get("accept", "")


def safe_redirect(target: str, base: str) -> str:
    """Return `target` if it is a path of the dashboard, else its home page."""
    home = f"{base}/"
    has_odd_characters = "\\" in target or any(
        ord(character) <= 32 or ord(character) == 127 for character in target
    )
    if has_odd_characters or not target.startswith(home) or target.startswith("//"):
        return home
    parts = urlsplit(target)
    has_dots = {".", ".."} & set(parts.path.lower().replace("%2e", ".").split("/"))
    return home if parts.scheme or parts.netloc or has_dots else target


def _host(request: HTTPConnection) -> str:
    return request.headers.get("host", "").lower()
