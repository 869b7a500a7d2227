"""The ASGI application: security headers around the login, the login around Streamlit, the API."""

import secrets
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from regulars.web.auth.access import AccessControl, LoginAccess
from regulars.web.auth.current_user import USER_HEADERS
from regulars.web.auth.middleware import AuthMiddleware
from regulars.web.dashboard.page_scripts import PageScripts, script_routes
from regulars.web.dashboard.theme import THEME
from regulars.web.headers import SecurityHeaders, streamlit_policy

PROVIDER_LOGIN_MINUTES = 10
"""How long a user may take to log in at the provider."""


def application(
    access: AccessControl, script: Path, *, shop: str, base: str, upload_megabytes: int,
    api: Starlette | None = None,
) -> ASGIApp:  # fmt: skip
    """Return the ASGI application that serves a Streamlit script to users with access.

    `api` answers requests below /api: it has tokens and headers of its own.
    """
    configure_streamlit(base, upload_megabytes)
    from streamlit.web.server.starlette.starlette_app import App

    routes = [
        Route(f"{base}/health", _health),
        *script_routes(access, base),
        *_login_routes(access, shop, base),
    ]
    public = Starlette(routes=routes, middleware=[_oidc_cookie(base)])
    paths = {route.path for route in routes}
    protected = AuthMiddleware(PageScripts(App(script), base), public, paths, access, base)
    dashboard = SecurityHeaders(protected, streamlit_policy(), base)
    return dashboard if api is None else _BesideApi(dashboard, api, f"{base}/api")


class _BesideApi:
    """ASGI application of the dashboard and of the API at one address."""

    def __init__(self, dashboard: ASGIApp, api: Starlette, path: str) -> None:
        self._dashboard, self._api, self._path = dashboard, api, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            async with self._api.router.lifespan_context(self._api):
                await self._dashboard(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(f"{self._path}/"):
            await self._api({**scope, "root_path": self._path}, receive, send)
        else:
            await self._dashboard(scope, receive, send)


def configure_streamlit(base: str, upload_megabytes: int) -> None:
    """Set all Streamlit options that the dashboard relies on, over any config.toml of the user."""
    from streamlit.web.bootstrap import load_config_options

    options = {
        "global.developmentMode": False,
        "server.baseUrlPath": base.strip("/"),
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.allowRunOnSave": False,
        "server.maxUploadSize": upload_megabytes,
        "server.enableCORS": True,
        "server.corsAllowedOrigins": [],
        "server.enableXsrfProtection": True,
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "server.scriptHealthCheckEnabled": False,
        "server.trustedUserHeaders": USER_HEADERS,
        "runner.magicEnabled": False,
        # Garbage collection after each run stops all threads: it took four fifths of the time of
        # a cached view.
        "runner.postScriptGC": False,
        "browser.gatherUsageStats": False,
        # Data leaves only through our own buttons, which check the role and log the export.
        "client.disableDataExport": True,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.allowedOrigins": [],
        **THEME,
    }
    load_config_options(options)


def _login_routes(access: AccessControl, shop: str, base: str) -> list[Route]:
    if not isinstance(access, LoginAccess):
        return []
    from regulars.web.auth.login import LoginPages

    login = LoginPages(access, shop, base)
    if not access.provider.is_set:
        return login.routes()
    from regulars.web.auth.oidc import OidcLogin

    return [*login.routes(), *OidcLogin(access, login, base).routes()]


def _oidc_cookie(base: str) -> Middleware:
    """Return the signed cookie that holds the state of a login while the user is away."""
    return Middleware(
        SessionMiddleware, secret_key=secrets.token_hex(32), session_cookie="regulars_oidc",
        max_age=PROVIDER_LOGIN_MINUTES * 60, same_site="lax", path=f"{base}/",
    )  # fmt: skip


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok")
