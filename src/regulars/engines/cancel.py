"""Cancel running queries from another thread."""

from collections.abc import Callable
from time import monotonic, sleep

CANCELLED = "The query was cancelled because its result is no longer needed."
"""The message of QueryCancelledError."""

SECONDS_TO_STOP, _SECONDS_BETWEEN = 5.0, 0.05


def cancel_until_done(is_running: Callable[[], bool], cancel: Callable[[], None]) -> None:
    """Cancel repeatedly until no query is running, for a few seconds at most.

    A single cancel is lost if it arrives just before a query starts.
    """
    deadline = monotonic() + SECONDS_TO_STOP
    while is_running() and monotonic() < deadline:
        cancel()
        sleep(_SECONDS_BETWEEN)
