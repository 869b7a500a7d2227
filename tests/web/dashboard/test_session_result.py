"""What a session holds: looked up once, and again when the key changes."""

import sys

import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture(autouse=True)
def same_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore the main module, which AppTest replaces: processes started later would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def draw_names() -> None:
    """Look up names as a page does, under the key and with the outcome that the test has set."""
    import streamlit as st

    from regulars.core.errors import InputError
    from regulars.web.dashboard.session_result import session_result

    def look_up() -> str:
        st.session_state["lookups"] += 1
        if st.session_state["fails"]:
            raise InputError("The key is missing.")
        return f"names of {st.session_state['key']}"

    st.write(session_result("names", st.session_state["key"], look_up))


def test_a_result_is_looked_up_once_for_its_key() -> None:
    page = AppTest.from_function(draw_names)
    page.session_state["lookups"], page.session_state["fails"] = 0, False
    for key, lookups in (("one", 1), ("one", 1), ("two", 2), ("two", 2), ("one", 3)):
        page.session_state["key"] = key
        page.run()
        assert page.markdown[0].value == f"names of {key}"
        assert page.session_state["lookups"] == lookups


def test_a_failure_is_not_held() -> None:
    page = AppTest.from_function(draw_names)
    page.session_state["lookups"], page.session_state["key"] = 0, "one"
    for fails, lookups in ((True, 1), (False, 2), (False, 2)):
        page.session_state["fails"] = fails
        page.run()
        assert page.session_state["lookups"] == lookups
        assert bool(page.exception) is fails
