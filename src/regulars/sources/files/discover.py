"""Find source files, name them for display, and detect what kind each one is."""

import codecs
import glob
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from regulars.core.errors import SourceError
from regulars.sources.files.compression import COMPRESSED_SUFFIXES, unpacked

Kind = Literal[
    "text", "parquet", "workbook", "dump", "dump archive", "mysql dump", "archive", "json", "html"
]

HEAD = 1 << 16
WILDCARDS = "*?["
DUMPS = (".sql", ".dump")
"""The extensions of whole databases, which the dashboard does not accept."""

TABLES = (
    ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet", ".json",
    ".ndjson", ".jsonl", ".zip", ".htm", ".html", *DUMPS, *COMPRESSED_SUFFIXES,
)  # fmt: skip
"""The extensions of files in a folder that are read."""

PARTS = "part-*.parquet"
"""Matches the files of a folder that holds one table, as Spark writes it."""

_BINARY_SUFFIXES = (
    ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet", ".pdf", ".zip", ".jpg", ".png",
    *COMPRESSED_SUFFIXES,
)  # fmt: skip
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
DUMP = re.compile(
    rb"^(-- PostgreSQL database (cluster )?dump|COPY .+ FROM stdin;|INSERT INTO [^`]+ VALUES)\s",
    re.M,
)
MYSQL = re.compile(rb"^(-- (MySQL|MariaDB) dump |INSERT INTO `)", re.M)
HTML = re.compile(
    rb"(<!--.*?-->\s*)*<(!doctype html|html|head|body|meta|style|table)\b", re.I | re.S
)
JSON = re.compile(rb'\[\s*[{\]]|\{\s*"')


def find_files(patterns: Sequence[str]) -> dict[Path, str]:
    """Return the files that paths and globs match, in order, each with its display name.

    A folder of `part-*.parquet` files counts as one file; any other folder is all of its tables.

    Raises SourceError if a pattern matches nothing, if a folder has no table, or if a file is given
    twice: its lines would be counted twice.
    """
    found: list[Path] = []
    matched_by: dict[Path, str] = {}
    for pattern in patterns:
        for path in _matches(pattern):
            for file in (path, *parts_in(path)):
                if earlier := matched_by.get(file.resolve()):
                    raise SourceError(
                        f'{file.name} is given twice, by "{earlier}" and by "{pattern}", so its '
                        "lines would be counted twice. Pass it only once."
                    )
                matched_by[file.resolve()] = pattern
            found.append(path)
    names = Counter(path.name for path in found)
    return {path: path.name if names[path.name] == 1 else str(path) for path in found}


def parts_in(path: Path) -> list[Path]:
    """Return the Parquet parts in a folder, sorted; an empty list for anything else."""
    return sorted(path.glob(PARTS)) if path.is_dir() else []


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.is_dir() and not parts_in(path):
        return _tables_in(path)
    if path.exists():
        return [path]
    # Path.glob rejects absolute patterns.
    found = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207
    files = [path for path in found if path.is_file() or parts_in(path)]
    if not files:
        raise SourceError(_no_match(path))
    return sorted(files, key=natural_sort_key)


def _tables_in(folder: Path) -> list[Path]:
    """Return the files of a folder that can be tables by their extension, in natural order.

    Raises SourceError if there are none.
    """
    files = [
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in TABLES and not path.name.startswith(".")
    ]
    if not files:
        raise SourceError(f"{folder} is a folder without files of sales. Pass a file or a glob.")
    return sorted(files, key=natural_sort_key)


def natural_sort_key(path: Path) -> list[tuple[int, str]]:
    """Return a sort key that puts part-2 before part-10: later sources replace earlier ones."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts] + [(0, str(path))]


def _no_match(path: Path) -> str:
    if any(wildcard in str(path) for wildcard in WILDCARDS):
        return f'No file matches "{path}".'
    if not path.parent.is_dir():
        return f'There is no file "{path}": the folder "{path.parent}" does not exist.'
    nearby = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    closest = get_close_matches(path.name, nearby, n=1)
    hint = f' Did you mean "{path.with_name(closest[0])}"?' if closest else ""
    return f'There is no file "{path}".{hint}'


def kind_of(path: Path, name: str) -> Kind:
    """Return the kind of a file, detected from its content because extensions can be wrong.

    A compressed file has the kind of what it contains.

    Raises SourceError for an empty file and for formats that cannot be read.
    """
    if path.is_dir():
        return "parquet"
    with unpacked(path, name) as content:
        head = content.read(HEAD)
    if not head:
        raise SourceError(f"{name} is empty.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if head.startswith((b"PGDMP", b"toc.dat")):
        return "dump archive"
    if head.startswith(OLD_OFFICE):
        _refuse_protected(path, name)
        return "workbook"
    _refuse_binary(head, path, name)
    return _kind_of_text(head, name)


def _kind_of_zip(path: Path) -> Kind:
    """Return whether a zip file is a workbook; a damaged one is if its name says so."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return "archive" if path.suffix.lower() == ".zip" else "workbook"
    return "workbook" if {"[Content_Types].xml", "content.xml"} & set(parts) else "archive"


def _kind_of_text(head: bytes, name: str) -> Kind:
    head = head.replace(b"\r", b"")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if HTML.match(start):
        return "html"
    if start.startswith((b"<?xml", b"MIME-Version:")):
        raise SourceError(
            f"{name} is XML or a web archive. Open it in Excel, save it as .xlsx and try again."
        )
    if JSON.match(start):
        return "json"
    if MYSQL.search(head):
        return "mysql dump"
    return "dump" if DUMP.search(head) else "text"


def _refuse_protected(path: Path, name: str) -> None:
    # Excel wraps an encrypted .xlsx in the container format of .xls.
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise SourceError(
            f"{name} is password-protected. Remove the password in Excel and try again."
        )


def _refuse_binary(head: bytes, path: Path, name: str) -> None:
    """Raise SourceError if a file with a binary extension holds bytes of no known format."""
    if path.suffix.lower() not in _BINARY_SUFFIXES:
        return
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if (b"\0" in head and not is_utf16) or head.startswith(b"%PDF"):
        raise SourceError(
            f"{name} is damaged or in a format that is not supported. "
            "Save or download it again as .xlsx, .parquet or .csv."
        )
