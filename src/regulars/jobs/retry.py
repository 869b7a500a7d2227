"""Try again after temporary errors: another load is running, a server does not answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from regulars.core.errors import RegularsError

Result = TypeVar("Result")


@dataclass
class Retrying:
    """How to try again, and how often the last action was tried.

    retries       how often to try again
    wait_seconds  how long to wait before the first of these; the wait doubles each time
    """

    retries: int
    wait_seconds: float
    progress: Callable[[str], None]
    attempts: int = 0

    def run(self, action: Callable[[], Result]) -> Result:
        """Return the result of an action. Raises RegularsError if trying again is of no use."""
        wait, self.attempts = self.wait_seconds, 0
        while True:
            self.attempts += 1
            try:
                return action()
            except RegularsError as error:
                if not error.is_temporary or self.attempts > self.retries:
                    raise
                self.progress(f"{error} Trying again in {wait:g} seconds")
            time.sleep(wait)
            wait *= 2
