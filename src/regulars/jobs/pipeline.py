"""A pipeline file: the steps of a night, in the order in which they run."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean
from regulars.core.settings import check_settings, read_settings, section
from regulars.web.digest.settings import Recipient, make_recipient
from regulars.web.roles import Role

NIGHTS = ("yesterday", "today")
_LISTS, _NOTIFY = "lists", "notify"


@dataclass(frozen=True)
class FilesStep:
    """[files]: load the files of the night.

    pattern   a file, a folder or a glob; {date} stands for the business date
    required  whether a night without files fails
    """

    pattern: str = ""
    required: bool = True

    def of(self, night: date) -> str:
        """Return the pattern for a night. Raises ProfileError for a placeholder other than date."""
        try:
            return self.pattern.format(date=night)
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ProfileError(
                f'pattern = "{self.pattern}" may only have {{date}} in braces, or a form of it '
                "such as {date:%Y%m%d}."
            ) from None


@dataclass(frozen=True)
class SyncStep:
    """[sync]: load what has changed in a shop's database.

    shop   the address of the database, without its password
    table  the table with the sales, if the profile does not say
    """

    shop: str = ""
    table: str = ""


@dataclass(frozen=True)
class ReportStep:
    """[report]: write the report to a file."""

    file: str = "regulars-report.html"


@dataclass(frozen=True)
class DigestStep:
    """[digest]: send the digest, if it is due, and new alerts.

    settings  the file with its recipients
    alerts    send new alerts every night
    """

    settings: str = "regulars-digest.toml"
    alerts: bool = True


@dataclass(frozen=True)
class ListStep:
    """[[lists]]: export a saved customer list.

    name  the list
    file  where to write it
    form  the export format
    """

    name: str = ""
    file: str = ""
    form: str = "plain"


Step = FilesStep | SyncStep | ReportStep | DigestStep | ListStep
_SECTIONS: Mapping[str, type] = {
    "files": FilesStep, "sync": SyncStep, "report": ReportStep, "digest": DigestStep,
}  # fmt: skip


@dataclass(frozen=True)
class Common:
    """The settings at the top of a pipeline file.

    warehouse     the warehouse; empty for that of regulars.toml
    profile       the profile of the files or the database; empty for that of regulars.toml
    night         the business date of a run: "yesterday" or "today"
    strict        refuse a load that does not meet its expectations
    retries       how often to try a step again after a temporary error
    wait_seconds  how long to wait before the first of these; the wait doubles each time
    """

    warehouse: str = ""
    profile: str = ""
    night: str = "yesterday"
    strict: bool = True
    retries: int = 3
    wait_seconds: float = 60.0


@dataclass(frozen=True)
class Pipeline:
    """A pipeline: its name, its settings, its named steps in order, and who hears of a failure."""

    name: str
    common: Common
    steps: Mapping[str, Step]
    notify: tuple[Recipient, ...] = ()


def load_pipeline(path: Path) -> Pipeline:
    """Return the pipeline in a file. Raises ProfileError with what to fix."""
    if not path.is_file():
        raise ProfileError(f"There is no pipeline {path}. docs/nightly-loads.md has an example.")
    values, where = read_settings(path), str(path)
    lists, notify = values.pop(_LISTS, []), values.pop(_NOTIFY, [])
    steps: dict[str, Step] = {}
    for name, kind in _SECTIONS.items():
        if name in values:
            steps[name] = _step(kind, section(values, name, where), f"{where}, [{name}]")
    for number, one in enumerate(_sections(lists, where), start=1):
        step = _step(ListStep, one, f"{where}, [[lists]]")
        steps[f"lists.{one.get('name', number)}"] = step
    known = {field.name for field in fields(Common)} | {*_SECTIONS, _LISTS, _NOTIFY}
    for name in values:
        if name not in known:
            raise ProfileError(f'{where}: unknown setting "{name}".{did_you_mean(name, known)}')
    check_settings(values, Common, where)
    common = Common(**values)
    _check_common(common, where)
    if not steps:
        raise ProfileError(f"{where} has no step. Add [files] or [sync].")
    return Pipeline(path.stem, common, steps, _recipients(notify, where))


def _step(kind: type, values: dict[str, Any], where: str) -> Any:
    check_settings(values, kind, where)
    step = kind(**values)
    required = {FilesStep: ("pattern",), SyncStep: ("shop",), ListStep: ("name", "file")}
    for name in required.get(kind, ()):
        if not getattr(step, name):
            raise ProfileError(f"{where}: set {name}.")
    if isinstance(step, FilesStep):
        step.of(date.min)
    return step


def _sections(entries: object, where: str) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ProfileError(f"{where}: lists must be sections. Write each as [[lists]].")
    return entries


def _check_common(common: Common, where: str) -> None:
    if common.night not in NIGHTS:
        raise ProfileError(f'{where}: night = "{common.night}" must be "yesterday" or "today".')
    if common.retries < 0 or common.wait_seconds < 0:
        raise ProfileError(f"{where}: retries and wait_seconds cannot be negative.")


def _recipients(notify: object, where: str) -> tuple[Recipient, ...]:
    if not isinstance(notify, list) or not all(isinstance(one, str) for one in notify):
        raise ProfileError(f'{where}: notify must be a list, such as ["ann@example.com"].')
    return tuple(make_recipient(one, Role.ADMIN) for one in notify)
