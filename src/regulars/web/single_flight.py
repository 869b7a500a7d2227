"""What is worked out once for all who ask, beside them: whoever waits can leave.

Each answer is worked out by a thread of its own, a few at a time. What everybody has left before
its turn is not worked out at all; what has been begun is broken off, unless somebody comes back
soon.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread, Timer, local
from time import monotonic
from typing import Any, TypeVar, cast

T = TypeVar("T")
SECONDS_BETWEEN_SIGNS = 0.05
SECONDS_TO_COME_BACK = 1.0
"""Who chooses another value leaves a page, and comes to the same page at once."""


class LeftError(Exception):
    """Nobody waits any more for what is being worked out."""


def stay() -> None:
    """Wait on."""


@dataclass(eq=False)
class _Asked:
    """What was asked for: how it is worked out, the answer to come, and how many wait for it.

    stop  what breaks it off while it is being worked out
    """

    key: Hashable
    work_out: Callable[[], Any]
    answer: "Future[Any]" = field(default_factory=Future)
    waiting: int = 0
    left_at: float = 0.0
    is_left: bool = False
    stop: Callable[[], None] | None = None


class Once:
    """Answers by their keys; safe to be asked from many threads."""

    def __init__(
        self,
        at_once: int,
        most: int,
        meanwhile: Callable[[], None] = stay,
        *,
        seconds_to_come_back: float = SECONDS_TO_COME_BACK,
    ) -> None:
        """Work out so many at a time, and keep so many; those used longest ago go first.

        `meanwhile` is called again and again by those who wait: it leaves by raising.
        """
        self._at_once, self._most, self._meanwhile = at_once, most, meanwhile
        self._seconds_to_come_back = seconds_to_come_back
        self._here = local()
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
                asked.left_at = monotonic()
                is_left = not (asked.waiting or asked.answer.done())
            if is_left:
                self._look_later(asked)

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have what this thread works out broken off by `stop`, once everybody has left it.

        `stop` is called by another thread, and perhaps when what it breaks off has just ended: so
        at the end of this LeftError is raised, and what was broken off must not be used again.
        """
        asked: _Asked = self._here.asked
        self._set_stop(asked, stop)
        try:
            yield
        finally:
            self._set_stop(asked, None)

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

    def _look_later(self, asked: _Asked) -> None:
        seconds = max(self._seconds_to_come_back, SECONDS_BETWEEN_SIGNS)
        timer = Timer(seconds, self._break_off, [asked])
        timer.daemon = True
        timer.start()

    def _break_off(self, asked: _Asked) -> None:
        """Break off what nobody waits for, if nobody has come back to it meanwhile."""
        with self._lock:
            if asked.waiting or asked.answer.done():
                return
            stop = asked.stop
            is_due = monotonic() - asked.left_at >= self._seconds_to_come_back
            if stop and is_due:
                asked.is_left = True
                self._drop(asked)
        if stop and is_due:
            stop()
        else:  # who left last is to have their time, or it cannot be broken off yet
            self._look_later(asked)

    def _set_stop(self, asked: _Asked, stop: Callable[[], None] | None) -> None:
        with self._lock:
            asked.stop = stop
            is_left = asked.is_left
        if is_left:
            raise LeftError

    def _make_room(self) -> None:
        surplus = len(self._known) - self._most
        if surplus > 0:
            done = [key for key, asked in self._known.items() if asked.answer.done()]
            for key in done[:surplus]:
                del self._known[key]

    def _work(self) -> None:
        """Work out one after another whatever is asked for, until nothing is."""
        while (asked := self._next()) is not None:
            self._here.asked = asked
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
