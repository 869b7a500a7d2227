"""The gate: nothing of Streamlit's, by HTTP or by WebSocket, reaches who has not been let in."""

import logging
from collections.abc import Collection
from urllib.parse import urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from regulars.web.auth.access import Door
from regulars.web.auth.current_user import Visitor, introduced
from regulars.web.auth.websocket import REFUSED, Stream
from regulars.web.request import Asked

SESSION = "regulars_session"
"""The cookie that holds the word of a session."""

_log = logging.getLogger(__name__)


class Gate:
    """An ASGI application before Streamlit's: what is not known to be allowed is refused.

    app    Streamlit's
    own    what may be asked without having logged in, at exactly the paths of `open_paths`
    base   what stands before every path, such as /shop
    """

    def __init__(
        self, app: ASGIApp, own: ASGIApp, open_paths: Collection[str], door: Door, base: str
    ) -> None:
        """Guard an application by this door."""
        self._app, self._own, self._open_paths = app, own, frozenset(open_paths)
        self._door, self._base = door, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on, one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._stream(Asked(scope), receive, send)
        else:
            await self._page(Asked(scope), receive, send)

    async def _page(self, asked: Asked, receive: Receive, send: Send) -> None:
        word = asked.cookie(SESSION)
        visitor = self._door.visitor(word)
        answer = self._elsewhere(asked)
        if answer is None and asked.path in self._open_paths:
            await self._own(asked.scope, receive, send)
            return
        answer = answer or self._refusal(asked, visitor)
        if answer is not None:
            await answer(asked.scope, receive, send)
            return
        assert visitor is not None
        if asked.wants_a_page:
            self._door.touch(word)
        await self._app(_for(asked, visitor), receive, send)

    async def _stream(self, asked: Asked, receive: Receive, send: Send) -> None:
        word = asked.cookie(SESSION)
        visitor = self._door.visitor(word)
        if not asked.is_from_ours:
            said = asked.headers.get("origin")
            _log.warning("Refused a stream of %r: this is %s (see --proxy)", said, asked.origin)
        is_ours = asked.is_from_ours and self._elsewhere(asked) is None
        if visitor is None or not is_ours:
            await receive()
            await send({"type": "websocket.close", "code": REFUSED})
            return
        stream = Stream(self._door, word, visitor, receive, send)
        await stream.run(self._app, _for(asked, visitor))

    def _elsewhere(self, asked: Asked) -> Response | None:
        """Return the answer to what is not asked of us."""
        if not self._door.is_guarded and not asked.is_for_this_machine:
            return PlainTextResponse("Open this page as http://localhost.", 403)
        if asked.path.startswith(f"{self._base}/"):
            return None
        if asked.path in ("/", self._base):
            return RedirectResponse(f"{self._base}/", 307)
        return PlainTextResponse("There is nothing here.", 404)

    def _refusal(self, asked: Asked, visitor: Visitor | None) -> Response | None:
        """Return the answer to what this visitor may not ask."""
        if visitor is None:
            return self._to_the_login(asked)
        if asked.scope["method"] in ("GET", "HEAD"):
            return None
        is_upload = asked.path.startswith(f"{self._base}/_stcore/upload_file/")
        if not asked.is_from_ours or (is_upload and not visitor.role.may_upload):
            return PlainTextResponse("This is not allowed.", 403)
        return None

    def _to_the_login(self, asked: Asked) -> Response:
        if not asked.wants_a_page:
            return PlainTextResponse("Log in first.", 401)
        after = urlencode({"next": asked.target})
        return RedirectResponse(f"{self._base}/login?{after}", 303)


def _for(asked: Asked, visitor: Visitor) -> Scope:
    """Return the request with its visitor in it, whoever it said it was of."""
    return {**asked.scope, "headers": introduced(asked.scope["headers"], visitor)}
