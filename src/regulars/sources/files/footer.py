"""The end of a text file: blank lines, and a footer that a profile gives."""

from pathlib import Path

from regulars.core.formatting import counted
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.table import CHUNK, scratch


def footer_remark(file: FileOptions) -> tuple[str, ...]:
    """Return a remark on the footer, if the profile leaves one out."""
    rows = counted(file.footer or 0, "row", "rows")
    return (f"{rows} of footer left out, as set in the profile",) if file.footer else ()


def without_footer(path: Path, rows: int, workdir: Path) -> Path:
    """Return a copy of a UTF-8 file without its last rows, blank ones not counted."""
    content = path.read_bytes().rstrip()
    for _ in range(rows):
        content = content[: max(content.rfind(b"\n"), content.rfind(b"\r"), 0)].rstrip()
    copy = scratch(workdir, ".csv")
    copy.write_bytes(content + b"\n")
    return copy


def blank_lines_at_end(path: Path) -> int:
    """Return the number of empty lines at the end of a file, within its last megabyte."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - CHUNK))
        tail = stream.read()
    end = tail[len(tail.rstrip(b"\r\n")) :].replace(b"\r\n", b"\n")
    return max(0, len(end) - 1)
