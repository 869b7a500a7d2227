"""Files that somebody hands in: looked at, read otherwise where need be, loaded once confirmed.

They lie in a folder of their own for as long as they are read, and no longer. A profile that came
of corrections is text from here on, and no file: a warehouse writes down no folder of ours.
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

from regulars.core.errors import QuestionError, RegularsError
from regulars.core.schema import LINE_COLUMNS
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.api import build, check, columns_in, load
from regulars.loads.report import LoadReport
from regulars.sources.files.discover import natural_sort_key
from regulars.sources.profiles.match_columns import guess_columns
from regulars.sources.profiles.profile import GENERIC, Profile, parse_profile, shipped_text
from regulars.web.auth.current_user import Visitor

Progress = Callable[[str], None]
PROFILE = "corrected.toml"
"""What a corrected mapping is called, in the warehouse, too."""

_ONE_AT_A_TIME = Lock()
"""Of two who find no warehouse the second loads into what the first has built."""

_LONGEST_STEM, _LONGEST_SUFFIX = 150, 20
_CURE = re.compile(r"\s*(Say (which )?in your profile|Write a profile and name it).*", re.DOTALL)
"""What an error tells people to write, where they can choose it instead."""


@dataclass(frozen=True)
class Upload:
    """A file as it was handed in: the name it came with, and what is in it."""

    name: str
    content: bytes | memoryview


@dataclass(frozen=True)
class Look:
    """What a look at files showed.

    found     the columns of each of their tables, by its name; none where there is no table
    report    what a build of them would load; None where they cannot be read
    why_none  why they cannot, in words
    """

    found: Mapping[str, Sequence[str]]
    report: LoadReport | None = None
    why_none: str = ""

    @property
    def heading(self) -> Sequence[str]:
        """The columns of every table; empty where one has other columns than another."""
        headings = {tuple(columns) for columns in self.found.values()}
        return headings.pop() if len(headings) == 1 else ()


def look_at(
    visitor: Visitor, files: Sequence[Upload], profile: str, settings: Settings,
    progress: Progress = lambda _: None,
) -> Look:  # fmt: skip
    """Return what files hold and what of it would be loaded, writing nothing.

    profile  a profile in TOML that says how to read them; empty where they are to be recognised

    Raises QuestionError for a visitor who may not load.
    """
    _check_role(visitor)
    found: Mapping[str, Sequence[str]] = {}
    with laid_down(files) as paths:
        try:
            found = columns_in(*paths, settings=settings)
            chosen = _profile(profile)
            report = check(*paths, profile=chosen, settings=settings, progress=progress)
        except RegularsError as error:
            return Look(found, why_none=_CURE.sub("", _told(error, paths)))
    return Look(found, report)


def take_in(
    visitor: Visitor, files: Sequence[Upload], profile: str, place: str, settings: Settings,
    progress: Progress = lambda _: None,
) -> LoadReport:  # fmt: skip
    """Load files into the warehouse, or build it of them where there is none yet.

    Raises QuestionError for a visitor who may not, RegularsError with the warehouse as it was.
    """
    _check_role(visitor)
    with _ONE_AT_A_TIME, laid_down(files) as paths:
        run = load if engine_of(place).is_there() else build
        try:
            return run(
                *paths, warehouse=place, profile=_profile(profile), settings=settings,
                progress=progress,
            )  # fmt: skip
        except RegularsError as error:
            raise type(error)(_told(error, paths)) from None


@contextmanager
def laid_down(files: Sequence[Upload]) -> Iterator[list[Path]]:
    """Lay files down in a folder that only we can read, gone afterwards; a later one replaces.

    Each has the name it came with, as far as that is a name of a file.
    """
    with tempfile.TemporaryDirectory(prefix="regulars-upload-") as folder:
        paths: list[Path] = []
        for file in files:
            paths.append(_free(Path(folder) / file_name(file.name)))
            paths[-1].write_bytes(file.content)
        yield sorted(paths, key=natural_sort_key)


def file_name(told: str) -> str:
    """Return a name that somebody's browser told as the name of a file, and of no folder."""
    last = re.split(r"[/\\]", told)[-1]
    plain = "".join(sign for sign in last if sign.isprintable()).strip()
    name = Path(plain if plain.strip(".") else "file")
    return _cut(name.stem, _LONGEST_STEM) + _cut(name.suffix, _LONGEST_SUFFIX)


def correction(
    look: Look, before: str, columns: Mapping[str, str], formats: Mapping[str, str]
) -> str:
    """Return a profile in TOML by which files are read as somebody chose.

    before   the profile that they were read by, if it came of a correction, too
    columns  our column -> theirs; what is not in it they do not have
    """
    base = tomllib.loads(before) if before else _recognised(look)
    return in_toml(
        {
            **base,
            "title": "Corrected in the dashboard",
            "columns": {ours: columns.get(ours, []) for ours in LINE_COLUMNS},
            "formats": {**base.get("formats", {}), **formats},
        }
    )


def mapping_of(look: Look, profile: str) -> Mapping[str, str]:
    """Return our columns to theirs, as they were read, chosen, or are most likely meant."""
    if look.report is not None:
        return look.report.sources[0].mapping.columns
    if profile:
        chosen = tomllib.loads(profile)["columns"]
        return {ours: theirs for ours, theirs in chosen.items() if theirs}
    return guess_columns(look.heading)


def formats_of(look: Look, profile: str) -> Mapping[str, str]:
    """Return the formats that were told, by hand or by the profile that recognised the files."""
    base = tomllib.loads(profile) if profile else _recognised(look)
    return dict(base.get("formats", {}))


def in_toml(profile: Mapping[str, Any]) -> str:
    """Return a profile as text: values, then sections, then lists of sections."""
    values, sections, lists = [], [], []
    for name, value in profile.items():
        if isinstance(value, Mapping):
            sections.append(f"\n[{name}]\n{_lines(value)}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lists += [f"\n[[{name}]]\n{_lines(one)}" for one in value]
        else:
            values.append(_lines({name: value}))
    return "".join((*values, *sections, *lists))


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items())


def _value(value: Any) -> str:
    """Return text, a truth or a list of them as TOML writes it: as JSON does, but for DEL."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _recognised(look: Look) -> dict[str, Any]:
    """Return what the shipped profile that recognised files says beyond what holds anywhere."""
    if look.report is None or look.report.sources[-1].mapping.profile.name == GENERIC:
        return {}
    mapping = look.report.sources[-1].mapping
    base = tomllib.loads(shipped_text(mapping.profile.name))
    people = base.pop("people", {}) if mapping.people else {}
    base = {name: value for name, value in base.items() if name not in ("people", "database")}
    if mapping.people:
        base["people"] = {
            **({"customer_id": people["customer_id"]} if mapping.people.pseudonyms else {}),
            **{ours: list(theirs) for ours, theirs in mapping.people.columns.items() if theirs},
            **({"not_kept": list(mapping.people.not_kept)} if mapping.people.not_kept else {}),
        }
    return base


def _profile(text: str) -> Profile | None:
    return parse_profile(Path(PROFILE).stem, text, source=PROFILE) if text else None


def _check_role(visitor: Visitor) -> None:
    if not visitor.role.may_load:
        raise QuestionError("Only an admin may load files.")


def _told(error: RegularsError, paths: Sequence[Path]) -> str:
    """Return the words of an error about files, without the folder in which they lie."""
    return str(error).replace(f"{paths[0].parent}/", "") if paths else str(error)


def _free(path: Path) -> Path:
    """Return a path where nothing lies: that one, or one with a number behind its name."""
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem} ({number})")
    return free


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
