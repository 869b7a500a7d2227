"""The original text of a quarantined row: its cells by the names of their columns, as JSON."""

import json
import re
from typing import Any

from regulars.profiles import Formats

SOURCE, ROW = "quarantined_source_id", "quarantined_row"
"""The columns by which an exported row is found again."""

TELLS_WHICH = {
    SOURCE: "source_id",
    "quarantined_source": "source",
    ROW: "source_row",
    "quarantined_because": "reasons",
}
"""The columns before those of the source, named as no source names its own, and what they tell."""

LINE = "line"
"""Where a line stands that no reader could take apart."""


def cells_of(original: str) -> dict[str, Any]:
    """Return the cells of a row by their columns; of a line without structure, the line itself."""
    try:
        cells = json.loads(original)
    except json.JSONDecodeError:
        cells = original
    return cells if isinstance(cells, dict) else {LINE: str(cells)}


def as_its_source_writes(cell: Any, formats: Formats) -> Any:
    """Return a cell of a spreadsheet as text of the source: a spreadsheet has its own numbers.

    Typed there, 12.125 and 2024-01-29 are a number and a day, whatever the source uses instead of
    the point and in whichever order it writes its days.
    """
    if not isinstance(cell, str):
        return cell
    if formats.decimal == "comma" and _NUMBER.fullmatch(cell):
        return cell.replace(".", ",")
    found = _DAY.fullmatch(cell)
    if found and formats.dates in ("day-first", "month-first"):
        year, month, day, time = found.groups(default="")
        first, second = (day, month) if formats.dates == "day-first" else (month, day)
        return f"{first}/{second}/{year}{time}"
    return cell


_NUMBER = re.compile(r"-?\d+\.\d+")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)( \d\d:\d\d:\d\d)?")
