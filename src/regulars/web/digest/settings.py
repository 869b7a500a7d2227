"""The settings of the digest: `regulars-digest.toml`, which the dashboard writes, too.

It contains no secrets: the mail server and the addresses of webhooks come from the environment.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any

from regulars.core.errors import InputError, ProfileError, did_you_mean
from regulars.core.settings import read_settings, section
from regulars.insights.digest.alerts import Thresholds
from regulars.insights.digest.period import PERIODS, PeriodKind
from regulars.web.digest.schedule import Schedule
from regulars.web.roles import Role, parse_role
from regulars.web.state_file import exclusive, write_atomically

WEBHOOK = "REGULARS_WEBHOOK"
"""The environment variable of a webhook; another one starts with it and an underscore."""

_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\]+")
_WEBHOOK = re.compile(rf"{WEBHOOK}(_[A-Z0-9_]+)?")
_HEADER = """\
# The settings of the dashboard page Digest. You can edit this file.
# It contains no secrets: the mail server and webhooks are environment variables.
"""
_COMMON = ("period", "day", "time", "dashboard")


@dataclass(frozen=True)
class Recipient:
    """Who gets the digest.

    to    an email address, or the environment variable with the address of a webhook
    role  what the recipient may see, as on the dashboard
    """

    to: str
    role: Role

    @property
    def is_webhook(self) -> bool:
        """Whether it is a webhook."""
        return self.to.startswith(WEBHOOK)


@dataclass(frozen=True)
class DigestSettings:
    """The settings of the digest.

    period      the week or the month
    schedule    when it is due
    dashboard   the address of the dashboard, for links; empty for none
    thresholds  when it has an alert; [thresholds]
    recipients  who gets it; [[recipients]]
    """

    period: PeriodKind = "week"
    schedule: Schedule = field(default_factory=Schedule)
    dashboard: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)
    recipients: Sequence[Recipient] = field(default_factory=tuple)

    def chosen(self, to: Sequence[str] = ()) -> Sequence[Recipient]:
        """Return the named recipients, or all. Raises InputError if there are none."""
        if not self.recipients:
            raise InputError(
                "The digest has no recipients. Add them on the dashboard page Digest, or in the "
                "file regulars-digest.toml as [[recipients]] with `to` and `role`."
            )
        return [self._find(one) for one in to] or self.recipients

    def _find(self, to: str) -> Recipient:
        for recipient in self.recipients:
            if recipient.to.casefold() == to.strip().casefold():
                return recipient
        hint = did_you_mean(to, [one.to for one in self.recipients])
        raise InputError(f'"{to}" is not a recipient of the digest.{hint}')


class DigestFile:
    """The settings in a file, which may not exist yet."""

    def __init__(self, path: Path) -> None:
        """Start without reading the file."""
        self.path = path

    @property
    def sent_file(self) -> Path:
        """The file next to it that records what was sent."""
        return self.path.with_name(f"{self.path.stem}-sent.json")

    def load(self) -> DigestSettings:
        """Return the settings; the defaults if there is no file.

        Raises ProfileError with the setting to fix.
        """
        values, where = read_settings(self.path), str(self.path)
        thresholds = _thresholds(section(values, "thresholds", where), f"{where}, [thresholds]")
        recipients = values.pop("recipients", [])
        unknown = [name for name in values if name not in _COMMON]
        if unknown:
            hint = did_you_mean(unknown[0], _COMMON)
            raise ProfileError(f'{where}: unknown setting "{unknown[0]}".{hint}')
        common = {name: str(value) for name, value in values.items()}
        try:
            return DigestSettings(
                parse_period_kind(common.pop("period", "week")),
                dashboard=checked_dashboard(common.pop("dashboard", "")),
                schedule=Schedule(**common),
                thresholds=thresholds,
                recipients=_recipients(recipients),
            )
        except ProfileError as error:
            raise ProfileError(f"{where}: {error}") from None

    def save(self, settings: DigestSettings) -> None:
        """Replace the file. Raises ProfileError if it cannot be written."""
        with exclusive(self.path):
            write_atomically(self.path, _to_toml(settings))


def make_recipient(to: str, role: Role) -> Recipient:
    """Return a recipient. Raises ProfileError if `to` is neither an address nor a variable."""
    to = to.strip()
    if "://" in to:
        raise ProfileError(
            "Do not enter the address of a webhook, because anyone who has it can post to the "
            f"channel. Put it in an environment variable and enter its name, such as {WEBHOOK}."
        )
    if not ((_EMAIL.fullmatch(to) and to.isprintable()) or _WEBHOOK.fullmatch(to)):
        raise ProfileError(
            f'"{to}" is neither an email address nor the environment variable of a webhook, such '
            f"as {WEBHOOK} or {WEBHOOK}_SALES."
        )
    return Recipient(to, role)


def _recipients(entries: object) -> tuple[Recipient, ...]:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ProfileError("recipients must be sections. Write each as [[recipients]].")
    found = []
    for entry in entries:
        if unknown := set(entry) - {"to", "role"}:
            raise ProfileError(f'[[recipients]]: unknown setting "{min(unknown)}".')
        role = parse_role(str(entry.get("role", "viewer")), "[[recipients]]")
        found.append(make_recipient(str(entry.get("to", "")), role))
    return tuple(found)


def parse_period_kind(name: str) -> PeriodKind:
    """Return week or month. Raises ProfileError for anything else."""
    for kind in PERIODS:
        if kind == name:
            return kind
    raise ProfileError(f'period = "{name}" must be "week" or "month".')


def checked_dashboard(address: str) -> str:
    """Return the address of a dashboard, ending in a slash; empty for none.

    Raises ProfileError if it is not an address.
    """
    address = address.strip()
    is_address = address.startswith(("https://", "http://")) and " " not in address
    if address and not (is_address and address.isprintable()):
        raise ProfileError(f'dashboard = "{address}" must begin with https:// or http://.')
    return address if not address or address.endswith("/") else f"{address}/"


def _thresholds(values: Mapping[str, Any], where: str) -> Thresholds:
    known = {field.name: field.default for field in fields(Thresholds)}
    for name, value in values.items():
        if name not in known:
            raise ProfileError(f'{where}: unknown setting "{name}".{did_you_mean(name, known)}')
        is_switch = isinstance(known[name], bool)
        is_number = isinstance(value, int | float) and isfinite(value)
        if isinstance(value, bool) is not is_switch or not (is_switch or is_number):
            wanted = "true or false" if is_switch else "a number"
            raise ProfileError(f"{where}: {name} = {value!r} must be {wanted}.")
    try:
        return Thresholds(**values)
    except ProfileError as error:
        raise ProfileError(f"{where}: {error}") from None


def _to_toml(settings: DigestSettings) -> str:
    common = {
        "period": settings.period, "day": settings.schedule.day, "time": settings.schedule.time,
        "dashboard": settings.dashboard,
    }  # fmt: skip
    lines = [f"{name} = {_text(value)}" for name, value in common.items() if value]
    lines += ["", "[thresholds]"]
    lines += [
        f"{name} = {json.dumps(value)}"
        for name, value in vars(settings.thresholds).items()
        if value is not None
    ]
    for one in settings.recipients:
        lines += ["", "[[recipients]]", f"to = {_text(one.to)}"]
        lines.append(f"role = {_text(one.role.value)}")
    return _HEADER + "\n" + "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """Return a text as TOML, whose quotes and escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)
