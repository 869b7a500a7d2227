"""Find source files, name them for display, and detect what kind each one is."""

import glob
import re
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from regulars.core.errors import SourceError
from regulars.sources.table import GZIP, unpacked

Kind = Literal["text", "parquet", "workbook", "dump"]

HEAD = 1 << 16
WILDCARDS = "*?["
PARTS = "part-*.parquet"
"""Matches the files of a folder that holds one table, as Spark writes it."""

_BINARY_SUFFIXES = (
    ".xlsx", ".xlsm", ".xls", ".parquet", ".pdf", ".gz", ".zip", ".jpg", ".png",
)  # fmt: skip
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
DUMP = re.compile(
    rb"^(-- PostgreSQL database (cluster )?dump|COPY .+ FROM stdin;|INSERT INTO [^`]+ VALUES)\s",
    re.M,
)


def find_files(patterns: Sequence[str]) -> dict[Path, str]:
    """Return the files that paths and globs match, in order, each with its display name.

    A folder of `part-*.parquet` files counts as one file.

    Raises SourceError if a pattern matches nothing, if a path is any other folder, or if a file is
    given twice: its lines would be counted twice.
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
        raise SourceError(f"{pattern} is a folder. Pass its files, such as {path / '*.csv'}")
    if path.exists():
        return [path]
    # Path.glob rejects absolute patterns.
    found = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207
    files = [path for path in found if path.is_file() or parts_in(path)]
    if not files:
        raise SourceError(_no_match(path))
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

    Raises SourceError for an empty file and for formats that must be converted first.
    """
    if path.is_dir():
        return "parquet"
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise SourceError(f"{name} is empty.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "workbook"
    _refuse_unsupported(head, path, name)
    _refuse_binary(path, name)
    with unpacked(path, name) as content:
        return "dump" if DUMP.search(content.read(HEAD).replace(b"\r", b"")) else "text"


def _refuse_unsupported(head: bytes, path: Path, name: str) -> None:
    if head.startswith((b"PGDMP", b"toc.dat")):
        raise SourceError(
            f"{name} is a PostgreSQL dump in custom or tar format. Convert it to SQL first:\n"
            f"  pg_restore -f {path.stem}.sql {path}"
        )
    if not head.startswith(OLD_OFFICE):
        return
    # Excel wraps an encrypted .xlsx in the container format of .xls.
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise SourceError(
            f"{name} is password-protected. Remove the password in Excel and try again."
        )
    raise SourceError(
        f"{name} is in the old Excel format. Save it as .xlsx in Excel and try again."
    )


def _refuse_binary(path: Path, name: str) -> None:
    """Raise SourceError if a file with a binary extension holds bytes of no known format."""
    if path.suffix.lower() not in _BINARY_SUFFIXES:
        return
    with path.open("rb") as stream:
        start = stream.read(HEAD)
    if (b"\0" in start or start.startswith(b"%PDF")) and not start.startswith(GZIP):
        raise SourceError(
            f"{name} is damaged or in a format that is not supported. "
            "Save or download it again as .xlsx, .parquet or .csv."
        )
