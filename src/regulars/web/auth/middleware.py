"""The login in front of Streamlit: no HTTP request or WebSocket passes without a session."""

import logging
from collections.abc import Collection
from urllib.parse import urlencode

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from regulars.web.auth.access import AccessControl
from regulars.web.auth.current_user import CurrentUser, with_user
from regulars.web.auth.websocket import POLICY_VIOLATION, SessionSocket
from regulars.web.http_request import (
    connection,
    is_for_localhost,
    is_same_origin,
    own_origin,
    path_and_query,
    wants_html,
)

SESSION_COOKIE = "regulars_session"

_log = logging.getLogger(__name__)


class AuthMiddleware:
    """ASGI middleware that refuses every request it does not explicitly allow.

    app           Streamlit
    public        the application for requests without login
    public_paths  the exact paths that go to `public`
    base          the prefix of every path, such as /shop
    """

    def __init__(
        self,
        app: ASGIApp,
        public: ASGIApp,
        public_paths: Collection[str],
        access: AccessControl,
        base: str,
    ) -> None:
        """Protect an application with this access control."""
        self._app, self._public, self._public_paths = app, public, frozenset(public_paths)
        self._access, self._base = access, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = connection(scope)
        token = request.cookies.get(SESSION_COOKIE, "")
        user = self._access.user_of(token)
        response = self._wrong_address(request)
        if response is None and scope["path"] in self._public_paths:
            await self._public(scope, receive, send)
            return
        response = response or self._refusal(request, user)
        if response is not None:
            await response(scope, receive, send)
            return
        assert user is not None
        if wants_html(request):
            self._access.touch(token)
        await self._app(_for_user(scope, user), receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = connection(scope)
        token = request.cookies.get(SESSION_COOKIE, "")
        user = self._access.user_of(token)
        is_ours = is_same_origin(request)
        if not is_ours:
            _log.warning(
                "Refused a WebSocket from %r: the dashboard is at %s (see --proxy)",
                request.headers.get("origin"), own_origin(request),
            )  # fmt: skip
        if user is None or not is_ours or self._wrong_address(request) is not None:
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        socket = SessionSocket(self._access, token, user, receive, send)
        await self._app(_for_user(scope, user), socket.receive, socket.send)

    def _wrong_address(self, request: HTTPConnection) -> Response | None:
        """Return the response to a request for another host or path; None if it is for us."""
        if not self._access.requires_login and not is_for_localhost(request):
            return PlainTextResponse("Open this page at http://localhost.", 403)
        path = request.scope["path"]
        if path.startswith(f"{self._base}/"):
            return None
        if path in ("/", self._base):
            return RedirectResponse(f"{self._base}/", 307)
        return PlainTextResponse("Not found.", 404)

    def _refusal(self, request: HTTPConnection, user: CurrentUser | None) -> Response | None:
        """Return the response to a request that the user may not make; None if they may."""
        if user is None and wants_html(request):
            query = urlencode({"next": path_and_query(request)})
            return RedirectResponse(f"{self._base}/login?{query}", 303)
        if user is None:
            return PlainTextResponse("Log in first.", 401)
        if request.scope["method"] in ("GET", "HEAD"):
            return None
        is_upload = request.scope["path"].startswith(f"{self._base}/_stcore/upload_file/")
        if not is_same_origin(request) or (is_upload and not user.role.may_upload):
            return PlainTextResponse("Not allowed.", 403)
        return None


def _for_user(scope: Scope, user: CurrentUser) -> Scope:
    return {**scope, "headers": with_user(scope["headers"], user)}
