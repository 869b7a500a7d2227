"""The MCP server beside the API, at /mcp: with the tokens, roles and limits of the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.security import HTTPAuthorizationCredentials
from fastapi.security.utils import get_authorization_scheme_param
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from regulars.web.api.problems import Problem, response_to
from regulars.web.api.service import Api
from regulars.web.mcp.asker import CALLER, Asker
from regulars.web.mcp.tools import mcp_server


class McpEndpoint:
    """ASGI application of the MCP server. It runs while `running` is open."""

    def __init__(self, api: Api) -> None:
        """Serve the warehouse of an API."""
        self._access = api.access
        self._server = mcp_server(Asker(api))
        # The token of a request, or its address where there are none, is checked below instead.
        unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        self._app: ASGIApp = self._server.streamable_http_app(
            streamable_http_path="/mcp", json_response=True, stateless_http=True,
            transport_security=unchecked,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the sessions of agents."""
        async with self._server.session_manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request of an agent."""
        request = Request(scope)
        scheme, secret = get_authorization_scheme_param(request.headers.get("authorization"))
        is_token = scheme.lower() == "bearer" and secret
        credentials = (
            HTTPAuthorizationCredentials(scheme=scheme, credentials=secret) if is_token else None
        )
        try:
            caller = self._access.caller(request, credentials)
        except Problem as problem:
            await response_to(problem)(scope, receive, send)
            return
        await self._app({**scope, CALLER: caller}, receive, send)
