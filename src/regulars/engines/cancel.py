"""Breaking off what an engine is asked, from another thread."""

from collections.abc import Callable
from time import monotonic, sleep

NOBODY_WAITS = "This was broken off, for nobody waits for it any more."
"""What StoppedError says."""

SECONDS_TO_STOP, _SECONDS_BETWEEN = 5.0, 0.05


def cancel_until_done(is_asked: Callable[[], bool], tell: Callable[[], None]) -> None:
    """Tell an engine to break off until it is asked nothing any more, for some seconds at most.

    Once is not enough: an engine forgets that it was told so by the time a question begins.
    """
    until = monotonic() + SECONDS_TO_STOP
    while is_asked() and monotonic() < until:
        tell()
        sleep(_SECONDS_BETWEEN)
