"""Text of others as Streamlit is to show it: just as it stands."""

import streamlit as st

_SIGNS = r"\`*_{}[]()#+-.!|<>~$:&"


def plain(text: str) -> str:
    """Return text that Markdown shows just as it stands."""
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in text)


def tell_error(error: Exception) -> None:
    """Show what is wrong, in its own words."""
    st.error(plain(str(error)))
