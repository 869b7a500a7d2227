"""Find rows among the staged lines of a source that are totals or headers, or lack their order."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from regulars.core.errors import SourceError
from regulars.engines.protocols import Workspace
from regulars.sources.labels import REPEATED_HEADER
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.table import RawTable
from regulars.transform.staging.filled_down import orderless_lines, orderless_warning
from regulars.transform.staging.other_rows import (
    Suspects,
    are_totals,
    suspects,
    total_evidence,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_HEADERS = 100


def total_rows_in(workspace: Workspace, lines: "Table") -> tuple[Suspects, ...]:
    """Return which lines that can be totals are worth as much as the rest of their order."""
    return tuple(which for which in get_args(Suspects) if _are_totals(workspace, lines, which))


def _are_totals(workspace: Workspace, lines: "Table", which: Suspects) -> bool:
    found = lines.filter(lines.reasons.isnull(), suspects(lines, which)).limit(1)
    if not workspace.fetch(found.select("source_id")):
        return False
    [evidence] = workspace.fetch(total_evidence(lines, which))
    return are_totals(evidence)


def check_headers(workspace: Workspace, raw: RawTable, staged: "Table") -> None:
    """Raise SourceError if a repeated header has the columns in another order.

    The rows below it, of another export, would be read under the wrong columns.
    """
    repeated = staged.filter(staged.reasons == REPEATED_HEADER)
    for row in workspace.fetch(repeated.select("original").limit(MOST_HEADERS)):
        for column, cell in json.loads(row["original"]).items():
            if isinstance(cell, str) and cell != column and cell in raw.columns:
                raise SourceError(
                    f'{raw.name} repeats its header with the columns in another order: "{cell}" '
                    f'is below "{column}". Split the file there, and load the parts together.'
                )


def orderless(
    workspace: Workspace, raw: RawTable, mapping: ColumnMapping, staged: "Table"
) -> Iterator[str]:
    """Yield a warning if many lines lack their order."""
    [found] = workspace.fetch(orderless_lines(staged))
    per_store = mapping.is_per_store("order_id")
    yield from orderless_warning(raw.name, found["lines"], raw.rows, per_store=per_store)
