"""Run work in a forked process and kill it.

A fork starts at once: in a fresh Python, most kills would hit the interpreter starting up.
"""

import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

KILLS = int(os.environ.get("REGULARS_KILLS", "2"))
"""The number of kills at random moments; `make crash` sets it to 100."""

Work = Callable[[], object]


@contextmanager
def paused_before(work: Work, module: ModuleType, step: str) -> Iterator[None]:
    """Run work until just before a step of a module, pause it there, and kill it at the end."""
    read_end, write_end = os.pipe()

    def pause(*_: object, **__: object) -> None:
        os.write(write_end, b".")
        signal.pause()

    def work_with_pause() -> None:
        setattr(module, step, pause)
        work()

    child = _fork(work_with_pause)
    os.close(write_end)
    try:
        assert os.read(read_end, 1) == b".", f"the work never reached {step}"
        yield
    finally:
        os.close(read_end)
        _kill(child)


def run_and_kill(work: Work, after: float | None = None) -> float:
    """Run work in a fork, kill it after some seconds if given, and return the seconds it ran."""
    start = time.perf_counter()
    child = _fork(work)
    if after is not None:
        time.sleep(after)
        _kill(child)
    else:
        _, status = os.waitpid(child, 0)
        assert status == 0, "the work failed without being killed"
    return time.perf_counter() - start


def exit_status(work: Work) -> int:
    """Run work in a fork and return its exit status: 0 on success."""
    _, status = os.waitpid(_fork(work), 0)
    return status


def kill_times(whole: float, seed: int) -> Iterator[float]:
    """Yield `KILLS` moments within work that takes `whole` seconds, in seconds from its start.

    The work is divided into equal parts with one random moment in each, so that few kills cover
    all of it.
    """
    rng = random.Random(seed)
    for number in range(KILLS):
        yield (number + rng.random()) * whole / KILLS


def _fork(work: Work) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
