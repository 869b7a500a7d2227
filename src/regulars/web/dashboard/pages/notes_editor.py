"""The forms below the chart of sales by month: add, change and remove notes on days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights.findings.notes import title
from regulars.loads.notes import add_note, change_note, remove_note
from regulars.warehouse.notes import KINDS, MAX_TEXT_LENGTH, Note
from regulars.web.dashboard.markdown import show_error
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages.entry_form import done, form_key
from regulars.web.entered import forget_entered

_FORM = "note"


def notes_editor(page: Page, notes: Sequence[Note]) -> None:
    """Show the forms to users who may change notes."""
    if not page.user.role.may_add_notes:
        return
    with st.expander("Add, change or remove notes" if notes else "Add a note"):
        st.caption("Everyone who can open this dashboard sees notes. Do not name customers.")
        note = _chosen(notes) if notes else None
        try:
            _form(page, note)
            if note and st.button("Remove note"):
                remove_note(
                    note.note_id, warehouse=page.results.location, settings=page.results.settings
                )
                _show_changed(page)
        except RegularsError as error:
            show_error(error)


def _chosen(notes: Sequence[Note]) -> Note | None:
    """Return the note that the user has chosen to change; None for a new one."""
    by_id = {note.note_id: note for note in notes}
    words = {note.note_id: f"{title(note)}: {note.text}" for note in reversed(notes)}
    chosen = st.selectbox(
        "Note", list(words), None, format_func=words.__getitem__,
        key=form_key(_FORM, "chosen"), placeholder="New note, or choose one to change or remove",
    )  # fmt: skip
    return None if chosen is None else by_id[chosen]


@dataclass(frozen=True)
class _Fields:
    """What the form holds at first."""

    first: date
    last: date | None = None
    kind: str = next(iter(KINDS))
    text: str = ""

    @classmethod
    def of(cls, note: Note) -> "_Fields":
        last = None if note.last_day == note.first_day else note.last_day
        return cls(note.first_day, last, note.kind, note.text)


def _form(page: Page, note: Note | None) -> None:
    held = _Fields.of(note) if note else _Fields(page.results.summary(page.version).whole.last)
    button = "Save note" if note else "Add note"

    def key(field: str) -> str:
        return form_key(_FORM, f"{field}_{note.note_id if note else 'new'}")

    with st.form(key("form"), border=False):
        places = st.columns([1, 1, 1, 2.4, 0.7], vertical_alignment="bottom")
        first = places[0].date_input("First day", held.first, key=key("first"))
        last = places[1].date_input(
            "Last day", held.last, key=key("last"), help="Empty for one day"
        )
        kinds = list(KINDS)
        kind = places[2].selectbox(
            "Kind", kinds, kinds.index(held.kind), format_func=KINDS.__getitem__, key=key("kind")
        )
        text = places[3].text_input("Text", held.text, max_chars=MAX_TEXT_LENGTH, key=key("text"))
        if places[4].form_submit_button(button, width="stretch"):
            _save(page, note, _Fields(first or last or date.today(), last, kind, text))
            _show_changed(page)


def _save(page: Page, note: Note | None, fields: _Fields) -> None:
    write: Callable[..., Note] = partial(change_note, note.note_id) if note else add_note
    write(
        fields.first, fields.text, last_day=fields.last, kind=fields.kind, author=page.user.name,
        warehouse=page.results.location, settings=page.results.settings,
    )  # fmt: skip


def _show_changed(page: Page) -> None:
    forget_entered(page.results)
    done(_FORM)
