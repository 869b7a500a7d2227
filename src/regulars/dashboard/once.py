"""What is worked out once for all who ask, beside them: whoever waits can leave.

Each answer is worked out by a thread of its own, a few at a time. What everybody has left before
its turn is not worked out at all; what has been begun is finished, and known to who comes back.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, TypeVar, cast

T = TypeVar("T")
SECONDS_BETWEEN_SIGNS = 0.05


def stay() -> None:
    """Wait on."""


@dataclass(eq=False)
class _Asked:
    """What was asked for: how it is worked out, the answer to come, and how many wait for it."""

    key: Hashable
    work_out: Callable[[], Any]
    answer: "Future[Any]" = field(default_factory=Future)
    waiting: int = 0


class Once:
    """Answers by their keys; safe to be asked from many threads."""

    def __init__(self, at_once: int, most: int, meanwhile: Callable[[], None] = stay) -> None:
        """Work out so many at a time, and keep so many; those used longest ago go first.

        `meanwhile` is called again and again by those who wait: it leaves by raising.
        """
        self._at_once, self._most, self._meanwhile = at_once, most, meanwhile
        self._known: OrderedDict[Hashable, _Asked] = OrderedDict()
        self._turns: deque[_Asked] = deque()
        self._begun: set[Future[Any]] = set()
        self._lock, self._workers, self._has_ended = Lock(), 0, False

    def of(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return what is known under a key, or have it worked out.

        Raises what working it out raised, which the next who asks has tried again, what leaving
        raised, and CancelledError after the end.
        """
        asked = self._ask(key, work_out)
        try:
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

    def end(self, seconds: float) -> bool:
        """Begin nothing more, and wait so long for what was begun; return whether all is done."""
        with self._lock:
            self._has_ended = True
            begun = set(self._begun)
        return not wait(begun, seconds).not_done

    def _ask(self, key: Hashable, work_out: Callable[[], Any]) -> _Asked:
        """Take part in waiting for an answer, and have it worked out if nobody has yet."""
        with self._lock:
            asked = self._known.get(key)
            if asked is None:
                if self._workers < self._at_once:
                    Thread(target=self._work, daemon=True).start()
                    self._workers += 1
                asked = self._known[key] = _Asked(key, work_out)
                self._turns.append(asked)
                self._make_room()
            self._known.move_to_end(key)
            asked.waiting += 1
            return asked

    def _make_room(self) -> None:
        surplus = len(self._known) - self._most
        if surplus > 0:
            done = [key for key, asked in self._known.items() if asked.answer.done()]
            for key in done[:surplus]:
                del self._known[key]

    def _work(self) -> None:
        """Work out one after another whatever is asked for, until nothing is."""
        while (asked := self._next()) is not None:
            try:
                asked.answer.set_result(asked.work_out())
            except BaseException as error:
                with self._lock:
                    self._drop(asked)
                asked.answer.set_exception(error)

    def _next(self) -> _Asked | None:
        """Begin the next answer that somebody waits for still."""
        with self._lock:
            while self._turns:
                asked = self._turns.popleft()
                if asked.waiting and not self._has_ended:
                    asked.answer.set_running_or_notify_cancel()
                    self._begun.add(asked.answer)
                    asked.answer.add_done_callback(self._begun.discard)
                    return asked
                self._drop(asked)
                asked.answer.cancel()
                asked.answer.set_running_or_notify_cancel()
            self._workers -= 1
            return None

    def _drop(self, asked: _Asked) -> None:
        """Have the next who asks for it ask anew."""
        if self._known.get(asked.key) is asked:
            del self._known[asked.key]
