"""The server: it listens, first of all, only where it may."""

import errno
import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from threading import enumerate as enumerate_threads
from threading import main_thread
from typing import TYPE_CHECKING

from regulars.core.errors import QuestionError
from regulars.core.settings import load_settings
from regulars.web.auth.access import Door, GuardedDoor, OpenDoor
from regulars.web.auth.users import UserFile
from regulars.web.context import Served, serve_this
from regulars.web.settings import Dashboard, load_dashboard

if TYPE_CHECKING:
    from regulars.web.result_cache import Answers

_log = logging.getLogger(__name__)

HERE = "127.0.0.1"
SCRIPT = Path(__file__).parent / "dashboard" / "main.py"
FIRST_PORT, PORTS = 8501, 100
LAST_WORDS = 3
"""Seconds that open pages are given to end when the server does."""


def serve(
    warehouse: str | None = None, *, host: str = HERE, port: int | None = None, base_path: str = "",
    users: str | None = None, proxy: str | None = None,
    announce: Callable[[str], None] = print, script: Path = SCRIPT,
) -> None:  # fmt: skip
    """Serve the dashboard of a warehouse until it is told to end.

    warehouse   its address, or what regulars.toml names; there need not be one there yet
    host, port  where to listen; without a port, the first free one from 8501 on
    base_path   what stands before every path, such as /shop
    users       the file of users, or what regulars.toml names
    proxy       the address of a reverse proxy whose word is to be believed
    announce    told the address
    script      what Streamlit runs for each visitor

    Raises QuestionError before it listens anywhere: where others could reach it without logging
    in, where a port is in use, where an option will not do.
    """
    settings, dashboard, base = load_settings(), load_dashboard(), clean_base(base_path)
    door = door_for(dashboard, users)
    if not door.is_guarded:
        refuse_strangers(host, proxy)
    listener = listen(host, port)
    place = warehouse or settings.warehouse
    what = Served(place, settings, base, door.is_guarded, dashboard.views_file)
    serve_this(what)
    from regulars.web.result_cache import answers_of
    from regulars.web.app import application
    from regulars.web.dashboard.warm_up import keep_warm

    script = script.resolve()
    app = application(
        door, script, shop=settings.shop, base=base, upload_megabytes=dashboard.upload_megabytes
    )
    _leave_the_path_alone(script)
    announce(address(listener, base))
    _log_to_stderr()
    fresh = settings.expectations.fresh_within_days
    keep_warm(answers_of(what), fresh, with_views=dashboard.warm_up)
    if not is_here(host):
        _log.warning(
            "What is typed and shown can be read on its way: put TLS before it: docs/dashboard.md."
        )
    _run(app, listener, proxy)
    _end(answers_of(what))


def _leave_the_path_alone(script: Path) -> None:
    """Have the folder of a script on `sys.path` for good, behind all others.

    Else Streamlit puts it before all others for each run, and takes it away again. An import in
    another thread at that moment can pass over a folder, and not find its module.
    """
    folder = str(script.parent)
    if folder not in sys.path:
        sys.path.append(folder)


def _end(answers: "Answers") -> None:
    """Let what is being worked out come to its end, but not keep anybody waiting for long."""
    if answers.end(LAST_WORDS):
        return
    # A load that was confirmed is let finish. A query is not: torn down with the interpreter while
    # it runs, DuckDB would abort the process.
    for other in set(enumerate_threads()) - {main_thread()}:
        if not other.daemon:
            other.join()
    sys.stderr.flush()
    os._exit(0)


def door_for(settings: Dashboard, users: str | None = None) -> Door:
    """Return the door: guarded if there is a file of users or a provider.

    Raises QuestionError where a file of users was named and is not there, ProfileError where it is
    not well formed.
    """
    file = UserFile(Path(users or settings.users_file))
    if file.path.is_file():
        file.users()
        return GuardedDoor(settings, file)
    if users:
        raise QuestionError(
            f"There is no file {users}. Make it:  regulars users add ann --role admin "
            f"--users {users}"
        )
    return GuardedDoor(settings, None) if settings.oidc.is_set else OpenDoor()


def refuse_strangers(host: str, proxy: str | None) -> None:
    """Raise QuestionError if others than the user of this machine could come in."""
    if not is_here(host):
        raise QuestionError(
            f"The dashboard will not listen on {host}: everybody who reaches it would see every "
            "customer. Say first who may log in:  regulars users add ann --role admin"
        )
    if proxy:
        raise QuestionError(
            "Behind a proxy others can reach the dashboard. Say first who may log in:  "
            "regulars users add ann --role admin"
        )


def is_here(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def clean_base(path: str) -> str:
    """Return what stands before every path: nothing, or a slash and names without one at the end.

    Raises QuestionError for what would be another path in an address than it looks.
    """
    base = path.strip("/")
    if not all(sign.isascii() and (sign.isalnum() or sign in "-_/") for sign in base):
        raise QuestionError(f'--base-path "{path}" should be a path such as /shop.')
    return f"/{base}" if base else ""


def listen(host: str, port: int | None) -> socket.socket:
    """Return a socket at that port, or at the first free one.

    Raises QuestionError where there is none.
    """
    tried = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS)
    for one in tried:
        listener = _bound(host, one)
        if listener is not None:
            return listener
    if port is None:
        raise QuestionError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free.")
    raise QuestionError(f"Port {port} is in use. Name another with --port, or none.")


def _bound(host: str, port: int) -> socket.socket | None:
    """Return a socket, or None where that port is in use."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise QuestionError(f"--host {host}: there is no such address.") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two that bind a port at once are only told apart when they listen.
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise QuestionError(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
    return listener


def address(listener: socket.socket, base: str) -> str:
    """Return where a browser finds what listens there."""
    host, port = listener.getsockname()[:2]
    if ":" in host:
        host = f"[{host}]"
    return f"http://{'localhost' if host in (HERE, '0.0.0.0', '[::]') else host}:{port}{base}/"


def _log_to_stderr() -> None:
    """Have said who comes in, who does not, and what goes wrong."""
    told = logging.StreamHandler()
    told.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    ours = logging.getLogger("regulars.web")
    ours.setLevel(logging.INFO)
    ours.addHandler(told)


def _run(app: object, listener: socket.socket, proxy: str | None) -> None:
    """Serve until told to end, quietly."""
    import uvicorn
    from streamlit import config as streamlit

    largest = int(streamlit.get_option("server.maxWidgetStateSize")) * 1024 * 1024
    server = uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            ws="websockets-sansio", ws_max_size=largest, ws_ping_interval=30, ws_ping_timeout=30,
            log_level="warning", access_log=False, use_colors=False, server_header=False,
            proxy_headers=proxy is not None, forwarded_allow_ips=proxy,
            timeout_graceful_shutdown=LAST_WORDS,
        )
    )  # fmt: skip
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        listener.close()
