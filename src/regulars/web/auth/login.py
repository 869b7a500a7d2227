"""Logging in and out: the forms, what is sent with them, and the cookie of a session."""

import hmac
import logging
import math
import secrets
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from regulars.web.auth.access import GuardedDoor
from regulars.web.auth.middleware import SESSION
from regulars.web.auth.login_page import POLICY, login_page, logout_page, provider_button
from regulars.web.request import Asked, within

_log = logging.getLogger(__name__)

TOKEN = "regulars_form"
"""The cookie that has to hold what a form of ours sends along."""

MOST_SENT = 8192
AT_ONCE = 2
"""Passwords that are checked at once: each check takes 64 MiB."""

WRONG = "That name and password do not belong together."
STALE = "This page had been open for too long. Please try again."


class Login:
    """The pages to log in and out on, and what they lead to."""

    def __init__(self, door: GuardedDoor, shop: str, base: str) -> None:
        """Let people in by this door."""
        self._door, self._shop, self._base = door, shop, base
        self._checks = CapacityLimiter(AT_ONCE)

    def routes(self) -> list[Route]:
        """Return what these pages answer to."""
        return [
            Route(f"{self._base}/login", self.show, methods=["GET"]),
            Route(f"{self._base}/login", self.log_in, methods=["POST"]),
            Route(f"{self._base}/logout", self.ask, methods=["GET"]),
            Route(f"{self._base}/logout", self.log_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form, unless they are in already."""
        after = within(request.query_params.get("next", ""), self._base)
        if self._door.visitor(Asked(request.scope).cookie(SESSION)):
            return RedirectResponse(after, 303)
        return self.page(request, after)

    async def log_in(self, request: Request) -> Response:
        """Let them in if they know the password, after the wait that is due for wrong ones."""
        sent = await _sent(request)
        asked = Asked(request.scope)
        name, after = sent.get("name", "").strip(), within(sent.get("next", ""), self._base)
        if not is_our_form(asked, sent):
            return self.page(request, after, name=name, wrong=STALE, status=403)
        key = name.casefold()
        wait = self._door.attempts.wait(key, asked.address)
        if wait > 0:
            return self._too_often(request, after, name, wait)
        self._door.attempts.begin(key, asked.address)
        word = await to_thread.run_sync(
            self._door.log_in, name, sent.get("password", ""), limiter=self._checks
        )
        if word is None:
            # Not the name: it is a password that somebody typed into the wrong box, at times.
            _log.warning("A wrong name or password from %s", asked.address)
            return self.page(request, after, name=name, wrong=WRONG, status=403)
        self._door.attempts.succeeded(key, asked.address)
        _log.info("%s logged in from %s", key, asked.address)
        return self.enter(asked, word, after)

    async def ask(self, request: Request) -> Response:
        """Ask whether to log out."""
        visitor = self._door.visitor(Asked(request.scope).cookie(SESSION))
        if visitor is None:
            return RedirectResponse(f"{self._base}/login", 303)
        token = _token(request)
        page = logout_page(base=self._base, token=token, name=visitor.name)
        return self._answer(request, page, token, 200)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        asked = Asked(request.scope)
        if not is_our_form(asked, await _sent(request)):
            return await self.ask(request)
        self._door.log_out(asked.cookie(SESSION))
        _log.info("Somebody at %s logged out", asked.address)
        answer = RedirectResponse(f"{self._base}/login", 303)
        answer.delete_cookie(SESSION, path=f"{self._base}/")
        return answer

    def enter(self, asked: Asked, word: str, after: str) -> Response:
        """Return the answer that begins a session in the browser."""
        answer = RedirectResponse(after, 303)
        answer.set_cookie(
            SESSION, word, path=f"{self._base}/", httponly=True, samesite="lax",
            secure=asked.is_secure,
        )  # fmt: skip
        return answer

    def page(
        self, request: Request, after: str, *, name: str = "", wrong: str = "", status: int = 200
    ) -> Response:
        """Return the page to log in on."""
        token = _token(request)
        page = login_page(
            shop=self._shop, base=self._base, token=token, after=after, name=name[:64],
            wrong=wrong, has_form=self._door.users is not None, provider=self._button(after),
        )  # fmt: skip
        return self._answer(request, page, token, status)

    def _button(self, after: str) -> str:
        provider = self._door.provider
        if not provider.is_set:
            return ""
        from urllib.parse import urlencode

        target = f"{self._base}/oidc/login?{urlencode({'next': after})}"
        return provider_button(provider.label, target)

    def _too_often(self, request: Request, after: str, name: str, wait: float) -> Response:
        told = f"Too many wrong passwords. Wait {_spoken(wait)}, then try again."
        answer = self.page(request, after, name=name, wrong=told, status=429)
        answer.headers["Retry-After"] = str(math.ceil(wait))
        return answer

    def _answer(self, request: Request, page: str, token: str, status: int) -> Response:
        answer = HTMLResponse(page, status, {"Content-Security-Policy": POLICY})
        answer.set_cookie(
            TOKEN, token, path=f"{self._base}/", httponly=True, samesite="strict",
            secure=Asked(request.scope).is_secure,
        )  # fmt: skip
        return answer


def is_our_form(asked: Asked, sent: dict[str, str]) -> bool:
    """Whether a form of ours was sent, and not one of another site in somebody's name."""
    token = asked.cookie(TOKEN)
    is_same = hmac.compare_digest(token.encode(), sent.get("token", "").encode())
    return bool(token) and is_same and ("origin" not in asked.headers or asked.is_from_ours)


def _token(request: Request) -> str:
    return Asked(request.scope).cookie(TOKEN) or secrets.token_urlsafe(24)


async def _sent(request: Request) -> dict[str, str]:
    """Return what a form sent, the first of each name; nothing of what is too long to be one."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_SENT:
            return {}
    try:
        told = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in told.items()}


def _spoken(seconds: float) -> str:
    if seconds <= 90:
        return f"{math.ceil(seconds)} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
