"""Results that one session holds: contact data, which is not in the cache of all users."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def session_result(name: str, key: Hashable, compute: Callable[[], T]) -> T:
    """Return a result, computed again only when its key is not that of the last call.

    A failure is not held: the next call computes again.
    """
    slot = f"result_{name}"
    held: tuple[Hashable, T] | None = st.session_state.get(slot)
    if held is None or held[0] != key:
        held = key, compute()
        st.session_state[slot] = held
    return held[1]
