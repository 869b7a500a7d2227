"""Login throttling: after a few wrong passwords, each further attempt has to wait twice as long."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

FREE_ATTEMPTS, MAX_WAIT, FORGET_AFTER = 5, 900.0, 3600.0


@dataclass
class _Failures:
    count: int
    last: float

    def wait(self, now: float) -> float:
        surplus = self.count - FREE_ATTEMPTS
        wait = 0.0 if surplus < 0 else min(2.0 ** min(surplus, 30), MAX_WAIT)
        return max(0.0, self.last + wait - now)


class LoginThrottle:
    """Failed attempts by user name, whether or not it exists, and by client address.

    An attempt counts as failed from its start, so that parallel attempts are limited as well.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without failures."""
        self._clock = clock
        self._failures: dict[tuple[str, str], _Failures] = {}

    def wait(self, name: str, address: str) -> float:
        """Return the seconds until this user may try again from this address."""
        now = self._clock()
        failures = (self._failures.get(key) for key in _keys(name, address))
        return max((failure.wait(now) for failure in failures if failure), default=0.0)

    def record(self, name: str, address: str) -> None:
        """Count an attempt as failed."""
        now = self._clock()
        self._forget_old(now)
        for key in _keys(name, address):
            failures = self._failures.setdefault(key, _Failures(0, now))
            failures.count, failures.last = failures.count + 1, now

    def reset(self, name: str, address: str) -> None:
        """Clear the failures of a user who knew the password, and of their address."""
        for key in _keys(name, address):
            self._failures.pop(key, None)

    def _forget_old(self, now: float) -> None:
        old = [
            key for key, failures in self._failures.items() if now - failures.last > FORGET_AFTER
        ]
        for key in old:
            del self._failures[key]


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("user", name), ("address", _network(address))


def _network(address: str) -> str:
    """Return the network of one household: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
