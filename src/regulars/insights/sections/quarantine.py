"""Rows that were set aside, as they stood: what is behind a number of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from regulars.core.errors import QuestionError
from regulars.insights.figure_ref import QUARANTINE, WAITING, origin_of
from regulars.insights.parts import Cell, Head, Note, Section, Table
from regulars.insights.scope import Scope
from regulars.insights.sections.data_quality import ROWS
from regulars.transform.staging.original_rows import cells_of
from regulars.transform.staging.rules import SEPARATOR
from regulars.warehouse.quarantine import open_rows

MOST_ROWS = 100
_TOPICS = {QUARANTINE: "All rows that were set aside", WAITING: "Rows that wait to be mended"}


@dataclass(frozen=True)
class SetAside:
    """The subject of rows that were set aside, by a reason or by any.

    which  QUARANTINE for all of them, WAITING for those that wait to be mended
    """

    which: str
    reason: str | None = None

    @classmethod
    def of(cls, figure: str) -> Self | None:
        """Return the subject of a figure told as a page tells it; None for one of sales."""
        origin, _ = origin_of(figure)
        return (
            cls(origin.analysis, dict(origin.part).get("reason"))
            if origin.analysis in _TOPICS
            else None
        )

    def __call__(self, scope: Scope) -> Section:
        """Return it. Raises QuestionError for a reason that no row has."""
        every = list(islice(self._rows(scope), MOST_ROWS + 1))
        found = every[:MOST_ROWS]
        if not found:
            raise QuestionError(f'No row was set aside for "{self.reason}".')
        told = [
            [Cell(row["source"]), Cell(f"{row['source_row']}"),
             Cell(row["reasons"].replace(SEPARATOR, " "), style="words"),
             Cell(_as_it_stood(row["original"]), style="words")]
            for row in found
        ]  # fmt: skip
        headed = [
            Head("Source", is_number=False), Head("Row", ROWS.description),
            Head("Why", is_number=False), Head("As it stood", is_number=False),
        ]  # fmt: skip
        title = f"The first {len(found):,} rows" if every[MOST_ROWS:] else "Every row"
        how = "All that wait, to be mended in a spreadsheet:  regulars quarantine -o rows.xlsx"
        return Section(
            "set_aside", _TOPICS[self.which], self.reason or "For any reason", "",
            [Table(title, headed, told, style="plain lines"), Note(how)],
        )  # fmt: skip

    def _rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        table = scope.warehouse.table("quarantine").order_by("source_id", "source_row")
        rows = open_rows(scope.warehouse) if self.which == WAITING else table
        for row in scope.warehouse.rows(rows):
            if self.reason is None or self.reason in row["reasons"].split(SEPARATOR):
                yield row


def _as_it_stood(original: str) -> str:
    return "; ".join(f"{name}: {cell}" for name, cell in cells_of(original).items() if cell)
