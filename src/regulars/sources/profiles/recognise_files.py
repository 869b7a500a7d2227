"""Recognise files that belong together, such as orders, their items and customers."""

import re
from collections.abc import Sequence

from regulars.core.errors import SourceError, listed
from regulars.core.schema import LINE_COLUMNS
from regulars.sources.profiles.column_names import find_column
from regulars.sources.profiles.files import FileTable, JoinedFiles
from regulars.sources.profiles.match_columns import looks_like_sales
from regulars.sources.profiles.profile import Profile, shipped_profiles

Header = tuple[str, Sequence[str]]
"""The display name of a table, and its columns."""


def profile_of_files(headers: Sequence[Header], chosen: Profile | None) -> Profile | None:
    """Return the profile that joins these tables; None if each has its lines complete.

    The profile is the chosen one, or a shipped one that recognises the tables.

    Raises SourceError if a table that the lines need is missing.
    """
    candidates = _candidates(chosen)
    complete = [one for one in candidates if not _missing(one, headers)]
    if complete:
        return max(complete, key=lambda one: len(_parts(headers, one)))
    for profile in candidates:
        lines = [header for header in headers if profile == chosen or _is_lines(profile, header)]
        if not all(looks_like_sales(columns, chosen) for _, columns in lines):
            raise SourceError(_missing_in_words(profile, headers))
    return None


def has_parts(headers: Sequence[Header], chosen: Profile | None) -> bool:
    """Return whether a profile joins tables of one container.

    Without a chosen profile, the tables must be complete.
    """
    return any(
        _parts(headers, one) if one == chosen else not _missing(one, headers)
        for one in _candidates(chosen)
    )


def table_of(header: Header, files: JoinedFiles | None) -> FileTable | None:
    """Return which of the tables that a profile joins has this header."""
    if files is None:
        return None
    name, columns = header
    return files.table_of(re.split(r": |[/\\]", name)[-1], columns)


def check_left_out(headers: Sequence[Header], files: JoinedFiles) -> None:
    """Raise SourceError if a table that is left out has most columns of the lines, but not all."""
    lines = files.lines
    for name, found in headers:
        missing = [column for column in lines.columns if not find_column([column], found)]
        if len(missing) * 2 < len(lines.columns):
            raise SourceError(
                f"{name} has most columns of {lines.name}, but not {listed(missing)}, so its lines "
                "would be left out. Rename the column in the file, or leave out the file."
            )


def columns_named_in(profile: Profile) -> list[str]:
    """Return the columns of a source that a profile names in any section."""
    tested = (name for rule in profile.kinds for name in rule.conditions)
    return [
        *(name for names in profile.columns.values() for name in names),
        *profile.built_from,
        *(profile.people.source_columns if profile.people else ()),
        *(name for name in tested if name not in LINE_COLUMNS),
        *(profile.formats.states or ()),
    ]


def _candidates(chosen: Profile | None) -> list[Profile]:
    if chosen is None or chosen.only_has_settings:
        return [profile for profile in shipped_profiles() if profile.files]
    return [chosen] if chosen.files else []


def _parts(headers: Sequence[Header], profile: Profile) -> list[Header]:
    """Return the tables that a profile joins."""
    return [header for header in headers if table_of(header, profile.files)]


def _missing(profile: Profile, headers: Sequence[Header]) -> list[FileTable]:
    """Return the tables that no header is, although the lines need them."""
    found = [table_of(header, profile.files) for header in headers]
    tables = profile.files.tables if profile.files else ()
    return [table for table in tables if not table.is_optional and table not in found]


def _is_lines(profile: Profile, header: Header) -> bool:
    return profile.files is not None and table_of(header, profile.files) == profile.files.lines


def _missing_in_words(profile: Profile, headers: Sequence[Header]) -> str:
    known = [
        f"{name} is {table.name}"
        for name, columns in headers
        if (table := table_of((name, columns), profile.files))
    ]
    wanted = [
        f"{table.name} (columns {', '.join(table.columns)})" for table in _missing(profile, headers)
    ]
    have = f"{listed(known)}, but the profile {profile.name} also" if known else ""
    others = [name for name, columns in headers if not table_of((name, columns), profile.files)]
    rest = f" None of these is one: {listed(others)}." if others else ""
    return (
        f"{have or f'The profile {profile.name}'} needs {' and '.join(wanted)}. Pass all files in "
        f"one command, or the folder with them.{rest}"
    )
