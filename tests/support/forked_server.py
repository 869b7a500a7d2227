"""Serve in a process forked from one that has imported everything, which saves seconds each."""

import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Any

import pytest

from support.small_shop import built_small_shop

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([
    "regulars.web.server", "regulars.web.dashboard.script", "regulars.web.dashboard.warm_up",
    "streamlit.web.server", "duckdb", "ibis.backends.duckdb", "pandas", "pyarrow.parquet",
    "support.compiled_pages",
])  # fmt: skip
WAREHOUSE = "REGULARS_TEST_WAREHOUSE"
"""The environment variable with the 30-line shop, for which the first process compiles pages."""

SECONDS_TO_START = 120


@dataclass(frozen=True)
class ForkedServer:
    """A server in a process of its own, with the interface of `subprocess.Popen` that tests use."""

    process: ForkServerProcess

    def send_signal(self, number: int) -> None:
        assert self.process.pid
        os.kill(self.process.pid, number)

    def wait(self, timeout: float) -> int:
        """Return the exit code; raise AssertionError if it does not end in time."""
        self.process.join(timeout)
        assert self.process.exitcode is not None, "the server does not end"
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()
        self.process.join()


def fork_server(
    folder: Path, stderr: Path, environment: Mapping[str, str], options: Mapping[str, Any]
) -> tuple[ForkedServer, str]:
    """Serve from a folder; return the process and the address it announces."""
    _start_first_process()
    receiver, sender = FORKS.Pipe(duplex=False)
    arguments = (folder, stderr, dict(environment), dict(options), sender)
    process = FORKS.Process(target=_serve, args=arguments, daemon=True)
    process.start()
    sender.close()
    with receiver:
        assert receiver.poll(SECONDS_TO_START), "the server announced no address"
        return ForkedServer(process), receiver.recv()


@cache
def _start_first_process() -> None:
    """Start the process from which all servers are forked."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(WAREHOUSE, str(built_small_shop() / "shop.duckdb"))
        # It would ignore a module that it cannot find.
        environment.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
        ensure_running()


def _serve(
    folder: Path, stderr: Path, environment: dict[str, str], options: dict[str, Any],
    sender: Connection,
) -> None:  # fmt: skip
    from regulars.web.server import serve

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((0, os.devnull), (1, os.devnull), (2, stderr)):
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        os.dup2(file, number)
    options["script"] = Path(options["script"])
    serve(**options, announce=sender.send)
