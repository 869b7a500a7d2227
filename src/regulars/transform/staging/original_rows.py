"""The original text of a quarantined row: its cells by the names of their columns, as JSON."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from regulars.sources.profiles.profile import Formats

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


NOT_KEPT = "(a line without readable cells, which may name people: it is not kept)"
"""What stands for such a line of a source whose people are kept apart."""


def bare(original: str, columns: Mapping[str, str]) -> str:
    """Return the text of a row with the cells that make a line, and nobody named in them.

    `columns` gives our column names with those of the source. The customer's cell stays, empty:
    the row can still be mended. Of a line without cells nothing stays.
    """
    cells = cells_of(original)
    if set(cells) == {LINE} and LINE not in columns.values():
        return NOT_KEPT
    made_of = {name: cell for name, cell in cells.items() if name in columns.values()}
    return _told(made_of | {columns["customer_id"]: None})


def without_cells(original: str, names: Collection[str]) -> str:
    """Return the text of a row with these of its cells empty."""
    return _told(cells_of(original) | dict.fromkeys(names))


def _told(cells: Mapping[str, Any]) -> str:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


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
