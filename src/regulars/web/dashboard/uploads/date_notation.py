"""Date formats as spreadsheets write them, DD.MM.YYYY, and as profiles do, %d.%m.%Y."""

import re

from regulars.core.errors import InputError

_TOKENS = re.compile(r"(?i)AM/PM|D{1,2}|M{1,4}|Y{4}|Y{2}|H{1,2}|S{1,2}")
_DIRECTIVES = {
    "D": "%d", "M": "%m", "MM": "%m", "MMM": "%b", "MMMM": "%B", "YY": "%y", "YYYY": "%Y",
    "H": "%H", "S": "%S", "AM/PM": "%p",
}  # fmt: skip
_NOTATION = {
    "%d": "DD", "%m": "MM", "%b": "MMM", "%B": "MMMM", "%y": "YY", "%Y": "YYYY", "%H": "HH",
    "%I": "HH", "%M": "MM", "%S": "SS", "%p": "AM/PM",
}  # fmt: skip
EXAMPLE = "DD.MM.YYYY HH:MM"


def to_directives(notation: str) -> str:
    """Return the strptime format for a format such as DD.MM.YY HH:MM; one with % stays as it is.

    MM after HH are minutes, as in a spreadsheet.

    Raises InputError if it lacks the day, the month or the year.
    """
    if "%" in notation:
        return notation
    hour = "%I" if "AM/PM" in notation.upper() else "%H"
    parts: list[str] = []

    def directive(token: re.Match[str]) -> str:
        text = token[0].upper()
        found = _DIRECTIVES.get(text) or _DIRECTIVES[text[0]]
        if found == "%H":
            found = hour
        elif found == "%m" and parts and parts[-1] == hour:
            found = "%M"
        parts.append(found)
        return found

    format_ = _TOKENS.sub(directive, notation)
    if not all(set(part) & set(parts) for part in (("%d",), ("%m", "%b", "%B"), ("%y", "%Y"))):
        raise InputError(
            f'The date format "{notation}" needs a day (DD), a month (MM, or MMM for Jan) and a '
            f"year (YYYY or YY), such as {EXAMPLE}."
        )
    return format_


def to_notation(format_: str) -> str:
    """Return a strptime format as DD.MM.YY; unchanged if it has other directives."""
    written = re.sub("%.", lambda found: _NOTATION.get(found[0], found[0]), format_)
    return format_ if "%" in written else written
