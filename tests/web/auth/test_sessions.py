"""Session expiry, login throttling and safe redirects, with a clock that the tests control."""

from dataclasses import dataclass

import pytest

from regulars.web.auth.sessions import Identity, Sessions
from regulars.web.auth.throttle import LoginThrottle
from regulars.web.http_request import safe_redirect

ANN = Identity("ann", password_hash="$argon2id$")


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(idle=600, max_age=3600, clock=clock)


def test_session_expires_without_clicks(sessions: Sessions, clock: Clock) -> None:
    token = sessions.start(ANN)
    clock.now += 600
    assert sessions.find(token) == ANN
    clock.now += 1
    assert sessions.find(token) is None


def test_click_extends_a_session_but_does_not_revive_it(sessions: Sessions, clock: Clock) -> None:
    token = sessions.start(ANN)
    clock.now += 500
    sessions.touch(token)
    clock.now += 500
    assert sessions.find(token) == ANN
    clock.now += 101
    sessions.touch(token)
    assert sessions.find(token) is None


def test_session_expires_despite_clicks(sessions: Sessions, clock: Clock) -> None:
    token = sessions.start(ANN)
    for _ in range(12):
        clock.now += 300
        sessions.touch(token)
    assert sessions.find(token) == ANN
    clock.now += 1
    assert sessions.find(token) is None


def test_server_does_not_store_the_token(sessions: Sessions) -> None:
    token = sessions.start(ANN)
    assert len(token) == 43
    assert token not in repr(vars(sessions))


def test_wait_doubles_after_five_free_attempts(clock: Clock) -> None:
    throttle, waits = LoginThrottle(clock), []
    for _ in range(16):
        wait = throttle.wait("ann", "192.0.2.1")
        waits.append(wait)
        clock.now += wait
        throttle.record("ann", "192.0.2.1")
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]


def test_attempts_count_by_user_and_by_address(clock: Clock) -> None:
    throttle = LoginThrottle(clock)
    for number in range(6):
        throttle.record("ann", f"192.0.2.{number}")
        throttle.record(f"user {number}", "198.51.100.7")
    assert throttle.wait("ann", "203.0.113.1") > 0
    assert throttle.wait("new user", "198.51.100.7") > 0
    assert throttle.wait("new user", "203.0.113.1") == 0


def test_ipv6_network_counts_as_one_address(clock: Clock) -> None:
    throttle = LoginThrottle(clock)
    for number in range(6):
        throttle.record(f"user {number}", f"2001:db8:0:1::{number}")
    assert throttle.wait("new", "2001:db8:0:1:ffff::1") > 0
    assert throttle.wait("new", "2001:db8:0:2::1") == 0


def test_correct_password_resets_the_count(clock: Clock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(5):
        throttle.record("ann", "192.0.2.1")
    throttle.reset("ann", "192.0.2.1")
    throttle.record("ann", "192.0.2.1")
    assert throttle.wait("ann", "192.0.2.1") == 0


def test_failures_are_forgotten_after_an_hour(clock: Clock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(20):
        throttle.record("ann", "192.0.2.1")
    clock.now += 3601
    throttle.record("bob", "192.0.2.2")
    assert throttle.wait("ann", "192.0.2.1") == 0


@pytest.mark.parametrize(
    "target",
    ["/shop/", "/shop/sales", "/shop/sales?since=2011-01-01&place=Kent", "/shop/a?b=//c"],
)
def test_redirect_to_a_page_of_the_dashboard_is_allowed(target: str) -> None:
    assert safe_redirect(target, "/shop") == target


@pytest.mark.parametrize(
    "target",
    [
        "", "/", "/shop", "/shopping", "https://evil.example", "//evil.example",
        "http:/shop/", "/\\evil.example", "/shop/\\..\\x", "javascript:alert(1)",
        "/shop/../admin", "/shop/%2e%2e/admin", "/shop/\n/x", "/shop/ x", " /shop/", "\t/shop/",
        "evil.example/shop/", "///shop/", "/shop/\x7f", "@evil.example/shop/",
    ],
)  # fmt: skip
def test_redirect_elsewhere_is_replaced(target: str) -> None:
    assert safe_redirect(target, "/shop") == "/shop/"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_redirect_elsewhere_is_replaced_at_the_root_as_well(target: str) -> None:
    assert safe_redirect(target, "") == "/"
