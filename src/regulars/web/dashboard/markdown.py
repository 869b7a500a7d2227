"""Text from users and their data, escaped for Streamlit's Markdown."""

import streamlit as st

_SPECIAL = r"\`*_{}[]()#+-.!|<>~$:&"


def plain(text: str) -> str:
    """Return text that Markdown shows unchanged."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def show_error(error: Exception) -> None:
    """Show the message of an error."""
    st.error(plain(str(error)))
