"""A piece of work that goes on whoever looks at it, or leaves: a load that has been confirmed."""

import logging
from collections.abc import Callable
from threading import Thread

from regulars.core.errors import RegularsError
from regulars.core.formatting import counted
from regulars.loads.report import LoadReport

_log = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong that should not. The warehouse is as it was; the log says more."


class Loading:
    """A load in a thread of its own.

    said      what it has said so far
    report    what it changed; None until it is done, and where it failed
    why_none  why it failed, in words
    """

    def __init__(self, work: Callable[[Callable[[str], None]], LoadReport], name: str) -> None:
        """Begin the work, which is given what it is to tell its progress to."""
        self.said: list[str] = []
        self.report: LoadReport | None = None
        self.why_none = ""
        self._work, self._name = work, name
        # Not a daemon: a server that is told to end lets a confirmed load come to its end.
        self._thread = Thread(target=self._run, name="regulars-load", daemon=False)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.report = self._work(self.said.append)
        except RegularsError as error:
            self.why_none = str(error)
        except Exception:
            self.why_none = UNEXPECTED
            _log.exception("A load of %r failed", self._name)
        else:
            rows = counted(self.report.total("accepted")[0], "row", "rows")
            _log.info("%r loaded %s (load %d)", self._name, rows, self.report.load)
        # What was handed in is let go of.
        self._work = _nothing


def _nothing(_: Callable[[str], None]) -> LoadReport:
    raise RuntimeError("A load runs once.")
