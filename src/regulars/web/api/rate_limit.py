"""Rate limits: how many requests each token may make in a minute."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

_SECONDS = 60.0
_MOST_CALLERS = 10_000
"""Callers to remember; beyond that, those who could make all their requests again are dropped."""


@dataclass
class _Bucket:
    requests: float
    at: float


class RateLimit:
    """A bucket of requests for each caller, which fills up evenly."""

    def __init__(
        self, requests_per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with full buckets."""
        self._capacity, self._clock = float(requests_per_minute), clock
        self._buckets: dict[str, _Bucket] = {}
        self._lock = Lock()

    def wait(self, caller: str) -> float:
        """Count a request; return 0 if the caller may make it, else the seconds to wait."""
        with self._lock:
            now = self._clock()
            if len(self._buckets) >= _MOST_CALLERS:
                self._drop_full(now)
            bucket = self._buckets.setdefault(caller, _Bucket(self._capacity, now))
            bucket.requests, bucket.at = self._filled(bucket, now), now
            if bucket.requests < 1:
                return (1 - bucket.requests) * _SECONDS / self._capacity
            bucket.requests -= 1
            return 0.0

    def _filled(self, bucket: _Bucket, now: float) -> float:
        refill = (now - bucket.at) * self._capacity / _SECONDS
        return min(self._capacity, bucket.requests + refill)

    def _drop_full(self, now: float) -> None:
        full = [
            one for one, bucket in self._buckets.items()
            if self._filled(bucket, now) >= self._capacity
        ]  # fmt: skip
        for caller in full:
            del self._buckets[caller]
