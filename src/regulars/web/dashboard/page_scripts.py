"""Pages that know where they come from, and notice when they wake up that their session is over."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.web.auth.access import Door
from regulars.web.auth.middleware import SESSION
from regulars.web.request import Asked

_SCRIPTS = {name: Path(__file__).with_name("assets") / name for name in ("home.js", "session.js")}
_HEAD, _ROOT = b"</head>", b'<div id="root">'


def awake_routes(door: Door, base: str) -> list[Route]:
    """Return the scripts of such a page, and what one asks: 204 in a session, else 401."""

    async def script(request: Request) -> Response:
        path = _SCRIPTS[request.url.path.rpartition("/")[2]]
        return Response(path.read_bytes(), media_type="text/javascript")

    async def goes_on(request: Request) -> Response:
        is_in = door.visitor(Asked(request.scope).cookie(SESSION)) is not None
        return Response(status_code=204 if is_in else 401)

    scripts = [Route(f"{base}/{name}", script) for name in _SCRIPTS]
    return [*scripts, Route(f"{base}/session", goes_on)]


class Awake:
    """An ASGI application around Streamlit's, which adds those scripts to its page."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        """Add the scripts that are found under this path."""
        self._app = app
        self._tag = (
            f'<script src="{base}/home.js"></script>'
            f'<script type="module" src="{base}/session.js"></script>'
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not Asked(scope).wants_a_page:
            await self._app(scope, receive, send)
            return
        page = _Page(self._tag, send)
        await self._app(_uncompressed(scope), receive, page.send)


class _Page:
    """An answer that is held back until it is whole, if it is text to look at."""

    def __init__(self, tag: bytes, send: Callable[[Message], Awaitable[None]]) -> None:
        self._tag, self._send = tag, send
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
            self._body = self._body.replace(_HEAD, self._tag + _HEAD, 1)
            headers = MutableHeaders(scope=self._start)
            headers["content-length"] = str(len(self._body))
            del headers["etag"], headers["last-modified"]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def _is_html(start: Message) -> bool:
    return MutableHeaders(scope=start).get("content-type", "").startswith("text/html")


def _uncompressed(scope: Scope) -> Scope:
    """Return the request of somebody who takes a page only whole and as it is."""
    left_out = (b"accept-encoding", b"range", b"if-none-match", b"if-modified-since")
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in left_out]
    return {**scope, "headers": kept}
