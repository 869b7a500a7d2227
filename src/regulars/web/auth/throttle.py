"""Guessing made slow: after some wrong passwords, each further one has to wait twice as long."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

FREE, LONGEST_WAIT, FORGOTTEN_AFTER = 5, 900.0, 3600.0


@dataclass
class _Failures:
    count: int
    last: float

    def wait(self, now: float) -> float:
        """Return for how many seconds nothing more may be tried."""
        over = self.count - FREE
        wait = 0.0 if over < 0 else min(2.0 ** min(over, 30), LONGEST_WAIT)
        return max(0.0, self.last + wait - now)


class Attempts:
    """Who got it wrong how often: by user, whether or not there is one, and by address.

    An attempt counts as wrong from its beginning, so that many at once are not free either.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has tried yet."""
        self._clock = clock
        self._failures: dict[tuple[str, str], _Failures] = {}

    def wait(self, name: str, address: str) -> float:
        """Return for how many seconds this user, or this address, may not try."""
        now = self._clock()
        failures = (self._failures.get(key) for key in _keys(name, address))
        return max((failure.wait(now) for failure in failures if failure), default=0.0)

    def begin(self, name: str, address: str) -> None:
        """Count an attempt, as if it went wrong."""
        now = self._clock()
        self._forget(now)
        for key in _keys(name, address):
            failures = self._failures.setdefault(key, _Failures(0, now))
            failures.count, failures.last = failures.count + 1, now

    def succeeded(self, name: str, address: str) -> None:
        """Take back what was counted against them: they knew the password."""
        for key in _keys(name, address):
            self._failures.pop(key, None)

    def _forget(self, now: float) -> None:
        old = [key for key, one in self._failures.items() if now - one.last > FORGOTTEN_AFTER]
        for key in old:
            del self._failures[key]


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("user", name), ("address", _network(address))


def _network(address: str) -> str:
    """Return what one household has: an address of IPv4, the first half of one of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
