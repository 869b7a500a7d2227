"""The forms below the chart of sales by month: add and remove notes on days."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights.findings.notes import title
from regulars.loads.notes import add_note, remove_note
from regulars.warehouse.notes import KINDS, MAX_TEXT_LENGTH, Note
from regulars.web.dashboard.markdown import show_error
from regulars.web.dashboard.page import Page
from regulars.web.entered import forget_entered


def notes_editor(page: Page, notes: Sequence[Note]) -> None:
    """Show the forms to users who may change notes."""
    if not page.user.role.may_add_notes:
        return
    with st.expander("Add or remove notes" if notes else "Add a note"):
        st.caption("Everyone who can open this dashboard sees notes. Do not name customers.")
        try:
            _form(page)
            if notes:
                _remove(page, notes)
        except RegularsError as error:
            show_error(error)


def _form(page: Page) -> None:
    last = page.results.summary(page.version).whole.last
    with st.form("add_note", clear_on_submit=True, border=False):
        places = st.columns([1, 1, 1, 2.4, 0.7], vertical_alignment="bottom")
        first = places[0].date_input("First day", last, key="note_first")
        until = places[1].date_input("Last day", None, key="note_last", help="Empty for one day")
        kind = places[2].selectbox("Kind", list(KINDS), format_func=KINDS.__getitem__)
        text = places[3].text_input("Note", max_chars=MAX_TEXT_LENGTH)
        if places[4].form_submit_button("Add note", width="stretch"):
            _add(page, (first, until), kind, text)
            forget_entered(page.results)
            st.rerun()


def _add(page: Page, days: tuple[date | None, date | None], kind: str, text: str) -> None:
    first, last = days
    add_note(
        first or last or date.today(), text, last_day=last, kind=kind, author=page.user.name,
        warehouse=page.results.location, settings=page.results.settings,
    )  # fmt: skip


def _remove(page: Page, notes: Sequence[Note]) -> None:
    chosen, button = st.columns([5.4, 0.7], vertical_alignment="bottom")
    words = {note.note_id: f"{title(note)}: {note.text}" for note in reversed(notes)}
    note_id = chosen.selectbox(
        "Remove a note", list(words), None, format_func=words.__getitem__, key="note_to_remove",
        placeholder="Choose a note",
    )  # fmt: skip
    if button.button("Remove", disabled=note_id is None, width="stretch") and note_id is not None:
        remove_note(note_id, warehouse=page.results.location, settings=page.results.settings)
        forget_entered(page.results)
        st.rerun()
