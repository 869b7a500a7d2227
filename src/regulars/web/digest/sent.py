"""What each recipient was sent, in a file next to the settings, so that nothing is sent twice."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from regulars.core.errors import ProfileError
from regulars.web.state_file import write_atomically

MOST_KEYS = 200
"""How many entries to keep for each recipient: enough for years of weeks."""


@dataclass
class SentLog:
    """What was sent: recipient -> what was reported -> when.

    last_run  when the digest was last sent to every recipient
    """

    path: Path
    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    last_run: datetime | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the log in a file, which may not exist yet.

        Raises ProfileError if it is not valid.
        """
        if not path.exists():
            return cls(path)
        try:
            values: dict[str, Any] = json.loads(path.read_text("utf-8"))
            last = values["last_run"]
            sent = {str(to): dict(keys) for to, keys in values["sent"].items()}
            return cls(path, sent, datetime.fromisoformat(last) if last else None)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ProfileError(
                f"{path} is not a valid record of what was sent. Delete it to start over: the "
                "current digest is then sent again."
            ) from None

    def known_to(self, to: str) -> Collection[str]:
        """Return what a recipient was sent."""
        return self.sent.get(to.casefold(), {}).keys()

    def add(self, to: str, keys: Iterable[str], now: datetime) -> None:
        """Record what a recipient was sent, and write the file."""
        known = self.sent.setdefault(to.casefold(), {})
        known |= dict.fromkeys(sorted(keys), now.isoformat(timespec="seconds"))
        while len(known) > MOST_KEYS:
            del known[next(iter(known))]
        self._write()

    def finish(self, now: datetime) -> None:
        """Record that every recipient has been sent the digest, and write the file."""
        self.last_run = now
        self._write()

    def _write(self) -> None:
        last = self.last_run.isoformat(timespec="seconds") if self.last_run else None
        values = {"last_run": last, "sent": self.sent}
        write_atomically(self.path, json.dumps(values, indent=1) + "\n")
