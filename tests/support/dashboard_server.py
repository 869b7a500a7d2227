"""A real dashboard in its own process, and a client that talks HTTP and WebSocket to it."""

import os
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from regulars.web.server import SCRIPT
from support.forked_server import ForkedServer, fork_server

SCRIPTS = Path(__file__).parent / "scripts"
ECHO_SCRIPT = SCRIPTS / "reports_request.py"
"""A Streamlit script that prints what the server passed to it, in place of our pages."""

PASSWORDS = {
    "vera": "vera looks at figures",
    "anna": "anna looks at people",
    "eric": "eric takes lists away",
    "adam": "adam loads the files",
}
STDERR_FILE = "stderr.txt"
ROLES = {"vera": "viewer", "anna": "analyst", "eric": "exporter", "adam": "admin"}


@dataclass(frozen=True)
class DashboardProcess:
    """A running dashboard.

    address  the address it announced, ending in a slash
    folder   its working directory, with regulars.toml and the users file
    """

    address: str
    folder: Path
    process: "subprocess.Popen[str] | ForkedServer"

    @property
    def origin(self) -> str:
        return "/".join(self.address.split("/", 3)[:3])

    def stop(self) -> int:
        """Interrupt it, as Ctrl-C does, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@contextmanager
def run_server(folder: Path, **options: Any) -> Iterator[DashboardProcess]:
    """Serve a script, by default the one that echoes; options are those of `serve`."""
    options = {"script": str(ECHO_SCRIPT), "warehouse": "shop.duckdb", **options}
    environment = os.environ | {"HOME": str(folder)}
    process, announced = fork_server(folder, folder / STDERR_FILE, environment, options)
    try:
        yield DashboardProcess(_address_in(announced), folder, process)
    finally:
        process.terminate()


def run_dashboard(
    folder: Path, *, settings: str = "", **options: Any
) -> "AbstractContextManager[DashboardProcess]":
    """Serve our pages under these settings, without warming up the pages."""
    (folder / "regulars.toml").write_text(f"{settings}\n[dashboard]\nwarm_up = false\n")
    return run_server(folder, script=str(SCRIPT), **options)


@contextmanager
def run_server_command(command: list[str], folder: Path) -> Iterator[DashboardProcess]:
    """Start a command that announces an address, and wait until the server responds there."""
    env = os.environ | {"HOME": str(folder)}
    with (
        (folder / STDERR_FILE).open("a") as stderr,
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True, env=env
        ) as process,
    ):
        try:
            assert process.stdout
            address = _address_in(process.stdout.readline())
            yield DashboardProcess(address, folder, process)
        finally:
            process.terminate()


def _address_in(announced: str) -> str:
    """Return the address that a server announced, once it responds there."""
    address = re.search(r"http://\S+", announced)
    assert address, "the server announced no address"
    httpx.get(f"{address[0]}health", trust_env=False, timeout=60)
    return address[0]


def write_users(folder: Path, **roles: str) -> Path:
    """Write a users file, as `regulars users add` does; by default one user for each role."""
    from regulars.web.auth.users import UserFile
    from regulars.web.roles import Role

    file = UserFile(folder / "regulars-users.toml")
    for name, role in (roles or ROLES).items():
        file.add(name, Role(role), PASSWORDS[name])
    return file.path


class WebClient:
    """A client with cookies that speaks HTTP and WebSocket but runs no scripts."""

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        self.address, self._tls = address, tls
        self.origin = "/".join(address.split("/", 3)[:3])
        self.http = httpx.Client(
            base_url=address, headers={"Origin": self.origin}, trust_env=False, timeout=60,
            verify=tls or True,
        )  # fmt: skip

    def token(self, form: str = "login") -> str:
        """Return the CSRF token of a form."""
        found = re.search(r'name="token" value="([^"]+)"', self.http.get(form).text)
        assert found
        return found[1]

    def log_in(self, name: str, password: str | None = None, **extra: str) -> httpx.Response:
        """Submit the login form."""
        fields = {"name": name, "password": password or PASSWORDS[name], "token": self.token()}
        return self.http.post("login", data=fields | extra)

    def logged_in(self, name: str) -> "WebClient":
        """Log in successfully and return the client."""
        assert self.log_in(name).status_code == 303
        return self

    def page(self, path: str = "", **headers: str) -> httpx.Response:
        return self.http.get(path, headers={"Accept": "text/html", **headers})

    @property
    def session(self) -> str:
        return self.http.cookies["regulars_session"]

    @contextmanager
    def stream(self, *subprotocols: str, **headers: str) -> Iterator[ClientConnection]:
        """Open the WebSocket of a page with these headers; an empty header is not sent."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        headers = {"Origin": self.origin, "Cookie": cookies, **headers}
        url = self.address.replace("http", "ws", 1) + "_stcore/stream"
        with connect(
            url, additional_headers={name: text for name, text in headers.items() if text},
            subprotocols=[Subprotocol(name) for name in ("streamlit", *subprotocols)],
            proxy=None, max_size=None, ssl=self._tls,
            open_timeout=60,
        ) as connection:  # fmt: skip
            yield connection


def request_rerun(stream: ClientConnection, page: str = "") -> None:
    """Ask Streamlit to run a page again, as a click does."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    message.rerun_script.page_name = page
    stream.send(message.SerializeToString())


def rerun_until(stream: ClientConnection, text: str, page: str = "") -> bytes:
    """Run a page and return everything the server sends until this text appears."""
    request_rerun(stream, page)
    received = b""
    while text.encode() not in received:
        message = stream.recv(timeout=30)
        assert isinstance(message, bytes)
        received += message
    return received


def read_until_closed(stream: ClientConnection) -> tuple[int | None, bytes]:
    """Read until the server closes the connection; return the close code and all it sent."""
    received = b""
    with suppress(ConnectionClosed):
        while True:
            message = stream.recv(timeout=20)
            assert isinstance(message, bytes)
            received += message
    return stream.close_code, received
