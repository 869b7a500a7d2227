"""The shape of a file, in [file] of a profile: which rows and which table to read."""

from dataclasses import dataclass
from typing import Any

from regulars.core.errors import ProfileError
from regulars.sources.profiles.checks import check_keys

_FILE = {
    "header": bool, "delimiter": str, "encoding": str, "table": str, "skip_rows": int,
    "header_row": int, "footer": int,
}  # fmt: skip
_FORMS = {bool: "true or false", str: "a string", int: "a number of rows, such as 3"}


@dataclass(frozen=True)
class FileOptions:
    """How to read a file; None for what is detected.

    skip_rows   how many rows above the header are not part of the table, blank ones included
    header_row  number of the header row, as a spreadsheet shows it
    footer      how many rows at the end are not part of the table, blank ones not counted
    """

    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    table: str | None = None
    skip_rows: int | None = None
    header_row: int | None = None
    footer: int | None = None


def parse_file(file: dict[str, Any], where: str) -> FileOptions:
    """Return the [file] of a profile. Raises ProfileError for a key or value it cannot have."""
    check_keys(file, tuple(_FILE), f"{where}, [file]")
    for key, value in file.items():
        type_ = _FILE[key]
        if type(value) is not type_ or (isinstance(value, int) and type_ is int and value < 1):
            raise ProfileError(f"{where}, [file] {key} = {value!r} must be {_FORMS[type_]}.")
    if "header_row" in file and ("skip_rows" in file or file.get("header") is False):
        other = "skip_rows" if "skip_rows" in file else "header = false"
        raise ProfileError(f"{where}, [file]: write header_row or {other}, not both.")
    return FileOptions(**file)
