"""Add, change and remove notes on days."""

from datetime import date, datetime
from os import PathLike

from regulars.core.errors import InputError
from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.engines.protocols import Store
from regulars.lists.saved import author_or_user
from regulars.loads.entered_tables import add_row, next_number, open_to_enter, remove_rows
from regulars.warehouse.notes import TABLE, Note, checked_days, checked_kind, checked_text

Location = str | PathLike[str]


def add_note(
    first_day: date,
    text: str,
    *,
    last_day: date | None = None,
    kind: str = "other",
    author: str | None = None,
    warehouse: Location | None = None,
    settings: Settings | None = None,
    now: datetime | None = None,
) -> Note:
    """Save a note on a day, or on the days to `last_day`, in the warehouse and return it.

    `kind` is promotion, price-rise, stock-out or other. `warehouse` is a file or an address, by
    default the one in the settings; `author` is by default the operating system's user name.

    Raises RegularsError, leaving the warehouse unchanged, for days that are not in order, an
    unknown kind, no text, or an engine that cannot store notes.
    """
    settings = settings or load_settings()
    fields = _checked(first_day, last_day, kind, text)
    engine, author = engine_of(warehouse or settings.warehouse), author_or_user(author)
    with open_to_enter(engine, TABLE, settings.memory_limit) as store:
        number = next_number(store, TABLE, "note_id")
        note = Note(number, *fields, author, now or datetime.now())
        add_row(store, TABLE, vars(note))
    return note


def change_note(
    note_id: int,
    first_day: date,
    text: str,
    *,
    last_day: date | None = None,
    kind: str = "other",
    author: str | None = None,
    warehouse: Location | None = None,
    settings: Settings | None = None,
    now: datetime | None = None,
) -> Note:
    """Change a note, given its ID and the values of `add_note`, and return it.

    Raises RegularsError, leaving the warehouse unchanged, as `add_note` does, or if there is no
    note with this ID.
    """
    settings = settings or load_settings()
    fields = _checked(first_day, last_day, kind, text)
    note = Note(note_id, *fields, author_or_user(author), now or datetime.now())
    engine = engine_of(warehouse or settings.warehouse)
    with open_to_enter(engine, TABLE, settings.memory_limit) as store:
        _remove(store, note_id)
        add_row(store, TABLE, vars(note))
    return note


def remove_note(
    note_id: int, *, warehouse: Location | None = None, settings: Settings | None = None
) -> None:
    """Remove the note with this ID from the warehouse. Raises InputError if there is none."""
    settings = settings or load_settings()
    engine = engine_of(warehouse or settings.warehouse)
    with open_to_enter(engine, TABLE, settings.memory_limit) as store:
        _remove(store, note_id)


def _checked(
    first_day: date, last_day: date | None, kind: str, text: str
) -> tuple[date, date, str, str]:
    return *checked_days(first_day, last_day or first_day), checked_kind(kind), checked_text(text)


def _remove(store: Store, note_id: int) -> None:
    if not remove_rows(store, TABLE, store.table(TABLE).note_id == note_id):
        raise InputError(f"There is no note {note_id}. Show all:  regulars notes list")
