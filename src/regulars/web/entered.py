"""Notes and targets as the dashboard shows them: read again every few seconds.

They change without a new version of the warehouse, but pages are drawn more often than they change.
"""

from dataclasses import dataclass
from time import monotonic
from weakref import WeakKeyDictionary

from regulars.warehouse.notes import Note
from regulars.warehouse.targets import Target
from regulars.web.result_cache import ResultCache

MAX_AGE_SECONDS = 15.0


@dataclass(frozen=True)
class Entered:
    """What users entered in a warehouse."""

    notes: tuple[Note, ...]
    targets: tuple[Target, ...]


_read: WeakKeyDictionary[ResultCache, tuple[float, Entered]] = WeakKeyDictionary()


def entered_in(results: ResultCache) -> Entered:
    """Return the notes and targets of a warehouse, at most a few seconds old."""
    read_at, entered = _read.get(results, (0.0, None))
    if entered is None or monotonic() - read_at > MAX_AGE_SECONDS:
        entered = results.uncached(lambda now: Entered(now.notes(), now.targets()))
        _read[results] = monotonic(), entered
    return entered


def forget_entered(results: ResultCache) -> None:
    """Read notes and targets again for the next page, after one was changed."""
    _read.pop(results, None)
