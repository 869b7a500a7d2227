"""A Streamlit script whose first run waits for a result; the second reports whether it stopped."""

from threading import Event

import streamlit as st

from regulars.web.result_cache import leave_if_rerun
from regulars.web.single_flight import SingleFlight


@st.cache_resource
def shared() -> tuple[SingleFlight, dict[str, Event]]:
    return SingleFlight(1, 10, leave_if_rerun), {
        name: Event() for name in ("started", "stopped", "resumed")
    }


flight, events = shared()


def work() -> str:
    return f"computed {events['resumed'].wait(60)}"


if not events["started"].is_set():
    events["started"].set()
    st.write("Waiting.")
    try:
        flight.get("a result", work)
    finally:
        events["stopped"].set()
else:
    st.write(f"First run stopped: {events['stopped'].wait(20)}.")
    events["resumed"].set()
    st.write(f"Second run: {flight.get('a result', work)}.")
