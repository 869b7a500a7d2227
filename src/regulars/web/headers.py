"""The security headers of every response."""

import base64
import hashlib
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "max-age=31536000"
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class SecurityHeaders:
    """ASGI middleware that adds security headers to every response."""

    def __init__(self, app: ASGIApp, policy: str, base: str) -> None:
        """Use `policy` for responses without a Content-Security-Policy of their own."""
        self._app, self._policy, self._base = app, policy, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in _HEADERS.items():
            headers[name] = value
        headers.setdefault("Content-Security-Policy", self._policy)
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = HSTS
            _secure_cookies(headers)
        if not scope["path"].startswith(f"{self._base}/static/"):
            headers["Cache-Control"] = "no-store"


def _secure_cookies(headers: MutableHeaders) -> None:
    """Mark every cookie as Secure, including those that Streamlit sets."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        is_secure = "; secure" in cookie.lower()
        headers.append("set-cookie", cookie if is_secure else f"{cookie}; Secure")


def streamlit_policy() -> str:
    """Return the Content-Security-Policy for the pages of the installed Streamlit.

    Everything loads from this server only. Styles need 'unsafe-inline' because Streamlit writes
    them at run time.
    """
    import streamlit

    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = " ".join(map(_script_source, _INLINE_SCRIPT.findall(page.read_text("utf-8"))))
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        "media-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _script_source(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
