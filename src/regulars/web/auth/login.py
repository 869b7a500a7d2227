"""Log in and log out: the pages, their forms, and the session cookie."""

import hmac
import logging
import math
import secrets
from urllib.parse import parse_qs, urlencode

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from regulars.core.formatting import counted
from regulars.web.auth.access import LoginAccess
from regulars.web.auth.login_page import POLICY, login_page, logout_page, provider_button
from regulars.web.auth.middleware import SESSION_COOKIE
from regulars.web.http_request import client_address, is_encrypted, is_same_origin, safe_redirect

_log = logging.getLogger(__name__)

FORM_COOKIE = "regulars_form"
"""The cookie whose value a form must repeat, which protects from other sites (CSRF)."""

MAX_FORM_BYTES = 8192
MAX_PARALLEL_CHECKS = 2
"""Few, because each password check takes 64 MiB."""

WRONG_PASSWORD = "Wrong name or password."
EXPIRED = "This page has expired. Try again."


class LoginPages:
    """The login and logout pages, and their forms."""

    def __init__(self, access: LoginAccess, shop: str, base: str) -> None:
        """Start sessions with this access control."""
        self._access, self._shop, self._base = access, shop, base
        self._checks = CapacityLimiter(MAX_PARALLEL_CHECKS)

    def routes(self) -> list[Route]:
        """Return the routes of the pages and forms."""
        return [
            Route(f"{self._base}/login", self.show, methods=["GET"]),
            Route(f"{self._base}/login", self.log_in, methods=["POST"]),
            Route(f"{self._base}/logout", self.confirm_logout, methods=["GET"]),
            Route(f"{self._base}/logout", self.log_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the login page, or redirect users who are logged in."""
        target = safe_redirect(request.query_params.get("next", ""), self._base)
        if self._access.user_of(_session_token(request)):
            return RedirectResponse(target, 303)
        return self.page(request, target)

    async def log_in(self, request: Request) -> Response:
        """Start a session if the password is correct and the user does not have to wait."""
        form = await _form(request)
        name = form.get("name", "").strip()
        target = safe_redirect(form.get("next", ""), self._base)
        if not is_own_form(request, form):
            return self.page(request, target, name=name, error=EXPIRED, status=403)
        key, address, throttle = name.casefold(), client_address(request), self._access.throttle
        wait = throttle.wait(key, address)
        if wait > 0:
            return self._too_many_attempts(request, target, name, wait)
        throttle.record(key, address)
        token = await to_thread.run_sync(
            self._access.log_in, name, form.get("password", ""), limiter=self._checks
        )
        if token is None:
            # Without the name: sometimes it is a password typed into the wrong field.
            _log.warning("Failed login from %s", address)
            return self.page(request, target, name=name, error=WRONG_PASSWORD, status=403)
        throttle.reset(key, address)
        _log.info("%s logged in from %s", key, address)
        return self.start_session(request, token, target)

    async def confirm_logout(self, request: Request) -> Response:
        """Show the logout page."""
        user = self._access.user_of(_session_token(request))
        if user is None:
            return RedirectResponse(f"{self._base}/login", 303)
        form_token = _form_token(request)
        page = logout_page(base=self._base, token=form_token, name=user.name)
        return self._html(request, page, form_token, 200)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        if not is_own_form(request, await _form(request)):
            return await self.confirm_logout(request)
        self._access.log_out(_session_token(request))
        _log.info("Logout from %s", client_address(request))
        response = RedirectResponse(f"{self._base}/login", 303)
        response.delete_cookie(SESSION_COOKIE, path=f"{self._base}/")
        return response

    def start_session(self, request: Request, token: str, target: str) -> Response:
        """Return the response that stores a session in the browser and redirects to `target`."""
        response = RedirectResponse(target, 303)
        response.set_cookie(
            SESSION_COOKIE, token, path=f"{self._base}/", httponly=True, samesite="lax",
            secure=is_encrypted(request),
        )  # fmt: skip
        return response

    def page(
        self, request: Request, target: str, *, name: str = "", error: str = "", status: int = 200
    ) -> Response:
        """Return the login page, which leads on to `target`."""
        form_token, provider = _form_token(request), self._access.provider
        button = ""
        if provider.is_set:
            url = f"{self._base}/oidc/login?{urlencode({'next': target})}"
            button = provider_button(provider.label, url)
        page = login_page(
            shop=self._shop, base=self._base, token=form_token, target=target, name=name[:64],
            error=error, has_form=self._access.users is not None, provider=button,
        )  # fmt: skip
        return self._html(request, page, form_token, status)

    def _too_many_attempts(self, request: Request, target: str, name: str, wait: float) -> Response:
        error = f"Too many failed attempts. Try again in {_duration(wait)}."
        response = self.page(request, target, name=name, error=error, status=429)
        response.headers["Retry-After"] = str(math.ceil(wait))
        return response

    def _html(self, request: Request, page: str, form_token: str, status: int) -> Response:
        response = HTMLResponse(page, status, {"Content-Security-Policy": POLICY})
        response.set_cookie(
            FORM_COOKIE, form_token, path=f"{self._base}/", httponly=True, samesite="strict",
            secure=is_encrypted(request),
        )  # fmt: skip
        return response


def is_own_form(request: Request, form: dict[str, str]) -> bool:
    """Return whether a form comes from the dashboard, not from another site (CSRF)."""
    token = request.cookies.get(FORM_COOKIE, "")
    is_same_token = hmac.compare_digest(token.encode(), form.get("token", "").encode())
    is_own_page = "origin" not in request.headers or is_same_origin(request)
    return bool(token) and is_same_token and is_own_page


def _session_token(request: Request) -> str:
    return request.cookies.get(SESSION_COOKIE, "")


def _form_token(request: Request) -> str:
    return request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)


async def _form(request: Request) -> dict[str, str]:
    """Return the first value of each form field; nothing if the body is too large to be a form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _duration(seconds: float) -> str:
    if seconds <= 90:
        return counted(math.ceil(seconds), "second", "seconds")
    return counted(math.ceil(seconds / 60), "minute", "minutes")
