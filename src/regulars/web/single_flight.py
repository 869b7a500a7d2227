"""Share one computation among all callers that need its result, and cancel it once all have left.

Computations run in worker threads, a few at a time, so a waiting caller can leave at any moment. A
computation that has lost all its callers is skipped if it has not started, and cancelled if it has,
unless a caller returns within the grace period.
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
POLL_SECONDS = 0.05
GRACE_SECONDS = 1.0
"""A user who changes a filter leaves the page and returns to it at once."""


class AbandonedError(Exception):
    """All callers of this computation have left."""


@dataclass(eq=False)
class _Call:
    """A computation, its result, and the number of callers that wait for it.

    left_at  when the last caller left
    cancel   what cancels the computation while it runs
    """

    key: Hashable
    compute: Callable[[], Any]
    result: "Future[Any]" = field(default_factory=Future)
    waiters: int = 0
    left_at: float = 0.0
    is_cancelled: bool = False
    cancel: Callable[[], None] | None = None


class SingleFlight:
    """Results by key, each computed once; safe to use from many threads."""

    def __init__(
        self,
        max_parallel: int,
        max_results: int,
        while_waiting: Callable[[], None] = lambda: None,
        *,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """Limit the parallel computations and the stored results; the least recently used go first.

        Waiting callers call `while_waiting` again and again; it raises to make them leave.
        """
        self._max_parallel, self._max_results = max_parallel, max_results
        self._while_waiting, self._grace_seconds = while_waiting, grace_seconds
        self._thread = local()
        self._calls: OrderedDict[Hashable, _Call] = OrderedDict()
        self._queue: deque[_Call] = deque()
        self._running: set[Future[Any]] = set()
        self._lock, self._workers, self._is_shut_down = Lock(), 0, False

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the result for a key, computing it if necessary.

        Raises what `compute` raises (the next caller tries again), what `while_waiting` raises, and
        CancelledError after shutdown.
        """
        call = self._join(key, compute)
        try:
            while not wait([call.result], POLL_SECONDS).done:
                self._while_waiting()
            return cast("T", call.result.result())
        finally:
            with self._lock:
                call.waiters -= 1
                call.left_at = monotonic()
                is_abandoned = not (call.waiters or call.result.done())
            if is_abandoned:
                self._schedule_cancel(call)

    @contextmanager
    def cancelled_by(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Let `cancel` stop the computation of this thread once all its callers have left.

        Another thread calls `cancel`, possibly just after the work has finished. AbandonedError is
        then raised at the end of the block, and whatever `cancel` stops must not be used again.
        """
        call: _Call = self._thread.call
        self._set_cancel(call, cancel)
        try:
            yield
        finally:
            self._set_cancel(call, None)

    def forget(self, key: Hashable) -> None:
        """Remove the result for a key."""
        with self._lock:
            self._calls.pop(key, None)

    def shut_down(self, seconds: float) -> bool:
        """Start nothing more, wait for what is running, and return whether all has finished."""
        with self._lock:
            self._is_shut_down = True
            running = set(self._running)
        return not wait(running, seconds).not_done

    def _join(self, key: Hashable, compute: Callable[[], Any]) -> _Call:
        """Return the call for a key with one more waiter, queueing the call if it is new."""
        with self._lock:
            call = self._calls.get(key)
            if call is None:
                if self._workers < self._max_parallel:
                    Thread(target=self._work, daemon=True).start()
                    self._workers += 1
                call = self._calls[key] = _Call(key, compute)
                self._queue.append(call)
                self._evict()
            self._calls.move_to_end(key)
            call.waiters += 1
            return call

    def _schedule_cancel(self, call: _Call) -> None:
        timer = Timer(max(self._grace_seconds, POLL_SECONDS), self._cancel_if_abandoned, [call])
        timer.daemon = True
        timer.start()

    def _cancel_if_abandoned(self, call: _Call) -> None:
        with self._lock:
            if call.waiters or call.result.done():
                return
            cancel = call.cancel
            is_due = monotonic() - call.left_at >= self._grace_seconds
            if cancel and is_due:
                call.is_cancelled = True
                self._discard(call)
        if cancel and is_due:
            cancel()
        else:  # a caller came and left again, or the work cannot be cancelled yet
            self._schedule_cancel(call)

    def _set_cancel(self, call: _Call, cancel: Callable[[], None] | None) -> None:
        with self._lock:
            call.cancel = cancel
            is_cancelled = call.is_cancelled
        if is_cancelled:
            raise AbandonedError

    def _evict(self) -> None:
        surplus = len(self._calls) - self._max_results
        if surplus > 0:
            done = [key for key, call in self._calls.items() if call.result.done()]
            for key in done[:surplus]:
                del self._calls[key]

    def _work(self) -> None:
        """Run queued calls until none is left."""
        while (call := self._next()) is not None:
            self._thread.call = call
            try:
                call.result.set_result(call.compute())
            except BaseException as error:
                with self._lock:
                    self._discard(call)
                call.result.set_exception(error)

    def _next(self) -> _Call | None:
        """Return the next call that still has a waiter, marked as running."""
        with self._lock:
            while self._queue:
                call = self._queue.popleft()
                if call.waiters and not self._is_shut_down:
                    call.result.set_running_or_notify_cancel()
                    self._running.add(call.result)
                    call.result.add_done_callback(self._running.discard)
                    return call
                self._discard(call)
                call.result.cancel()
                call.result.set_running_or_notify_cancel()
            self._workers -= 1
            return None

    def _discard(self, call: _Call) -> None:
        """Remove a call, so that the next caller starts a new one."""
        if self._calls.get(call.key) is call:
            del self._calls[call.key]
