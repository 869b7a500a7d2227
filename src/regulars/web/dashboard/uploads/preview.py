"""Uploaded files: check them, and load them once confirmed.

Files are in a temporary folder only while they are read. A corrected profile stays text and never
becomes a file, so that the warehouse records no path of the server.
"""

import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from regulars.core.errors import InputError, MappingError, RegularsError
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.api import build, check, columns_in, load
from regulars.loads.draft_profile import profile_of
from regulars.loads.report import LoadReport, remarks
from regulars.sources.files.discover import natural_sort_key
from regulars.sources.profiles.advice import Proposal, split_advice
from regulars.sources.profiles.profile import (
    Profile,
    parse_profile,
    profile_names,
    profile_text,
)
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.uploads.date_notation import to_notation

Progress = Callable[[str], None]
PROFILE = "corrected.toml"
"""The name of a corrected profile, in the warehouse as well."""

_ONE_AT_A_TIME = Lock()
"""If two users find no warehouse, the second loads into the one that the first builds."""

_MAX_STEM, _MAX_SUFFIX = 150, 20
_FOR_COMMANDS = re.compile(r" ?[A-Z][^.]* --(?:profile|table)\b.*")
_DATE_FORMAT = re.compile(r'"([^"]*%[dmbBYyHMS][^"]*)"')


@dataclass(frozen=True)
class UploadedFile:
    """A file with the name and content that the browser sent."""

    name: str
    content: bytes | memoryview


@dataclass(frozen=True)
class UploadCheck:
    """The result of checking uploaded files.

    columns    the columns of each table by its name; empty if there is no table
    report     what a load would do; None if the files cannot be loaded
    error      why they cannot be loaded
    proposals  the settings that the error or a warning asks about
    known      our column -> theirs, as far as an error about the columns knows
    examples   a cell of each column, as far as that error knows
    base       the profile that regulars.toml names for all loads, empty if it names none
    """

    columns: Mapping[str, Sequence[str]]
    report: LoadReport | None = None
    error: str = ""
    proposals: Sequence[Proposal] = ()
    known: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def header(self) -> Sequence[str]:
        """The columns that all tables have; empty if their columns differ."""
        headers = {tuple(columns) for columns in self.columns.values()}
        return headers.pop() if len(headers) == 1 else ()


def check_upload(
    user: CurrentUser, files: Sequence[UploadedFile], profile: str, settings: Settings,
    progress: Progress = lambda _: None,
) -> UploadCheck:  # fmt: skip
    """Return what files contain and what a load would do, without writing anything.

    profile  a TOML profile to read them by; empty to recognise them

    Raises InputError if the user may not load files.
    """
    check_role(user)
    columns: Mapping[str, Sequence[str]] = {}
    base = ""
    with temporary_files(files) as paths:
        try:
            base, chosen = _own_profile(settings), _parse(profile)
            columns = columns_in(*paths, profile=chosen, settings=settings)
            report = check(*paths, profile=chosen, settings=settings, progress=progress)
        except RegularsError as error:
            advice = split_advice(_message(error, paths))
            lines, examples = (
                (error.lines, error.examples) if isinstance(error, MappingError) else ((), {})
            )
            return UploadCheck(
                columns, error=readable(advice.text), proposals=advice.proposals, base=base,
                known=tomllib.loads("\n".join(lines)), examples=examples,
            )  # fmt: skip
    warnings = (split_advice(one.text) for one in remarks(report) if one.is_warning)
    proposals = [proposal for warning in warnings for proposal in warning.proposals]
    return UploadCheck(columns, report, proposals=proposals, base=base)


def readable(message: str) -> str:
    """Return a message without profile lines and commands, for readers who use the page."""
    text = "\n".join(
        _FOR_COMMANDS.sub("", line) for line in split_advice(message).text.splitlines()
    )
    return _DATE_FORMAT.sub(lambda format_: f'"{to_notation(format_[1])}"', text)


def download_profile(check: UploadCheck, profile: str) -> str:
    """Return the commented profile of checked files, as `regulars profile` writes it.

    Empty if the files cannot be loaded, or are read in different ways.
    """
    if check.report is None or not check.header:
        return ""
    return profile_of(check.report.sources[0], tomllib.loads(profile or check.base))


def load_upload(
    user: CurrentUser, files: Sequence[UploadedFile], profile: str, *, warehouse: str,
    settings: Settings, progress: Progress = lambda _: None,
) -> LoadReport:  # fmt: skip
    """Load files into the warehouse, or build it from them if there is none.

    Raises InputError if the user may not load files, and RegularsError if the load fails, which
    leaves the warehouse unchanged.
    """
    check_role(user)
    with _ONE_AT_A_TIME, temporary_files(files) as paths:
        run = load if engine_of(warehouse).exists() else build
        try:
            return run(
                *paths, warehouse=warehouse, profile=_parse(profile), settings=settings,
                author=user.name, progress=progress,
            )  # fmt: skip
        except RegularsError as error:
            raise type(error)(_message(error, paths)) from None


@contextmanager
def temporary_files(files: Sequence[UploadedFile]) -> Iterator[list[Path]]:
    """Yield the paths of files in a private temporary folder, in natural order of their names.

    The names are those of the upload as far as they are valid. Of two files with the same order,
    the later one counts.
    """
    with tempfile.TemporaryDirectory(prefix="regulars-upload-") as folder:
        paths: list[Path] = []
        for file in files:
            paths.append(_unused(Path(folder) / file_name(file.name)))
            paths[-1].write_bytes(file.content)
        yield sorted(paths, key=natural_sort_key)


def file_name(name: str) -> str:
    """Return the name that a browser sent as a valid file name without folders."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    path = Path(printable if printable.strip(".") else "file")
    return _shorten(path.stem, _MAX_STEM) + _shorten(path.suffix, _MAX_SUFFIX)


def _own_profile(settings: Settings) -> str:
    """Return the profile that regulars.toml names; empty for a shipped one, which is recognised."""
    name = settings.profile
    return profile_text(name) if name and name not in profile_names() else ""


def _parse(text: str) -> Profile | None:
    return parse_profile(Path(PROFILE).stem, text, source=PROFILE) if text else None


def check_role(user: CurrentUser) -> None:
    """Raise InputError if the user may not load files."""
    if not user.role.may_load:
        raise InputError("Only admins can load files.")


def _message(error: RegularsError, paths: Sequence[Path]) -> str:
    """Return the message of an error without the path of the temporary folder."""
    return str(error).replace(f"{paths[0].parent}/", "") if paths else str(error)


def _unused(path: Path) -> Path:
    """Return that path, or one with a number appended if it is taken."""
    number, unused = 1, path
    while unused.exists():
        number += 1
        unused = path.with_stem(f"{path.stem} ({number})")
    return unused


def _shorten(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")
