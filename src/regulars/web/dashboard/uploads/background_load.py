"""A confirmed load, which continues whether or not its user stays on the page."""

import logging
from collections.abc import Callable
from threading import Thread

from regulars.core.errors import RegularsError
from regulars.core.formatting import counted
from regulars.loads.report import LoadReport

_log = logging.getLogger(__name__)

Work = Callable[[Callable[[str], None]], LoadReport]

UNEXPECTED = "Unexpected error. Nothing has changed. See the server log for details."


class BackgroundLoad:
    """A load in its own thread.

    change    what it does to earlier loads, such as "Undo of load 3"; empty for new files
    messages  its progress so far
    report    its result; None until it is done, and if it failed
    error     why it failed
    """

    def __init__(self, work: Work, user: str, change: str = "") -> None:
        """Start `work`, which receives a function to report its progress."""
        self.change = change
        self.messages: list[str] = []
        self.report: LoadReport | None = None
        self.error = ""
        self._work, self._user = work, user
        # Not a daemon: a server that shuts down lets a confirmed load finish.
        self._thread = Thread(target=self._run, name="regulars-load", daemon=False)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether the load has succeeded or failed."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.report = self._work(self.messages.append)
        except RegularsError as error:
            self.error = str(error)
        except Exception:
            self.error = UNEXPECTED
            _log.exception("A load by %r failed", self._user)
        else:
            rows = counted(self.report.total("accepted")[0], "row", "rows")
            _log.info("%r loaded %s (load %d)", self._user, rows, self.report.load)
        del self._work  # and with it the content of the uploaded files
