"""Pause a load in another process, then kill it."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from support.present import present

PAUSED_LOAD = textwrap.dedent("""
    import sys
    sys.path.insert(0, {tests!r})
    from regulars.loads import load
    from regulars.engines.locate import engine_of
    from support.warehouses import request_for

    def pause(*_, **__):
        print("here", flush=True)
        sys.stdin.read()

    setattr(load, {step!r}, pause)
    load.load(request_for([{source!r}]), engine_of({warehouse!r}))
""")


def paused_load(source: Path, warehouse: str, step: str) -> "subprocess.Popen[str]":
    """Load a file in another process and return the process, paused just before a step."""
    return run_until_paused(
        PAUSED_LOAD.format(
            tests=str(Path(__file__).parents[1]), step=step, source=str(source), warehouse=warehouse
        )
    )


def run_until_paused(code: str) -> "subprocess.Popen[str]":
    """Run code in another process until it prints "here"."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert present(process.stdout).readline() == "here\n"
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill a process and close its pipes."""
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    present(process.stdin).close()
    present(process.stdout).close()
