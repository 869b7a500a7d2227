"""Notes on the time axis: badges above the bars of a chart, and a list with the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.insights.charts.marks import Mark, numbers
from regulars.insights.findings.notes import title
from regulars.insights.parts import NoteLine, NoteList
from regulars.insights.periods import Span
from regulars.warehouse.notes import Note, notes_in


@dataclass(frozen=True)
class Bin:
    """A bar of a chart over time: its category on the axis, and its days."""

    category: str
    days: Span


def notes_on_axis(notes: Sequence[Note], bins: Sequence[Bin]) -> tuple[list[Mark], NoteList | None]:
    """Return the badges of the notes in a chart, and their list; None if there are none.

    Notes that begin at the same bar share a badge.
    """
    if not bins:
        return [], None
    shown = notes_in(notes, bins[0].days.first, bins[-1].days.last)
    lines = [NoteLine(n, title(note), note.text) for n, note in enumerate(shown, 1)]
    groups: dict[str, list[tuple[NoteLine, str]]] = {}
    for note, line in zip(shown, lines, strict=True):
        covered = [one.category for one in bins if note.touches(one.days.first, one.days.last)]
        if covered:
            groups.setdefault(covered[0], []).append((line, covered[-1]))
    order = [one.category for one in bins]
    marks = [
        Mark(
            first, max((last for _, last in group), key=order.index),
            numbers(group[0][0].number, group[-1][0].number),
            "; ".join(f"{line.title}: {line.text}" for line, _ in group),
        )
        for first, group in groups.items()
    ]  # fmt: skip
    return marks, NoteList(lines) if lines else None
