"""A dashboard that really runs, in a process of its own, and those who come to it."""

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from regulars.web.server import SCRIPT

SCRIPTS = Path(__file__).parent / "scripts"
ECHO_SCRIPT = SCRIPTS / "reports_request.py"
"""A script of Streamlit's that says what it is told, instead of our pages."""

PASSWORDS = {
    "vera": "vera looks at figures",
    "anna": "anna looks at people",
    "eric": "eric takes lists away",
    "adam": "adam loads the files",
}
STDERR_FILE = "stderr.txt"
ROLES = {"vera": "viewer", "anna": "analyst", "eric": "exporter", "adam": "admin"}
SERVE = """
import json, sys
from pathlib import Path
from regulars.web.server import serve
told = json.loads(sys.argv[1])
serve(**{**told, "script": Path(told["script"])}, announce=lambda at: print(at, flush=True))
"""


@dataclass(frozen=True)
class DashboardProcess:
    """A dashboard that runs.

    address  what it announced, with a slash at the end
    folder   where it was started: regulars.toml and the users are there
    """

    address: str
    folder: Path
    process: "subprocess.Popen[str]"

    @property
    def origin(self) -> str:
        return "/".join(self.address.split("/", 3)[:3])

    def stop(self) -> int:
        """Send it what Ctrl-C sends; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@contextmanager
def run_server(folder: Path, **told: Any) -> Iterator[DashboardProcess]:
    """Serve a script; told is what `serve` takes."""
    import json

    told = {"script": str(ECHO_SCRIPT), "warehouse": "shop.duckdb", **told}
    with run_server_command([sys.executable, "-c", SERVE, json.dumps(told)], folder) as one:
        yield one


def run_dashboard(
    folder: Path, *, settings: str = "", **told: Any
) -> "AbstractContextManager[DashboardProcess]":
    """Serve our pages by such settings; what nobody comes to is not worked out beforehand."""
    (folder / "regulars.toml").write_text(f"{settings}\n[dashboard]\nwarm_up = false\n")
    return run_server(folder, script=str(SCRIPT), **told)


@contextmanager
def run_server_command(command: list[str], folder: Path) -> Iterator[DashboardProcess]:
    """Start a command that announces an address, and wait until it answers there."""
    alone = os.environ | {"HOME": str(folder)}
    with (
        (folder / STDERR_FILE).open("a") as said,
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=said, text=True, env=alone
        ) as process,
    ):
        try:
            assert process.stdout
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address, "it announced no address"
            httpx.get(f"{address[0]}health", trust_env=False, timeout=60)
            yield DashboardProcess(address[0], folder, process)
        finally:
            process.terminate()


def write_users(folder: Path, **roles: str) -> Path:
    """Write a file of users, by default one for each role, as our command does."""
    from regulars.web.auth.users import UserFile
    from regulars.web.roles import Role

    file = UserFile(folder / "regulars-users.toml")
    for name, role in (roles or ROLES).items():
        file.add(name, Role(role), PASSWORDS[name])
    return file.path


class WebClient:
    """Somebody with cookies, and no script: what comes by HTTP and by WebSocket."""

    def __init__(self, address: str, trusting: ssl.SSLContext | None = None) -> None:
        self.address, self._trusting = address, trusting
        self.origin = "/".join(address.split("/", 3)[:3])
        self.http = httpx.Client(
            base_url=address, headers={"Origin": self.origin}, trust_env=False, timeout=60,
            verify=trusting or True,
        )  # fmt: skip

    def token(self) -> str:
        """Return what the form to log in has in it."""
        return self.token_of("login")

    def token_of(self, form: str) -> str:
        """Return what a form has in it that no other site knows."""
        found = re.search(r'name="token" value="([^"]+)"', self.http.get(form).text)
        assert found
        return found[1]

    def log_in(self, name: str, password: str | None = None, **sent: str) -> httpx.Response:
        """Send the form, as filled in."""
        filled = {"name": name, "password": password or PASSWORDS[name], "token": self.token()}
        return self.http.post("login", data=filled | sent)

    def logged_in(self, name: str) -> "WebClient":
        """Log in, and be in."""
        assert self.log_in(name).status_code == 303
        return self

    def page(self, path: str = "", **headers: str) -> httpx.Response:
        return self.http.get(path, headers={"Accept": "text/html", **headers})

    @property
    def session(self) -> str:
        return self.http.cookies["regulars_session"]

    @contextmanager
    def stream(self, *told: str, **headers: str) -> Iterator[ClientConnection]:
        """Open the stream of a page with these headers; told is what Streamlit is told."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        heading = {"Origin": self.origin, "Cookie": cookies, **headers}
        at = self.address.replace("http", "ws", 1) + "_stcore/stream"
        with connect(
            at, additional_headers={name: text for name, text in heading.items() if text},
            subprotocols=["streamlit", *told], proxy=None, max_size=None, ssl=self._trusting,
            open_timeout=60,
        ) as opened:  # fmt: skip
            yield opened


def request_rerun(stream: ClientConnection, page: str = "") -> None:
    """Have the page drawn again, as a click does, or another page."""
    told = BackMsg()
    told.rerun_script.query_string = ""
    told.rerun_script.page_name = page
    stream.send(told.SerializeToString())


def rerun_until(stream: ClientConnection, words: str, page: str = "") -> bytes:
    """Have a page drawn; return everything that was sent until these words."""
    request_rerun(stream, page)
    sent = b""
    while words.encode() not in sent:
        message = stream.recv(timeout=30)
        assert isinstance(message, bytes)
        sent += message
    return sent


def read_until_closed(stream: ClientConnection) -> tuple[int | None, bytes]:
    """Read until the server hangs up; return the code it gave, and what it sent before."""
    sent = b""
    with suppress(ConnectionClosed):
        while True:
            message = stream.recv(timeout=20)
            assert isinstance(message, bytes)
            sent += message
    return stream.close_code, sent
