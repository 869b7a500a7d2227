"""Sessions end, and guessing takes ever longer: by a clock of the test's own."""

from dataclasses import dataclass

import pytest

from regulars.web.auth.sessions import Identity, Sessions
from regulars.web.auth.throttle import Attempts
from regulars.web.request import within

ANN = Identity("ann", kept="$argon2id$")


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(idle=600, longest=3600, clock=clock)


def test_a_session_ends_when_nothing_was_clicked_for_too_long(sessions, clock):
    word = sessions.begin(ANN)
    clock.now += 600
    assert sessions.find(word) == ANN
    clock.now += 1
    assert sessions.find(word) is None


def test_a_click_keeps_a_session_but_does_not_wake_one_that_is_over(sessions, clock):
    word = sessions.begin(ANN)
    clock.now += 500
    sessions.touch(word)
    clock.now += 500
    assert sessions.find(word) == ANN
    clock.now += 101
    sessions.touch(word)
    assert sessions.find(word) is None


def test_a_session_ends_at_last_however_much_is_clicked(sessions, clock):
    word = sessions.begin(ANN)
    for _ in range(12):
        clock.now += 300
        sessions.touch(word)
    assert sessions.find(word) == ANN
    clock.now += 1
    assert sessions.find(word) is None


def test_the_server_does_not_keep_what_the_browser_holds(sessions):
    word = sessions.begin(ANN)
    assert len(word) == 43
    assert word not in repr(vars(sessions))


def test_five_wrong_passwords_are_free_and_each_further_one_waits_twice_as_long(clock):
    attempts, waits = Attempts(clock), []
    for _ in range(16):
        wait = attempts.wait("ann", "192.0.2.1")
        waits.append(wait)
        clock.now += wait
        attempts.begin("ann", "192.0.2.1")
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]


def test_a_user_is_guarded_against_many_addresses_and_all_users_against_one(clock):
    attempts = Attempts(clock)
    for number in range(6):
        attempts.begin("ann", f"192.0.2.{number}")
        attempts.begin(f"user {number}", "198.51.100.7")
    assert attempts.wait("ann", "203.0.113.1") > 0
    assert attempts.wait("somebody new", "198.51.100.7") > 0
    assert attempts.wait("somebody new", "203.0.113.1") == 0


def test_a_household_of_ipv6_is_one_address(clock):
    attempts = Attempts(clock)
    for number in range(6):
        attempts.begin(f"user {number}", f"2001:db8:0:1::{number}")
    assert attempts.wait("new", "2001:db8:0:1:ffff::1") > 0
    assert attempts.wait("new", "2001:db8:0:2::1") == 0


def test_the_right_password_takes_back_what_was_counted(clock):
    attempts = Attempts(clock)
    for _ in range(5):
        attempts.begin("ann", "192.0.2.1")
    attempts.succeeded("ann", "192.0.2.1")
    attempts.begin("ann", "192.0.2.1")
    assert attempts.wait("ann", "192.0.2.1") == 0


def test_what_was_wrong_an_hour_ago_is_forgotten(clock):
    attempts = Attempts(clock)
    for _ in range(20):
        attempts.begin("ann", "192.0.2.1")
    clock.now += 3601
    attempts.begin("bob", "192.0.2.2")
    assert attempts.wait("ann", "192.0.2.1") == 0


@pytest.mark.parametrize(
    "target",
    ["/shop/", "/shop/sales", "/shop/sales?since=2011-01-01&place=Kent", "/shop/a?b=//c"],
)
def test_one_goes_on_to_a_page_of_ours(target):
    assert within(target, "/shop") == target


@pytest.mark.parametrize(
    "target",
    [
        "", "/", "/shop", "/shopping", "https://evil.example", "//evil.example",
        "http:/shop/", "/\\evil.example", "/shop/\\..\\x", "javascript:alert(1)",
        "/shop/../admin", "/shop/%2e%2e/admin", "/shop/\n/x", "/shop/ x", " /shop/", "\t/shop/",
        "evil.example/shop/", "///shop/", "/shop/\x7f", "@evil.example/shop/",
    ],
)  # fmt: skip
def test_one_goes_nowhere_else(target):
    assert within(target, "/shop") == "/shop/"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_one_goes_nowhere_else_at_the_root_either(target):
    assert within(target, "") == "/"
