"""Post a message to a webhook. Its address is in the environment and never in an error."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from regulars.core.errors import ProfileError
from regulars.core.secret import read_secret
from regulars.web.digest.mail import NotSentError

TIMEOUT_SECONDS = 15
LONGEST_WAIT = 30
"""The most seconds to wait before a retry, whatever the server asks for."""

_LOCAL = ("localhost", "127.0.0.1")


def webhook_address(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the address in an environment variable. Raises ProfileError if it has none."""
    address = read_secret(name, environment).strip()
    if not address:
        raise ProfileError(f"Set {name} in the environment to the address of the webhook.")
    url = urlsplit(address)
    if not url.hostname or not (
        url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOCAL)
    ):
        raise ProfileError(f"The address in {name} must begin with https://.")
    return address


def post(name: str, address: str, message: Mapping[str, Any]) -> None:
    """Post a message as JSON, and retry once if the server asks to wait.

    Raises NotSentError, which names the variable instead of the address.
    """
    wait = _post(name, address, message)
    if wait is not None:
        time.sleep(min(wait, LONGEST_WAIT))
        if _post(name, address, message) is not None:
            raise NotSentError(f"The webhook of {name} has had too many messages. Try again later.")


def _post(name: str, address: str, message: Mapping[str, Any]) -> float | None:
    """Post a message once; return None, or how long the server asks to wait.

    Raises NotSentError for any other answer.
    """
    request = urllib.request.Request(
        address, json.dumps(message).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with _opener(address).open(request, timeout=TIMEOUT_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 429:
                return _seconds(error.headers.get("Retry-After", ""))
            raise NotSentError(
                f"The webhook of {name} answered {error.code} {error.reason}."
            ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        words = getattr(reason, "strerror", None) or type(reason).__name__
        raise NotSentError(f"The webhook of {name} cannot be reached: {words}.") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Treat a redirect as an error: following it would drop the message."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _opener(address: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if urlsplit(address).hostname in _LOCAL:
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 1.0
