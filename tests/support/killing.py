"""Work that is killed: in forked processes, for what is to be killed is the work itself.

A Python of its own would spend most of its time starting, and most kills would meet that.
"""

import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

KILLS = int(os.environ.get("REGULARS_KILLS", "4"))
"""How many are killed at random moments; `make crash` kills a hundred."""

Work = Callable[[], object]


@contextmanager
def paused_before(work: Work, module: ModuleType, step: str) -> Iterator[None]:
    """Have work stand still just before a step of a module, and kill it there in the end."""
    here, told = os.pipe()

    def stop(*_: object, **__: object) -> None:
        os.write(told, b".")
        signal.pause()

    def stopping() -> None:
        setattr(module, step, stop)
        work()

    child = _forked(stopping)
    os.close(told)
    try:
        assert os.read(here, 1) == b".", f"it never came to {step}"
        yield
    finally:
        os.close(here)
        _kill(child)


def run_and_kill(work: Work, after: float | None = None) -> float:
    """Do work in another process, killed after so many seconds; return how many it took."""
    start = time.perf_counter()
    child = _forked(work)
    if after is not None:
        time.sleep(after)
        _kill(child)
    else:
        _, status = os.waitpid(child, 0)
        assert status == 0, "nobody killed it, and it failed"
    return time.perf_counter() - start


def exit_status(work: Work) -> int:
    """Do work in another process, and return the status it ended with: 0 if all went well."""
    _, status = os.waitpid(_forked(work), 0)
    return status


def kill_times(whole: float, seed: int) -> Iterator[float]:
    """Yield as many moments of work that takes so long as are to be tried, one in each part of it.

    So that few of them meet every part of the work, and which moment of a part hangs on the seed.
    """
    chance = random.Random(seed)
    for number in range(KILLS):
        yield (number + chance.random()) * whole / KILLS


def _forked(work: Work) -> int:
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
