"""The cells of state columns: text that is kept beside the lines while they are staged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from regulars.core.expressions import trimmed

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table, Value

STATE = "state: "
"""The prefix of the cells of such a column beside the lines."""


def state_cell(cell: "Value") -> "StringValue":
    """Return a cell of a state column as trimmed text; NULL if it is blank."""
    return trimmed(cast("StringValue", cell if cell.type().is_string() else cell.cast("string")))


def state_cells(lines: "Table") -> list[str]:
    """Return the columns of staged lines with the cells of state columns."""
    return [name for name in lines.columns if name.startswith(STATE)]


def cells_of(table: "Table", names: Sequence[str]) -> "Table":
    """Return the cells of these columns as text, not yet trimmed."""
    cells = {name: table[name] for name in names}
    return table.select(
        **{n: cell if cell.type().is_string() else cell.cast("string") for n, cell in cells.items()}
    )


def combinations_of(table: "Table", names: Sequence[str]) -> "Table":
    """Return how often the values of these columns occur together: the columns and rows."""
    cells = table.select(**{name: state_cell(table[name]) for name in names})
    return cells.group_by(list(names)).aggregate(state_rows=cells.count())
