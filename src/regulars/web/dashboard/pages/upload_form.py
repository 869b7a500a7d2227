"""The form of the Upload page: what a check asks about, and more options."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.uploads.controls import Control
from regulars.web.dashboard.uploads.corrections import Answers, Setting
from regulars.web.dashboard.uploads.form import Form

PER_ROW = 3
OF_THE_FILE = ("kinds", "currencies")
"""The sections whose labels contain text of a file."""


def show_form(form: Form, key: str, *, is_refused: bool) -> Answers | None:
    """Show the form; return the answers once they are sent.

    key         identifies the files and their corrections, so that other files get fresh inputs
    is_refused  whether the files cannot be loaded without an answer
    """
    if form.asked:
        with st.form("mapping"):
            answers = _answers(form.asked, key)
            with st.expander("More options"):
                answers |= _show_groups(form, key)
            is_sent = st.form_submit_button(
                "Check again", type="primary" if is_refused else "secondary"
            )
    else:
        expander = st.expander("Change how these files are read")
        with expander, st.form("mapping", border=False):
            answers = _show_groups(form, key)
            is_sent = st.form_submit_button("Check again")
    return answers if is_sent else None


def _show_groups(form: Form, key: str) -> dict[Setting, Any]:
    """Show the controls that the check does not ask about; return the answers that changed."""
    answers: dict[Setting, Any] = {}
    for title, controls in form.groups.items():
        st.html(f"<h3 class='group'>{title}</h3>")
        answers |= _answers(controls, key)
    return answers


def _answers(controls: Sequence[Control], key: str) -> dict[Setting, Any]:
    """Show controls; return the answers that changed or that were only proposed."""
    answers: dict[Setting, Any] = {}
    for number, control in enumerate(controls):
        if number % PER_ROW == 0:
            places = st.columns(PER_ROW, vertical_alignment="bottom")
        value = _show(places[number % PER_ROW], control, key)
        if control.is_sent or value != control.selected:
            answers[control.setting] = value
    return answers


def _show(place: Any, control: Control, key: str) -> Any:
    """Show a control and return its value."""
    labelled: dict[str, Any] = {
        # Screen readers read escapes aloud, so only labels with words of the file have them.
        "label": plain(control.label) if control.setting[0] in OF_THE_FILE else control.label,
        "help": plain(control.help) or None,
        "key": f"{control.setting}_{key}",
    }
    values = [option.value for option in control.options]
    match control.kind:
        case "text":
            return place.text_input(
                value=control.selected, placeholder=control.hint, **labelled
            ) or None  # fmt: skip
        case "number":
            return place.number_input(
                value=control.selected, min_value=1, step=1, placeholder=control.hint, **labelled
            )
        case "several":
            return place.multiselect(
                options=values, default=control.selected, placeholder=control.hint, **labelled
            )
    index = place.selectbox(
        options=range(len(values)),
        format_func=lambda number: control.options[number].label,
        index=values.index(control.selected) if control.selected in values else None,
        placeholder=control.hint,
        **labelled,
    )
    return None if index is None else values[index]
