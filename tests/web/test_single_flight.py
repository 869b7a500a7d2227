"""Single-flight: callers share thread computation and can leave; abandoned work is cancelled."""

from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread, current_thread

import pytest

from regulars.web.single_flight import AbandonedError, SingleFlight
from support.dashboard_server import SCRIPTS, WebClient, rerun_until, run_server

SLOW = SCRIPTS / "slow.py"


class LeaveError(Exception):
    """A user opens another page."""


class Caller:
    """A caller that waits until the test makes it leave."""

    def __init__(self) -> None:
        self.leave_now, self.is_waiting = Event(), Event()

    def while_waiting(self) -> None:
        self.is_waiting.set()
        if self.leave_now.is_set():
            raise LeaveError


class Slow:
    """A computation that runs until it is resumed."""

    def __init__(self) -> None:
        self.times, self.started, self.resume = 0, Event(), Event()

    def __call__(self) -> str:
        self.times += 1
        self.started.set()
        assert self.resume.wait(60)
        return "a result"


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def flight(caller: Caller) -> SingleFlight:
    return SingleFlight(1, 2, caller.while_waiting, grace_seconds=60)


def ask_in_thread(flight: SingleFlight, key: str, work: Callable[[], object]) -> Thread:
    """Request a result in a new thread, and return the thread."""

    def ask() -> None:
        with suppress(LeaveError, CancelledError):
            flight.get(key, work)

    thread = Thread(target=ask)
    thread.start()
    return thread


def test_caller_can_leave_and_finds_the_result_on_return(
    flight: SingleFlight, caller: Caller
) -> None:
    slow = Slow()
    waiting = ask_in_thread(flight, "a", slow)
    assert slow.started.wait(60)
    caller.leave_now.set()
    waiting.join(60)
    assert not waiting.is_alive()
    caller.leave_now.clear()
    slow.resume.set()
    assert flight.get("a", slow) == "a result"
    assert slow.times == 1


class Cancellable(Slow):
    """A computation that runs until it is cancelled or resumed."""

    def __init__(self, flight: SingleFlight) -> None:
        super().__init__()
        self.flight = flight
        self.events: list[str] = []

    def __call__(self) -> str:
        try:
            with self.flight.cancelled_by(self.cancel):
                return super().__call__()
        except AbandonedError:
            self.events.append("raised at the end")
            raise

    def cancel(self) -> None:
        self.events.append("cancelled")
        self.resume.set()


def test_abandoned_computation_is_cancelled_and_runs_again_for_the_next_caller(
    caller: Caller,
) -> None:
    flight = SingleFlight(1, 2, caller.while_waiting, grace_seconds=0)
    slow = Cancellable(flight)
    calls: list[str] = []

    def again() -> str:
        calls.append("again")
        return "a result"

    waiting = ask_in_thread(flight, "a", slow)
    assert slow.started.wait(60)
    caller.leave_now.set()
    waiting.join(60)
    assert slow.resume.wait(60)
    caller.leave_now.clear()
    assert flight.get("a", again) == "a result"
    assert (slow.events[0], slow.times, calls) == ("cancelled", 1, ["again"])
    assert flight.get("b", lambda: "after a") == "after a"
    assert slow.events == ["cancelled", "raised at the end"]


def test_computation_is_not_cancelled_within_the_grace_period(caller: Caller) -> None:
    flight = SingleFlight(1, 2, caller.while_waiting, grace_seconds=60)
    slow = Cancellable(flight)

    def leave(waiting: Thread) -> None:
        caller.leave_now.set()
        waiting.join(60)
        caller.leave_now.clear()
        caller.is_waiting.clear()

    first = ask_in_thread(flight, "a", slow)
    assert slow.started.wait(60)
    call = flight._calls["a"]
    leave(first)
    again = ask_in_thread(flight, "a", slow)
    assert caller.is_waiting.wait(60)
    flight._cancel_if_abandoned(call)  # a minute after the first caller left
    assert slow.events == []
    leave(again)
    flight._cancel_if_abandoned(call)  # when the second has just left
    assert slow.events == []
    call.left_at -= 60
    flight._cancel_if_abandoned(call)  # a minute after that
    assert slow.events[0] == "cancelled"


def test_computation_with_a_waiting_caller_is_not_cancelled() -> None:
    leaver = []

    def while_waiting() -> None:
        if current_thread() in leaver:
            raise LeaveError

    flight = SingleFlight(1, 2, while_waiting, grace_seconds=0)
    slow, results = Cancellable(flight), []
    waiter = Thread(target=lambda: results.append(flight.get("a", slow)))
    waiter.start()
    assert slow.started.wait(60)
    leaver.append(current_thread())
    with pytest.raises(LeaveError):
        flight.get("a", slow)
    slow.resume.set()
    waiter.join(60)
    assert (results, slow.events) == (["a result"], [])


def test_abandoned_computation_in_the_queue_never_starts(
    flight: SingleFlight, caller: Caller
) -> None:
    first, second = Slow(), Slow()
    ahead = ask_in_thread(flight, "a", first)
    assert first.started.wait(60)
    caller.is_waiting.clear()
    behind = ask_in_thread(flight, "b", second)
    assert caller.is_waiting.wait(60)
    caller.leave_now.set()
    for thread in (ahead, behind):
        thread.join(60)
    caller.leave_now.clear()
    first.resume.set()
    assert flight.get("c", lambda: "after both") == "after both"
    assert second.times == 0
    second.resume.set()
    assert flight.get("b", second) == "a result"


def test_failed_computation_runs_again_for_the_next_caller(flight: SingleFlight) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            flight.get("a", lambda: 1 / 0)
    assert flight.get("a", lambda: 1) == 1


def test_least_recently_used_result_is_evicted_first(flight: SingleFlight) -> None:
    computed: list[str] = []

    def work(key: str) -> Callable[[], None]:
        return lambda: computed.append(key)

    for key in ("a", "b", "a", "c", "a", "b"):
        flight.get(key, work(key))
    assert computed == ["a", "b", "c", "b"]


def test_shutdown_starts_nothing_more_and_reports_running_work(flight: SingleFlight) -> None:
    slow, queued = Slow(), Slow()
    waiting = ask_in_thread(flight, "a", slow)
    assert slow.started.wait(60)
    behind = ask_in_thread(flight, "b", queued)
    assert not flight.shut_down(0.01)
    slow.resume.set()
    assert flight.shut_down(60)
    for thread in (waiting, behind):
        thread.join(60)
    assert queued.times == 0
    with pytest.raises(CancelledError):
        flight.get("c", lambda: 1)


def test_click_in_a_running_server_leaves_the_computation_running(tmp_path: Path) -> None:
    """The first script run stops waiting, and its computation still completes."""
    server = run_server(tmp_path, script=str(SLOW))
    with server as running, WebClient(running.address).stream() as stream:
        rerun_until(stream, "Waiting.")
        sent = rerun_until(stream, "Second run:")
        assert b"First run stopped: True." in sent
        assert b"Second run: computed True." in sent
