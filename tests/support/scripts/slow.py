"""A script of Streamlit's whose first run waits for an answer; the next says whether it left."""

from threading import Event

import streamlit as st

from regulars.web.result_cache import leave_if_told
from regulars.web.single_flight import Once


@st.cache_resource
def kept():
    return Once(1, 10, leave_if_told), {name: Event() for name in ("came", "left", "goes on")}


once, told = kept()


def work():
    return f"worked out: {told['goes on'].wait(60)}"


if not told["came"].is_set():
    told["came"].set()
    st.write("Waiting.")
    try:
        once.of("an answer", work)
    finally:
        told["left"].set()
else:
    st.write(f"The first has left: {told['left'].wait(20)}.")
    told["goes on"].set()
    st.write(f"And it is {once.of('an answer', work)}.")
