"""Uploaded files: check them, correct their column mapping, load them once confirmed.

Files are in a temporary folder only while they are read. A corrected profile stays text and never
becomes a file, so that the warehouse records no path of the server.
"""

import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from regulars.core.errors import InputError, RegularsError
from regulars.core.schema import LINE_COLUMNS
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.api import build, check, columns_in, load
from regulars.loads.report import LoadReport
from regulars.sources.files.discover import natural_sort_key
from regulars.sources.profiles.match_columns import guess_columns
from regulars.sources.profiles.profile import GENERIC, Profile, parse_profile, shipped_text
from regulars.web.auth.current_user import CurrentUser

Progress = Callable[[str], None]
PROFILE = "corrected.toml"
"""The name of a corrected profile, in the warehouse as well."""

_ONLY_SHIPPED = ("people", "database", "recognised_by", "refused")
"""Sections and keys of a shipped profile that a corrected one does not have."""

_ONE_AT_A_TIME = Lock()
"""If two users find no warehouse, the second loads into the one that the first builds."""

_MAX_STEM, _MAX_SUFFIX = 150, 20
_PROFILE_ADVICE = re.compile(r"\s*\b(?:Say|Set|Write|Add)\b[^.\n]*\bprofile\b.*", re.DOTALL)
"""The end of an error that advises writing a profile: the page has a form for that."""


@dataclass(frozen=True)
class UploadedFile:
    """A file with the name and content that the browser sent."""

    name: str
    content: bytes | memoryview


@dataclass(frozen=True)
class UploadCheck:
    """The result of checking uploaded files.

    columns  the columns of each table by its name; empty if there is no table
    report   what a load would do; None if the files cannot be loaded
    error    why they cannot be loaded
    """

    columns: Mapping[str, Sequence[str]]
    report: LoadReport | None = None
    error: str = ""

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
    _check_role(user)
    columns: Mapping[str, Sequence[str]] = {}
    with temporary_files(files) as paths:
        try:
            columns = columns_in(*paths, settings=settings)
            report = check(*paths, profile=_parse(profile), settings=settings, progress=progress)
        except RegularsError as error:
            return UploadCheck(columns, error=_PROFILE_ADVICE.sub("", _message(error, paths)))
    return UploadCheck(columns, report)


def load_upload(
    user: CurrentUser, files: Sequence[UploadedFile], profile: str, *, warehouse: str,
    settings: Settings, progress: Progress = lambda _: None,
) -> LoadReport:  # fmt: skip
    """Load files into the warehouse, or build it from them if there is none.

    Raises InputError if the user may not load files, and RegularsError if the load fails, which
    leaves the warehouse unchanged.
    """
    _check_role(user)
    with _ONE_AT_A_TIME, temporary_files(files) as paths:
        run = load if engine_of(warehouse).exists() else build
        try:
            return run(
                *paths, warehouse=warehouse, profile=_parse(profile), settings=settings,
                progress=progress,
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


def corrected_profile(
    check: UploadCheck, profile: str, columns: Mapping[str, str], formats: Mapping[str, str]
) -> str:
    """Return a TOML profile with the user's corrections.

    profile  the profile of an earlier correction, empty for the first
    columns  our column -> theirs; columns that are not in it count as missing
    """
    base = tomllib.loads(profile) if profile else _recognised(check)
    return to_toml(
        {
            **base,
            "title": "Corrected in the dashboard",
            "columns": {ours: [] for ours in LINE_COLUMNS} | dict(columns),
            "formats": {**base.get("formats", {}), **formats},
        }
    )


def selected_columns(check: UploadCheck, profile: str) -> Mapping[str, str]:
    """Return our column -> theirs: as the check read them, as corrected, or as most likely."""
    if check.report is not None:
        return check.report.sources[0].mapping.columns
    if profile:
        columns = tomllib.loads(profile)["columns"]
        return {ours: theirs for ours, theirs in columns.items() if theirs}
    return guess_columns(check.header)


def selected_formats(check: UploadCheck, profile: str) -> Mapping[str, str]:
    """Return the formats of the corrected profile, or of the shipped one that matched."""
    base = tomllib.loads(profile) if profile else _recognised(check)
    return dict(base.get("formats", {}))


def to_toml(profile: Mapping[str, Any]) -> str:
    """Return a profile as TOML: values first, then tables, then arrays of tables."""
    values, tables, arrays = [], [], []
    for name, value in profile.items():
        if isinstance(value, Mapping):
            tables.append(f"\n[{name}]\n{_toml_lines(value)}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            arrays += [f"\n[[{name}]]\n{_toml_lines(one)}" for one in value]
        else:
            values.append(_toml_lines({name: value}))
    return "".join((*values, *tables, *arrays))


def _toml_lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {_toml_value(value)}\n" for name, value in values.items())


def _toml_value(value: Any) -> str:
    """Return a string, a boolean or a list of them as TOML, which is JSON except for DEL."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _recognised(check: UploadCheck) -> dict[str, Any]:
    """Return the shipped profile that matched the files, without what only that source has."""
    if check.report is None or check.report.sources[-1].mapping.profile.name == GENERIC:
        return {}
    mapping = check.report.sources[-1].mapping
    base = tomllib.loads(shipped_text(mapping.profile.name))
    people = base.pop("people", {}) if mapping.people else {}
    base = {name: value for name, value in base.items() if name not in _ONLY_SHIPPED}
    if mapping.people:
        base["people"] = {
            **({"customer_id": people["customer_id"]} if mapping.people.pseudonyms else {}),
            **{ours: list(theirs) for ours, theirs in mapping.people.columns.items() if theirs},
            **({"not_kept": list(mapping.people.not_kept)} if mapping.people.not_kept else {}),
        }
    return base


def _parse(text: str) -> Profile | None:
    return parse_profile(Path(PROFILE).stem, text, source=PROFILE) if text else None


def _check_role(user: CurrentUser) -> None:
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
