"""What is worked out once for all who ask: they can leave, and nothing is done for nobody."""

from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Event, Thread, current_thread

import pytest

from regulars.web.single_flight import LeftError, Once
from support.dashboard_server import SCRIPTS, WebClient, rerun_until, run_server

SLOW = SCRIPTS / "slow.py"


class LeaveError(Exception):
    """Somebody goes on to another page."""


class Person:
    """Somebody who waits until they are told to leave."""

    def __init__(self):
        self.leaves, self.waits = Event(), Event()

    def meanwhile(self):
        self.waits.set()
        if self.leaves.is_set():
            raise LeaveError


class Slow:
    """Work that is begun, and ends when it is let go on."""

    def __init__(self):
        self.times, self.begun, self.goes_on = 0, Event(), Event()

    def __call__(self):
        self.times += 1
        self.begun.set()
        assert self.goes_on.wait(60)
        return "an answer"


@pytest.fixture
def person():
    return Person()


@pytest.fixture
def once(person):
    return Once(1, 2, person.meanwhile, seconds_to_come_back=60)


def asking(once, key, work):
    """Have somebody ask and, if need be, leave; return their thread."""

    def ask():
        with suppress(LeaveError, CancelledError):
            once.of(key, work)

    thread = Thread(target=ask)
    thread.start()
    return thread


def test_who_leaves_is_not_kept_and_finds_it_done_when_they_come_back(once, person):
    slow = Slow()
    waiting = asking(once, "a", slow)
    assert slow.begun.wait(60)
    person.leaves.set()
    waiting.join(60)
    assert not waiting.is_alive()
    person.leaves.clear()
    slow.goes_on.set()
    assert once.of("a", slow) == "an answer"
    assert slow.times == 1


class Stoppable(Slow):
    """Work that ends when it is broken off, or let go on."""

    def __init__(self, once):
        super().__init__()
        self.once, self.ended_by = once, []

    def __call__(self):
        try:
            with self.once.stopped_by(self.stop):
                return super().__call__()
        except LeftError:
            self.ended_by.append("told at its end")
            raise

    def stop(self):
        self.ended_by.append("being broken off")
        self.goes_on.set()


def test_what_everybody_has_left_is_broken_off_and_worked_out_anew_for_the_next(person):
    once = Once(1, 2, person.meanwhile, seconds_to_come_back=0)
    slow, told = Stoppable(once), []
    waiting = asking(once, "a", slow)
    assert slow.begun.wait(60)
    person.leaves.set()
    waiting.join(60)
    assert slow.goes_on.wait(60)
    person.leaves.clear()
    assert once.of("a", lambda: told.append("anew") or "an answer") == "an answer"
    assert (slow.ended_by[0], slow.times, told) == ("being broken off", 1, ["anew"])
    assert once.of("b", lambda: "after it") == "after it"
    assert slow.ended_by == ["being broken off", "told at its end"]


def test_what_somebody_has_come_back_to_is_not_broken_off(person):
    once = Once(1, 2, person.meanwhile, seconds_to_come_back=60)
    slow = Stoppable(once)

    def leave(waiting):
        person.leaves.set()
        waiting.join(60)
        person.leaves.clear()
        person.waits.clear()

    first = asking(once, "a", slow)
    assert slow.begun.wait(60)
    asked = once._known["a"]
    leave(first)
    again = asking(once, "a", slow)
    assert person.waits.wait(60)
    once._break_off(asked)  # a minute after the first has left
    assert slow.ended_by == []
    leave(again)
    once._break_off(asked)  # when the second has just left
    assert slow.ended_by == []
    asked.left_at -= 60
    once._break_off(asked)  # and a minute after that
    assert slow.ended_by[0] == "being broken off"


def test_what_somebody_still_waits_for_is_not_broken_off():
    leaver = []

    def meanwhile():
        if current_thread() in leaver:
            raise LeaveError

    once = Once(1, 2, meanwhile, seconds_to_come_back=0)
    slow, found = Stoppable(once), []
    stays = Thread(target=lambda: found.append(once.of("a", slow)))
    stays.start()
    assert slow.begun.wait(60)
    leaver.append(current_thread())
    with pytest.raises(LeaveError):
        once.of("a", slow)
    slow.goes_on.set()
    stays.join(60)
    assert (found, slow.ended_by) == (["an answer"], [])


def test_what_everybody_has_left_before_its_turn_is_not_worked_out(once, person):
    first, second = Slow(), Slow()
    ahead = asking(once, "a", first)
    assert first.begun.wait(60)
    person.waits.clear()
    behind = asking(once, "b", second)
    assert person.waits.wait(60)
    person.leaves.set()
    for one in (ahead, behind):
        one.join(60)
    person.leaves.clear()
    first.goes_on.set()
    assert once.of("c", lambda: "after both") == "after both"
    assert second.times == 0
    second.goes_on.set()
    assert once.of("b", second) == "an answer"


def test_what_failed_is_tried_again_by_the_next_who_asks(once):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            once.of("a", lambda: 1 / 0)
    assert once.of("a", lambda: 1) == 1


def test_what_was_used_longest_ago_goes_first(once):
    asked = []

    def work(key):
        return lambda: asked.append(key)

    for key in ("a", "b", "a", "c", "a", "b"):
        once.of(key, work(key))
    assert asked == ["a", "b", "c", "b"]


def test_at_the_end_nothing_more_is_begun_and_what_goes_on_is_told(once):
    slow, next_one = Slow(), Slow()
    waiting = asking(once, "a", slow)
    assert slow.begun.wait(60)
    behind = asking(once, "b", next_one)
    assert not once.end(0.01)
    slow.goes_on.set()
    assert once.end(60)
    for one in (waiting, behind):
        one.join(60)
    assert next_one.times == 0
    with pytest.raises(CancelledError):
        once.of("c", lambda: 1)


def test_whoever_clicks_on_leaves_what_they_wait_for(tmp_path):
    """In a server that runs: the script that waits ends, the answer is still worked out."""
    with run_server(tmp_path, script=str(SLOW)) as one, WebClient(one.address).stream() as stream:
        rerun_until(stream, "Waiting.")
        sent = rerun_until(stream, "Second run:")
        assert b"First run stopped: True." in sent
        assert b"Second run: computed True." in sent
