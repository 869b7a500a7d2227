"""The drill-down of a number of quarantined rows: the rows themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from regulars.core.errors import InputError
from regulars.insights.figure_ref import PENDING, QUARANTINE, FigureRef
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.scope import Scope
from regulars.insights.sections.data_quality import ROWS
from regulars.transform.staging.original_rows import parse_cells
from regulars.transform.staging.rules import SEPARATOR
from regulars.warehouse.quarantine import pending_rows

MOST_ROWS = 100
_TOPICS = {QUARANTINE: "All quarantined rows", PENDING: "Rows that need fixing"}


@dataclass(frozen=True)
class QuarantineDrillDown:
    """Quarantined rows, as a subject that pages show.

    which   QUARANTINE for all of them, PENDING for those that still need fixing
    reason  only rows quarantined for this reason; None for any
    """

    which: str
    reason: str | None = None

    @classmethod
    def of(cls, figure: str) -> Self | None:
        """Return the drill-down of a figure, given its reference; None for a sales figure."""
        ref, _ = FigureRef.decode(figure)
        if ref.analysis not in _TOPICS:
            return None
        return cls(ref.analysis, dict(ref.part).get("reason"))

    def __call__(self, scope: Scope) -> Section:
        """Return the section. Raises InputError for a reason that no row has."""
        rows = list(islice(self._rows(scope), MOST_ROWS + 1))
        shown = rows[:MOST_ROWS]
        if not shown:
            raise InputError(f'No quarantined row has the reason "{self.reason}".')
        lines = [
            [Cell(row["source"]), Cell(f"{row['source_row']}"),
             Cell(row["reasons"].replace(SEPARATOR, " "), style="words"),
             Cell(_written(row["original"]), style="words")]
            for row in shown
        ]  # fmt: skip
        headed = [
            Header("Source", is_number=False), Header("Row", ROWS.description),
            Header("Reason", is_number=False), Header("Original row", is_number=False),
        ]  # fmt: skip
        title = f"First {MOST_ROWS:,} rows" if rows[MOST_ROWS:] else "All rows"
        how = "To fix all pending rows in a spreadsheet:  regulars quarantine -o rows.xlsx"
        return Section(
            "quarantined_rows", _TOPICS[self.which], self.reason or "All reasons", "",
            [Table(title, headed, lines, style="plain lines"), Note(how)],
        )  # fmt: skip

    def _rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        table = scope.warehouse.table("quarantine").order_by("source_id", "source_row")
        rows = pending_rows(scope.warehouse) if self.which == PENDING else table
        for row in scope.warehouse.rows(rows):
            if self.reason is None or self.reason in row["reasons"].split(SEPARATOR):
                yield row


def _written(original: str) -> str:
    return "; ".join(f"{name}: {cell}" for name, cell in parse_cells(original).items() if cell)
