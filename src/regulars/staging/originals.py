"""The original text of a quarantined row: its cells by the names of their columns, as JSON."""

import json
from typing import Any

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
