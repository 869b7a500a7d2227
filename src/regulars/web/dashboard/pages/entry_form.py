"""Forms for what users enter: they keep their fields after an error and start anew once saved."""

import streamlit as st


def form_key(form: str, field: str) -> str:
    """Return the key of a field, which changes each time the form is done."""
    return f"{form}_{field}_{st.session_state.get(_counter(form), 0)}"


def done(form: str) -> None:
    """Empty the form, and draw the page again with what was saved."""
    counter = _counter(form)
    st.session_state[counter] = st.session_state.get(counter, 0) + 1
    st.rerun()


def _counter(form: str) -> str:
    return f"{form}_times_done"
