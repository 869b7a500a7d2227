"""What is served, put together: headers around the gate, the gate around Streamlit."""

import secrets
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from regulars.web.auth.access import Door, GuardedDoor
from regulars.web.auth.current_user import TRUSTED
from regulars.web.auth.middleware import Gate
from regulars.web.dashboard.page_scripts import Awake, awake_routes
from regulars.web.dashboard.theme import THEME
from regulars.web.headers import SecureHeaders, streamlit_policy

PROVIDER_MINUTES = 10
"""How long somebody may take to sign in at a provider."""


def application(
    door: Door, script: Path, *, shop: str, base: str, upload_megabytes: int
) -> ASGIApp:
    """Return a script of Streamlit as an ASGI application, behind this door."""
    configure(base, upload_megabytes)
    from streamlit.web.server.starlette.starlette_app import App

    routes = [
        Route(f"{base}/health", _health),
        *awake_routes(door, base),
        *_routes(door, shop, base),
    ]
    own = Starlette(routes=routes, middleware=[_remembering(base)])
    gate = Gate(Awake(App(script), base), own, {route.path for route in routes}, door, base)
    return SecureHeaders(gate, streamlit_policy(), base)


def configure(base: str, upload_megabytes: int) -> None:
    """Set Streamlit up as this dashboard needs it, whatever a file of the user's says."""
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
        "server.trustedUserHeaders": TRUSTED,
        "runner.magicEnabled": False,
        # After each run Streamlit would look through all objects there are, and stop everybody for
        # it: of a view that is known that was four fifths of the time.
        "runner.postScriptGC": False,
        "browser.gatherUsageStats": False,
        # What leaves, leaves by our own buttons, which know who may and write down what.
        "client.disableDataExport": True,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.allowedOrigins": [],
        **THEME,
    }
    load_config_options(options)


def _routes(door: Door, shop: str, base: str) -> list[Route]:
    if not isinstance(door, GuardedDoor):
        return []
    from regulars.web.auth.login import Login

    login = Login(door, shop, base)
    if not door.provider.is_set:
        return login.routes()
    from regulars.web.auth.oidc import Provided

    return [*login.routes(), *Provided(door, login, base).routes()]


def _remembering(base: str) -> Middleware:
    """Return what remembers, in a signed cookie, who has been sent to a provider and for what."""
    return Middleware(
        SessionMiddleware, secret_key=secrets.token_hex(32), session_cookie="regulars_oidc",
        max_age=PROVIDER_MINUTES * 60, same_site="lax", path=f"{base}/",
    )  # fmt: skip


async def _health(_request: Request) -> Response:
    """Say that the server is there, and nothing else."""
    return PlainTextResponse("ok")
