"""Which files are meant, what to call them, and what kind each one is."""

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
"""The files of a folder that is one table, as Spark and others write it."""

_PROMISED = {
    ".xlsx": "Excel workbook", ".xlsm": "Excel workbook", ".xls": "Excel workbook",
    ".parquet": "Parquet file", ".pdf": "table, but a PDF", ".gz": "gzip file",
    ".zip": "table, but an archive", ".jpg": "table, but a picture", ".png": "table, but a picture",
}  # fmt: skip
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
DUMP = re.compile(
    rb"^(-- PostgreSQL database (cluster )?dump|COPY .+ FROM stdin;|INSERT INTO [^`]+ VALUES)\s",
    re.M,
)


def find_files(patterns: Sequence[str]) -> dict[Path, str]:
    """Return the files that paths and globs mean, in order, with the name each is shown by.

    A folder of parts of one table counts as a file.

    Raises SourceError for what matches nothing, for a folder, and for a file meant twice: its
    lines would count twice.
    """
    found: list[Path] = []
    meant_by: dict[Path, str] = {}
    for pattern in patterns:
        for path in _matches(pattern):
            for file in (path, *parts_in(path)):
                if earlier := meant_by.get(file.resolve()):
                    raise SourceError(_given_twice(file, earlier, pattern))
                meant_by[file.resolve()] = pattern
            found.append(path)
    alike = Counter(path.name for path in found)
    return {path: path.name if alike[path.name] == 1 else str(path) for path in found}


def parts_in(path: Path) -> list[Path]:
    """Return the files of a folder that is one table, in order; none for anything else."""
    return sorted(path.glob(PARTS)) if path.is_dir() else []


def _given_twice(path: Path, earlier: str, pattern: str) -> str:
    return (
        f'{path.name} is given twice, by "{earlier}" and by "{pattern}": its lines would count '
        "twice. Give it once."
    )


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.is_dir() and not parts_in(path):
        raise SourceError(f"{pattern} is a folder. Name its files, such as {path / '*.csv'}")
    if path.exists():
        return [path]
    # Path.glob takes no absolute pattern.
    found = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207
    files = [path for path in found if path.is_file() or parts_in(path)]
    if not files:
        raise SourceError(_nothing_there(path))
    return sorted(files, key=as_people_count)


def as_people_count(path: Path) -> list[tuple[int, str]]:
    """Return a key by which part-2 comes before part-10: a later source replaces an earlier one."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts] + [(0, str(path))]


def _nothing_there(path: Path) -> str:
    if any(mark in str(path) for mark in WILDCARDS):
        return f'No file matches "{path}".'
    if not path.parent.is_dir():
        return f'There is no file "{path}", nor a folder "{path.parent}".'
    nearby = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    closest = get_close_matches(path.name, nearby, n=1)
    hint = f' Did you mean "{path.with_name(closest[0])}"?' if closest else ""
    return f'There is no file "{path}".{hint}'


def kind_of(path: Path, name: str) -> Kind:
    """Return what kind of file it is by what it holds: an extension can be wrong.

    Raises SourceError for an empty file and for kinds that first have to be saved as another.
    """
    if path.is_dir():
        return "parquet"
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise SourceError(f"{name} is empty: it has no rows at all.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "workbook"
    _refuse(head, path, name)
    _check_name(path, name)
    with unpacked(path, name) as content:
        return "dump" if DUMP.search(content.read(HEAD).replace(b"\r", b"")) else "text"


def _refuse(head: bytes, path: Path, name: str) -> None:
    if head.startswith((b"PGDMP", b"toc.dat")):
        raise SourceError(
            f"{name} is a PostgreSQL dump in a packed form. Turn it into SQL first:\n"
            f"  pg_restore -f {path.stem}.sql {path}"
        )
    if head.startswith(OLD_OFFICE):
        raise SourceError(_old_office(path, name))


def _check_name(path: Path, name: str) -> None:
    """Raise SourceError for noise under a name that promises a workbook, Parquet or a document."""
    promised = _PROMISED.get(path.suffix.lower())
    if promised is None:
        return
    with path.open("rb") as stream:
        start = stream.read(HEAD)
    if (b"\0" in start or start.startswith(b"%PDF")) and not start.startswith(GZIP):
        raise SourceError(
            f"{name} is no {promised} that can be read, whatever its name says: it is damaged or "
            "something else. Save or download it again, as .xlsx, .parquet or .csv."
        )


def _old_office(path: Path, name: str) -> str:
    # A workbook with a password is wrapped in the container that .xls files are made of.
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        return f"{name} is protected by a password. Save it without one in Excel and try again."
    return f"{name} is in the old Excel format. Save it as .xlsx in Excel and try again."
