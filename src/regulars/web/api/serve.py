"""The API as a server of its own, or beside the dashboard."""

import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import InputError
from regulars.core.settings import load_settings
from regulars.web.api.rate_limit import RateLimit
from regulars.web.api.settings import ApiSettings, load_api_settings
from regulars.web.api.tokens import TokenFile
from regulars.web.listen import LOCALHOST, is_local, listen, log_to_stderr, url_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from regulars.web.result_cache import ResultCache

_log = logging.getLogger(__name__)

_ADD_A_TOKEN = "Add a token first:  regulars tokens add NAME --role viewer"


def serve_api(
    warehouse: str | None = None, *, host: str = LOCALHOST, port: int | None = None,
    tokens: str | None = None, proxy: str | None = None,
    announce: Callable[[str], None] = print,
) -> None:  # fmt: skip
    """Serve the API of a warehouse until it is interrupted.

    warehouse   its address, by default the one in regulars.toml; it may not exist yet
    host, port  where to listen; by default the first free port from 8501
    tokens      the tokens file, by default the one in regulars.toml
    proxy       the address of a trusted reverse proxy
    announce    called with the URL

    Raises InputError before it listens: if others could reach it without a token, if the port is in
    use, or for an invalid option.
    """
    from regulars.web.result_cache import ResultCache

    settings, api = load_settings(), load_api_settings()
    file = token_file(api, tokens)
    if file is None and (proxy or not is_local(host)):
        raise InputError(f"Without tokens, the API answers this machine only. {_ADD_A_TOKEN}")
    listener = listen(host, port)
    log_to_stderr()
    if not is_local(host):
        _log.warning(
            "Tokens and figures are sent unencrypted. Put a proxy with TLS in front of the API: "
            "docs/api.md"
        )
    results = ResultCache(warehouse or settings.warehouse, settings)
    app = application(results, file, api)
    announce(url_of(listener, ""))
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="warning", access_log=False, use_colors=False, server_header=False,
            proxy_headers=proxy is not None, forwarded_allow_ips=proxy,
        )
    )  # fmt: skip
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        listener.close()
        results.shut_down(seconds=0)


def application(
    results: "ResultCache", tokens: TokenFile | None, settings: ApiSettings
) -> "FastAPI":
    """Return the API of a warehouse as an ASGI application."""
    from regulars.web.api.access import ApiAccess
    from regulars.web.api.app import api_app

    return api_app(results, ApiAccess(tokens, RateLimit(settings.requests_per_minute)))


def api_of_dashboard(results: "ResultCache") -> "FastAPI | None":
    """Return the API to serve beside the dashboard; None if there are no tokens.

    Raises InputError if there are tokens but FastAPI is not installed.
    """
    settings = load_api_settings()
    tokens = token_file(settings)
    if tokens is None:
        return None
    if find_spec("fastapi") is None:
        raise InputError(
            f"There are tokens for the API in {tokens.path}, but it needs additional packages:  "
            'pip install "regulars[api]"'
        )
    return application(results, tokens, settings)


def token_file(settings: ApiSettings, name: str | None = None) -> TokenFile | None:
    """Return the tokens file; None if there is none and none is named.

    Raises InputError if the named file does not exist, ProfileError if it is invalid.
    """
    file = TokenFile(Path(name or settings.tokens_file))
    if file.path.is_file():
        file.entries()
        return file
    if name:
        raise InputError(
            f"There is no file {name}. Create it:  regulars tokens add NAME --tokens {name}"
        )
    return None
