"""Notes in words: what happened, and when."""

from collections.abc import Sequence
from datetime import date

from regulars.core import formatting
from regulars.insights.periods import Span
from regulars.warehouse.notes import KINDS, Note, notes_in

MOST_MENTIONED = 2
_LONGEST_TEXT = 60


def when(note: Note) -> str:
    """Return the days of a note: 5 to 12 November 2011."""
    first, last = note.first_day, note.last_day
    if first == last:
        return formatting.day(first)
    return f"{_start(first, last)} to {formatting.day(last)}"


def title(note: Note) -> str:
    """Return the kind and the days of a note: Promotion, 5 to 12 November 2011."""
    kind = "Note" if note.kind == "other" else KINDS[note.kind]
    return f"{kind}, {when(note)}"


def mentioned(notes: Sequence[Note], span: Span) -> str:
    """Return what happened in a period, to end a finding about it; empty if nothing did."""
    found = notes_in(notes, span.first, span.last)
    said = [_happened(note, span) for note in found[:MOST_MENTIONED]]
    if more := len(found) - len(said):
        said.append(formatting.counted(more, "more note", "more notes"))
    *first, last = said or [""]
    return f"{', '.join(first)} and {last}" if first else last


def happened(notes: Sequence[Note], periods: Sequence[Span]) -> str:
    """Return what happened in the periods that are compared, as a sentence; empty for nothing."""
    found = [note for note in notes if any(note.touches(one.first, one.last) for one in periods)]
    first, last = min(one.first for one in periods), max(one.last for one in periods)
    words = mentioned(found, Span(first, last))
    return f"{words[0].upper()}{words[1:]}." if words else ""


def with_notes(finding: str, notes: Sequence[Note], span: Span) -> str:
    """Return a finding about a period, with the notes on it."""
    happened = mentioned(notes, span)
    return f"{finding}; {happened}" if finding and happened else finding


def _happened(note: Note, span: Span) -> str:
    is_one_day = note.first_day == note.last_day
    on = f"on {_within(note.last_day, span)}"
    days = f"from {_start(note.first_day, note.last_day, span)} to {_within(note.last_day, span)}"
    if note.kind == "promotion":
        return f"a promotion ran {on if is_one_day else days}"
    if note.kind == "price-rise":
        return f"prices rose {on if is_one_day else days}"
    if note.kind == "stock-out":
        return f"there was a stock-out {on if is_one_day else days}"
    text = note.text
    if len(text) > _LONGEST_TEXT:
        text = text[: _LONGEST_TEXT - 1].rstrip() + "…"
    return f"“{text}” was noted for {on[3:] if is_one_day else days[5:]}"


def _start(first: date, last: date, span: Span | None = None) -> str:
    """Return the first of two days, without the month or year that the last day repeats."""
    if (first.year, first.month) == (last.year, last.month):
        return str(first.day)
    if first.year == last.year:
        return f"{first.day} {first:%B}"
    return _within(first, span) if span else formatting.day(first)


def _within(day: date, span: Span) -> str:
    """Return a day, without its year if the period has only that year."""
    if span.first.year == day.year == span.last.year:
        return f"{day.day} {day:%B}"
    return formatting.day(day)
