"""The scripts that the server adds to every Streamlit page, from the assets folder."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.web.auth.access import AccessControl
from regulars.web.auth.middleware import SESSION_COOKIE
from regulars.web.http_request import wants_html

_NAMES = ("home.js", "history.js", "session.js")
_SCRIPTS = {name: Path(__file__).with_name("assets") / name for name in _NAMES}
_HEAD_END, _ROOT = b"</head>", b'<div id="root">'


def script_routes(access: AccessControl, base: str) -> list[Route]:
    """Return the routes of the scripts, and of the session check: 204 if valid, else 401."""

    async def script(request: Request) -> Response:
        path = _SCRIPTS[request.url.path.rpartition("/")[2]]
        return Response(path.read_bytes(), media_type="text/javascript")

    async def check_session(request: Request) -> Response:
        is_valid = access.user_of(request.cookies.get(SESSION_COOKIE, "")) is not None
        return Response(status_code=204 if is_valid else 401)

    scripts = [Route(f"{base}/{name}", script) for name in _SCRIPTS]
    return [*scripts, Route(f"{base}/session", check_session)]


class PageScripts:
    """ASGI middleware that adds the scripts to Streamlit's pages."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        """Load the scripts from below this path."""
        self._app = app
        self._tags = (
            f'<script src="{base}/home.js"></script>'
            f'<script src="{base}/history.js"></script>'
            f'<script type="module" src="{base}/session.js"></script>'
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not wants_html(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        page = _Page(self._tags, send)
        await self._app(_uncompressed(scope), receive, page.send)


class _Page:
    """A response that is held back until it is complete, if it is HTML."""

    def __init__(self, tags: bytes, send: Callable[[Message], Awaitable[None]]) -> None:
        self._tags, self._send = tags, send
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif not self._start:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish()

    async def _finish(self) -> None:
        if _ROOT in self._body:
            self._body = self._body.replace(_HEAD_END, self._tags + _HEAD_END, 1)
            headers = MutableHeaders(scope=self._start)
            headers["content-length"] = str(len(self._body))
            del headers["etag"], headers["last-modified"]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def _is_html(start: Message) -> bool:
    return MutableHeaders(scope=start).get("content-type", "").startswith("text/html")


def _uncompressed(scope: Scope) -> Scope:
    """Return the request without the headers that lead to a compressed, partial or empty page."""
    dropped = (b"accept-encoding", b"range", b"if-none-match", b"if-modified-since")
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in dropped]
    return {**scope, "headers": headers}
