"""The three servers to compare, each in its own process."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from installed import AS_INSTALLED

HERE = Path(__file__).parent
EMPTY_PAGE = HERE / "empty_page.py"
SECONDS_TO_START = 120

OURS, EMPTY, PLAIN = "Regulars", "empty page", "plain Streamlit"
CONTENDERS = (OURS, EMPTY, PLAIN)
"""The dashboard, the same server with an empty page, and `streamlit run` of that page."""

_SERVE = """
import sys
from pathlib import Path
from regulars.web.server import serve
serve("none.duckdb", port=int(sys.argv[1]), script=Path(sys.argv[2]))
"""


@dataclass(frozen=True)
class Server:
    """A running server.

    address  its address, ending in a slash
    start    seconds from the command to the first response
    """

    address: str
    start: float
    pid: int

    def memory(self) -> tuple[int, int]:
        """Return the peak and the current memory of its processes, in bytes."""
        memory = [_process_memory(process) for process in _process_tree(self.pid)]
        return sum(peak for peak, _ in memory), sum(now for _, now in memory)


@contextmanager
def run_server(contender: str, warehouse: str) -> Iterator[Server]:
    """Start a server with an empty cache and wait until it responds.

    Stop the benchmark if it does not start, or logs an error.
    """
    with TemporaryDirectory() as folder, (Path(folder) / "stderr").open("w+") as stderr:
        port = _free_port()
        environment = AS_INSTALLED | {"HOME": folder}
        start = time.perf_counter()
        with subprocess.Popen(
            _command(contender, warehouse, port), cwd=folder, env=environment,
            stdout=subprocess.DEVNULL, stderr=stderr,
        ) as process:  # fmt: skip
            try:
                address = f"http://localhost:{port}/"
                _wait_for(address, process)
                yield Server(address, time.perf_counter() - start, process.pid)
            finally:
                process.terminate()
                process.wait(60)
                stderr.seek(0)
                log = stderr.read()
                if "Traceback" in log:
                    print(log[-4_000:], file=sys.stderr)
        if "Traceback" in log:
            sys.exit(f"{contender} logged an error: see above.")


def _command(contender: str, warehouse: str, port: int) -> list[str]:
    commands = {
        OURS: ["-m", "regulars", "dashboard", "-w", warehouse, "--port", str(port)],
        EMPTY: ["-c", _SERVE, str(port), str(EMPTY_PAGE)],
        PLAIN: ["-m", "streamlit", "run", str(EMPTY_PAGE), "--server.port", str(port),
                "--server.address", "localhost", "--server.headless", "true",
                "--browser.gatherUsageStats", "false"],
    }  # fmt: skip
    return [sys.executable, *commands[contender]]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    with httpx.Client(trust_env=False, timeout=SECONDS_TO_START) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(f"{address}_stcore/health").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
    sys.exit(f"{process.args!r} did not start.")


def _process_tree(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _process_tree(int(child))


def _process_memory(pid: int) -> tuple[int, int]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return int(fields["VmHWM"][0]) * 1024, int(fields["VmRSS"][0]) * 1024
