"""What every answer tells the browser to refuse."""

import base64
import hashlib
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"


class SecureHeaders:
    """An ASGI application around all others, whose answers it completes."""

    def __init__(self, app: ASGIApp, policy: str, base: str) -> None:
        """Add this policy where an answer brings none of its own."""
        self._app, self._policy, self._base = app, policy, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, complete)

    def _complete(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in _FIXED.items():
            headers[name] = value
        headers.setdefault("Content-Security-Policy", self._policy)
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = HSTS
            _keep_to_tls(headers)
        if not scope["path"].startswith(f"{self._base}/static/"):
            headers["Cache-Control"] = "no-store"


def _keep_to_tls(headers: MutableHeaders) -> None:
    """Have every cookie sent by TLS alone, whoever set it."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        is_kept = "; secure" in cookie.lower()
        headers.append("set-cookie", cookie if is_kept else f"{cookie}; Secure")


def streamlit_policy() -> str:
    """Return what a browser may do for a page of Streamlit, as it is installed.

    Everything comes from here, and nothing is sent anywhere else. Styles are written by its script
    while it runs, which only 'unsafe-inline' allows.
    """
    import streamlit

    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = " ".join(map(_source, _INLINE.findall(page.read_text("utf-8"))))
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        "media-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _source(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
