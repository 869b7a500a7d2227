"""What is worked out once for all who ask, beside them: whoever waits can leave.

Each answer is worked out by a thread of its own, a few at a time. What everybody has left before
its turn is not worked out at all; what has been begun is finished, and known to who comes back.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock, Thread
from typing import Any, TypeVar, cast

T = TypeVar("T")
SECONDS_BETWEEN_SIGNS = 0.05


def stay() -> None:
    """Wait on."""


@dataclass(eq=False)
class _Asked:
    """An answer to come, and how many wait for it."""

    answer: "Future[Any]" = field(default_factory=Future)
    waiting: int = 0


class Once:
    """Answers by their keys; safe to be asked from many threads."""

    def __init__(self, at_once: int, most: int, meanwhile: Callable[[], None] = stay) -> None:
        """Work out so many at a time, and keep so many; those used longest ago go first.

        `meanwhile` is called again and again by those who wait: it leaves by raising.
        """
        self._slots, self._most, self._meanwhile = BoundedSemaphore(at_once), most, meanwhile
        self._known: OrderedDict[Hashable, _Asked] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return what is known under a key, or have it worked out.

        Raises what working it out raised, which the next who asks has tried again, and what leaving
        raised.
        """
        asked, is_first = self._wait_for(key)
        try:
            if is_first:
                Thread(target=self._work_out, args=(key, asked, work_out), daemon=True).start()
            while not wait([asked.answer], SECONDS_BETWEEN_SIGNS).done:
                self._meanwhile()
            return cast("T", asked.answer.result())
        finally:
            with self._lock:
                asked.waiting -= 1

    def forget(self, key: Hashable) -> None:
        """Know what is under a key no longer."""
        with self._lock:
            self._known.pop(key, None)

    def _wait_for(self, key: Hashable) -> tuple[_Asked, bool]:
        """Take part in waiting for an answer; return it, and whether nobody has asked before."""
        with self._lock:
            is_first = key not in self._known
            asked = self._known.setdefault(key, _Asked())
            self._known.move_to_end(key)
            asked.waiting += 1
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return asked, is_first

    def _work_out(self, key: Hashable, asked: _Asked, work_out: Callable[[], Any]) -> None:
        with self._slots:
            if self._is_left(key, asked):
                return
            try:
                asked.answer.set_result(work_out())
            except BaseException as error:
                self.forget(key)
                asked.answer.set_exception(error)

    def _is_left(self, key: Hashable, asked: _Asked) -> bool:
        """Whether nobody waits any more; then nobody can join them either."""
        with self._lock:
            if not asked.waiting:
                self._known.pop(key, None)
            return not asked.waiting
