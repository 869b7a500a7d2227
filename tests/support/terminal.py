"""Run the `regulars` command."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from regulars.cli.main import main

Done = subprocess.CompletedProcess[str]


def regulars(*arguments: str, cwd: Path) -> Done:
    """Run a command in a folder and return what it prints and its exit code.

    It runs in this process, where Ibis is already imported: a new process takes two seconds more.
    """
    out, err, code = _captured(), _captured(), 0
    with chdir(cwd), _own_signal_handlers(), redirect_stdout(out), redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))


def regulars_process(*arguments: str, cwd: Path) -> Done:
    """Run a command in a folder as a process of its own, as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments],
        cwd=cwd, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


def output_lines(*arguments: str, cwd: Path) -> list[str]:
    """Return the lines a successful command prints, with single spaces between words."""
    return lines_of(regulars(*arguments, cwd=cwd))


def lines_of(done: Done) -> list[str]:
    """Return the lines a successful command printed, with single spaces between words."""
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@contextmanager
def _own_signal_handlers() -> Iterator[None]:
    """Restore the handlers of this process, which the command replaces."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
