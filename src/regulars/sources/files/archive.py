"""Unpack a zip file of tables: no path from the archive is ever used, and no size is trusted."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from regulars.core.errors import SourceError
from regulars.sources.files.compression import most_bytes, too_large
from regulars.sources.files.discover import natural_sort_key
from regulars.sources.table import CHUNK, scratch

MOST_FILES = 1_000
_NO_TABLES = (".pdf", ".jpg", ".jpeg", ".png", ".gif", ".md", ".doc", ".docx", ".css", ".js")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def unzip(path: Path, name: str, workdir: Path) -> dict[Path, str]:
    """Return the files in a zip file that can be tables, with their display names.

    They are extracted to workdir under names of our own, in the natural order of their names.

    Raises SourceError if it is damaged, encrypted, implausibly large, or contains no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _tables(archive.infolist())
            _check(members, path, name)
            return {
                _extract(archive, member, workdir, name): f"{name}: {member.filename}"
                for member in members
            }
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError):
        raise SourceError(
            f"{name} is damaged or packed in a way that is not supported. Unzip it and pass the "
            "files."
        ) from None


def _tables(members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the members that are neither folders nor files that systems add."""
    found = [member for member in members if not member.is_dir() and not _is_hidden(member)]
    tables = [member for member in found if _suffix(member) not in _NO_TABLES]
    return sorted(tables, key=lambda member: natural_sort_key(Path(member.filename)))


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)


def _suffix(member: zipfile.ZipInfo) -> str:
    suffix = PurePosixPath(member.filename).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _check(members: Sequence[zipfile.ZipInfo], path: Path, name: str) -> None:
    if not members:
        raise SourceError(f"{name} contains no table. Pass a zip file of CSV files or workbooks.")
    if len(members) > MOST_FILES:
        raise SourceError(
            f"{name} contains {len(members):,} files, more than {MOST_FILES:,}. Unzip it and pass "
            "only the files with sales."
        )
    if any(member.flag_bits & 1 for member in members):
        raise SourceError(f"{name} is encrypted. Unzip it with its password and pass the files.")
    if sum(member.file_size for member in members) > most_bytes(path):
        raise too_large(name, most_bytes(path))


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, workdir: Path, name: str) -> Path:
    """Extract one file; zipfile stops at the size that was checked, whatever the data hold."""
    target = scratch(workdir, _suffix(member))
    with archive.open(member) as stream, target.open("wb") as out:
        while chunk := stream.read(CHUNK):
            out.write(chunk)
    with target.open("rb") as stream:
        is_zip = stream.read(4) == b"PK\x03\x04"
    if is_zip and _suffix(member) == ".zip":
        raise SourceError(f"{name} contains another zip file. Unzip it and pass the files.")
    return target
