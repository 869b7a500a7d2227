"""Listen on an address, and write what happens to stderr."""

import errno
import ipaddress
import logging
import socket

from regulars.core.errors import InputError

LOCALHOST = "127.0.0.1"
FIRST_PORT, PORTS = 8501, 100


def is_local(host: str) -> bool:
    """Return whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int | None) -> socket.socket:
    """Return a listening socket on that port, or on the first free one.

    Raises InputError if there is none.
    """
    ports = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS)
    for candidate in ports:
        listener = _bind(host, candidate)
        if listener is not None:
            return listener
    if port is None:
        raise InputError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free.")
    raise InputError(f"Port {port} is in use. Choose another with --port, or leave it out.")


def _bind(host: str, port: int) -> socket.socket | None:
    """Return a listening socket, or None if the port is in use."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise InputError(f"--host {host}: there is no such address.") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two servers can bind a port at the same time; only listening tells them apart.
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise InputError(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    return listener


def url_of(listener: socket.socket, base: str) -> str:
    """Return the URL of the dashboard for a browser."""
    host, port = listener.getsockname()[:2]
    if ":" in host:
        host = f"[{host}]"
    name = "localhost" if host in (LOCALHOST, "0.0.0.0", "[::]") else host
    return f"http://{name}:{port}{base}/"


def log_to_stderr() -> None:
    """Write logins, failed logins and errors to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("regulars.web")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
