"""The dashboard server: it checks who could reach it before it listens."""

import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from threading import enumerate as enumerate_threads
from threading import main_thread
from typing import TYPE_CHECKING

from regulars.core.errors import InputError
from regulars.core.settings import load_settings
from regulars.web.auth.access import AccessControl, LocalAccess, LoginAccess
from regulars.web.auth.users import UserFile
from regulars.web.context import AppContext, set_app_context
from regulars.web.listen import LOCALHOST, is_local, listen, log_to_stderr, url_of
from regulars.web.settings import DashboardSettings, load_dashboard_settings

if TYPE_CHECKING:
    from regulars.web.result_cache import ResultCache

_log = logging.getLogger(__name__)

SCRIPT = Path(__file__).parent / "dashboard" / "entry_point" / "main.py"
SHUTDOWN_SECONDS = 3
"""How long open pages and running queries may take to finish when the server stops."""

_ADD_A_USER = "Add a user first:  regulars users add ann --role admin"


def serve(
    warehouse: str | None = None, *, host: str = LOCALHOST, port: int | None = None,
    base_path: str = "", users: str | None = None, proxy: str | None = None,
    announce: Callable[[str], None] = print, script: Path = SCRIPT,
) -> None:  # fmt: skip
    """Serve the dashboard of a warehouse until it is interrupted.

    warehouse   its address, by default the one in regulars.toml; it may not exist yet
    host, port  where to listen; by default the first free port from 8501
    base_path   the prefix of every path, such as /shop
    users       the users file, by default the one in regulars.toml
    proxy       the address of a trusted reverse proxy
    announce    called with the URL
    script      the Streamlit script to run

    Raises InputError before it listens: if others could reach it without logging in, if the
    port is in use, or for an invalid option.
    """
    settings, dashboard = load_settings(), load_dashboard_settings()
    base = normalize_base_path(base_path)
    access = access_for(dashboard, users)
    if not access.requires_login:
        check_local_only(host, proxy)
    listener = listen(host, port)
    log_to_stderr()
    if not is_local(host):
        _log.warning(
            "Passwords and figures are sent unencrypted. Put a proxy with TLS in front of the "
            "dashboard: docs/dashboard.md"
        )
    context = AppContext(
        warehouse or settings.warehouse, settings, base, access.requires_login,
        dashboard.views_file, dashboard.digest_file,
    )  # fmt: skip
    _serve(context, dashboard, access, listener, proxy=proxy, announce=announce, script=script)


def _serve(
    context: AppContext, dashboard: DashboardSettings, access: AccessControl,
    listener: socket.socket, *, proxy: str | None, announce: Callable[[str], None], script: Path,
) -> None:  # fmt: skip
    set_app_context(context)
    from regulars.web.api.serve import api_of_dashboard
    from regulars.web.app import application
    from regulars.web.dashboard.warm_up import keep_warm
    from regulars.web.result_cache import result_cache

    script, results = script.resolve(), result_cache(context)
    app = application(
        access, script, shop=context.settings.shop, base=context.base_path,
        upload_megabytes=dashboard.upload_megabytes, api=api_of_dashboard(results),
    )  # fmt: skip
    _add_to_import_path(script.parent)
    announce(url_of(listener, context.base_path))
    keep_warm(results, with_views=dashboard.warm_up)
    _run(app, listener, proxy)
    _shut_down(results)


def _add_to_import_path(folder: Path) -> None:
    """Append the folder of the script to `sys.path`.

    Otherwise Streamlit inserts it at the front for each run and removes it again, and an import in
    another thread at that moment can miss its module.
    """
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _shut_down(results: "ResultCache") -> None:
    """Wait briefly for running queries, then exit."""
    if results.shut_down(SHUTDOWN_SECONDS):
        return
    # A confirmed load finishes. A query does not: DuckDB would abort the process if the interpreter
    # were torn down while a query runs.
    for thread in set(enumerate_threads()) - {main_thread()}:
        if not thread.daemon:
            thread.join()
    sys.stderr.flush()
    os._exit(0)


def access_for(settings: DashboardSettings, users: str | None = None) -> AccessControl:
    """Return the access control: with login if there is a users file or a provider.

    Raises InputError if the named users file does not exist, ProfileError if it is invalid.
    """
    file = UserFile(Path(users or settings.users_file))
    if file.path.is_file():
        file.users()
        return LoginAccess(settings, file)
    if users:
        raise InputError(
            f"There is no file {users}. Create it:  regulars users add ann --role admin "
            f"--users {users}"
        )
    return LoginAccess(settings, None) if settings.oidc.is_set else LocalAccess()


def check_local_only(host: str, proxy: str | None) -> None:
    """Raise InputError if anyone but the user of this machine could reach the server."""
    if not is_local(host):
        raise InputError(
            f"The dashboard does not listen on {host} without login: anyone who reaches it would "
            f"see every customer. {_ADD_A_USER}"
        )
    if proxy:
        raise InputError(
            f"Through a proxy, others can reach the dashboard without login. {_ADD_A_USER}"
        )


def normalize_base_path(path: str) -> str:
    """Return the prefix of every path: empty, or with a leading and no trailing slash.

    Raises InputError for characters that a URL would quote or resolve.
    """
    base = path.strip("/")
    if not all(
        character.isascii() and (character.isalnum() or character in "-_/") for character in base
    ):
        raise InputError(f'--base-path "{path}" must be a path such as /shop.')
    return f"/{base}" if base else ""


def _run(app: object, listener: socket.socket, proxy: str | None) -> None:
    import uvicorn
    from streamlit import config as streamlit

    max_bytes = int(streamlit.get_option("server.maxWidgetStateSize")) * 1024 * 1024
    server = uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            ws="websockets-sansio", ws_max_size=max_bytes, ws_ping_interval=30, ws_ping_timeout=30,
            log_level="warning", access_log=False, use_colors=False, server_header=False,
            proxy_headers=proxy is not None, forwarded_allow_ips=proxy,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )  # fmt: skip
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        listener.close()
