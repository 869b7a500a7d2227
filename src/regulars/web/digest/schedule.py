"""When the digest is due, and how cron or systemd runs it."""

import re
import shlex
import sys
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Self

from regulars.core.calendar import WEEKDAYS, month_start
from regulars.core.errors import ProfileError

DAYS = tuple(day.lower() for day in WEEKDAYS)
DAILY = "daily"
LAST_DAY = 28
"""The last day of the month to choose from: every month has it."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class Schedule:
    """A time on a day of the week, on a day of the month, or every day."""

    day: str = "monday"
    time: str = "07:00"

    def __post_init__(self) -> None:
        if self.day not in (*DAYS, DAILY) and not self._is_day_of_month:
            raise ProfileError(
                f'day = "{self.day}" must be a weekday, such as "monday", a day of the month from '
                f'"1" to "{LAST_DAY}", or "{DAILY}".'
            )
        if not _TIME.fullmatch(self.time):
            raise ProfileError(f'time = "{self.time}" must be a time such as "07:00".')

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the schedule in a text such as "monday 07:00". Raises ProfileError."""
        day, _, at = text.strip().lower().partition(" ")
        return cls(day, at.strip() or cls.time)

    @property
    def _is_day_of_month(self) -> bool:
        return self.day.isascii() and self.day.isdigit() and 1 <= int(self.day) <= LAST_DAY

    def __str__(self) -> str:
        """Return the schedule in words: Mondays at 07:00."""
        if self.day == DAILY:
            return f"every day at {self.time}"
        day = f"{self.day.capitalize()}s" if self.day in DAYS else f"day {self.day} of the month"
        return f"{day} at {self.time}"

    def last_due(self, now: datetime) -> datetime:
        """Return the latest moment up to now at which the digest was due."""
        today, at = now.date(), time.fromisoformat(self.time)
        if self.day == DAILY:
            day, before = today, today - timedelta(days=1)
        elif self.day in DAYS:
            day = today - timedelta(days=(today.weekday() - DAYS.index(self.day)) % 7)
            before = day - timedelta(weeks=1)
        else:
            day = today.replace(day=int(self.day))
            before = month_start(today, -1).replace(day=int(self.day))
        due = datetime.combine(day, at)
        return due if due <= now else datetime.combine(before, at)

    def is_due(self, now: datetime, last_run: datetime | None) -> bool:
        """Return whether the digest is due. The first one waits for the next such day."""
        due = self.last_due(now)
        return due.date() == now.date() if last_run is None else last_run < due

    def cron_line(self, command: str) -> str:
        """Return the line of a crontab that runs a command at this time."""
        hour, minute = self.time.split(":")
        weekday = (DAYS.index(self.day) + 1) % 7 if self.day in DAYS else "*"
        day = self.day if self._is_day_of_month else "*"
        return f"{int(minute)} {int(hour)} {day} * {weekday}  {command}"

    @property
    def on_calendar(self) -> str:
        """The time as a systemd timer writes it."""
        if self.day in DAYS:
            return f"{self.day[:3].capitalize()} {self.time}"
        day = f"{int(self.day):02}" if self._is_day_of_month else "*"
        return f"*-*-{day} {self.time}"


def installation(schedule: Schedule | None, options: str = "") -> str:
    """Return how to run `regulars digest --send` with cron or systemd.

    schedule  None to follow the day and time set on the dashboard: the command then runs often, and
              sends only when the digest is due
    options   more options of the command
    """
    command = f"digest --send{options}" + (" --if-due" if schedule is None else "")
    return installation_of(command, "regulars-digest", schedule)


def installation_of(command: str, unit: str, schedule: Schedule | None) -> str:
    """Return how to run a command of Regulars in this folder with cron or systemd.

    unit      the name of the systemd unit
    schedule  None for every 15 minutes
    """
    command = f"{shlex.quote(sys.executable)} -m regulars {command}"
    folder = str(Path.cwd())
    # A percent sign starts a new line in cron, and a variable in systemd.
    in_folder = f"cd {shlex.quote(folder)} && {command}".replace("%", r"\%")
    folder, command = folder.replace("%", "%%"), command.replace("%", "%%")
    cron = schedule.cron_line(in_folder) if schedule else f"*/15 * * * *  {in_folder}"
    calendar = schedule.on_calendar if schedule else "*:0/15"
    return _INSTALLATION.format(
        cron=cron, folder=folder, command=command, calendar=calendar, unit=unit
    )


_INSTALLATION = """\
# With cron: add this line with `crontab -e`, and above it the variables of the mail server, such
# as SMTP_HOST=mail.example.com.
{cron}

# With systemd: save this as /etc/systemd/system/{unit}.service, and put the variables in the file
# .env:
[Service]
Type=oneshot
WorkingDirectory={folder}
EnvironmentFile=-{folder}/.env
ExecStart={command}

# Save this as /etc/systemd/system/{unit}.timer, and start it with
# `systemctl enable --now {unit}.timer`:
[Timer]
OnCalendar={calendar}
Persistent=true

[Install]
WantedBy=timers.target
"""
