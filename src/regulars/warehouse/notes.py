"""Notes on days: a promotion, a price rise or a stock-out that explains a figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from regulars.engines.protocols import WarehouseTables

TABLE = "calendar_notes"
KINDS: Mapping[str, str] = {
    "promotion": "Promotion", "price-rise": "Price rise", "stock-out": "Stock-out",
    "other": "Other",
}  # fmt: skip
"""The kinds of notes, by the name that commands use."""

MAX_TEXT_LENGTH = 200


@dataclass(frozen=True)
class Note:
    """A note on the days from `first_day` to `last_day`, both included.

    kind  one of `KINDS`
    """

    note_id: int
    first_day: date
    last_day: date
    kind: str
    text: str
    author: str
    created_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the note in a row of the table."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def touches(self, first: date, last: date) -> bool:
        """Return whether the note is on any of these days."""
        return self.first_day <= last and self.last_day >= first


def read_notes(tables: "WarehouseTables") -> tuple[Note, ...]:
    """Return all notes by day; none if the warehouse never had one."""
    if TABLE not in tables.tables():
        return ()
    notes = map(Note.of, tables.fetch(tables.table(TABLE)))
    return tuple(sorted(notes, key=lambda note: (note.first_day, note.last_day, note.note_id)))


def notes_in(notes: Sequence[Note], first: date, last: date) -> list[Note]:
    """Return the notes on any of these days."""
    return [note for note in notes if note.touches(first, last)]


def parse_days(days: str) -> tuple[date, date]:
    """Return the first and last day of 2011-11-05, or of 2011-11-05/2011-11-12.

    Raises InputError for anything else.
    """
    start, slash, end = days.partition("/")
    try:
        first = date.fromisoformat(start.strip())
        last = date.fromisoformat(end.strip()) if slash else first
    except ValueError:
        raise InputError(
            f'"{days}" is not a day or a range of days. Write 2011-11-05 or 2011-11-05/2011-11-12.'
        ) from None
    return first, last


def checked_days(first: date, last: date) -> tuple[date, date]:
    """Return the days. Raises InputError if they are not in order."""
    if first > last:
        raise InputError(f"The last day, {last}, is before the first, {first}.")
    return first, last


def checked_kind(kind: str) -> str:
    """Return the kind. Raises InputError, naming the closest, if it does not exist."""
    if kind not in KINDS:
        kinds = ", ".join(KINDS)
        hint = did_you_mean(kind, KINDS)
        raise InputError(f'There is no kind of note "{kind}". The kinds are {kinds}.{hint}')
    return kind


def checked_text(text: str) -> str:
    """Return the text on one line. Raises InputError if there is none or it is too long."""
    text = " ".join(text.split())
    if not text or not text.isprintable() or len(text) > MAX_TEXT_LENGTH:
        raise InputError(f"Give the note a text (up to {MAX_TEXT_LENGTH} characters).")
    return text
