"""A script of Streamlit's that asks DuckDB what takes it for ever, as a question of a page."""

import duckdb
import streamlit as st

from regulars.web.result_cache import answers_of
from regulars.web.context import served

st.write("Asking.")
answers_of(served())._once.of(
    "endless", lambda: duckdb.sql("SELECT count(*) FROM range(100000000000) WHERE random() < 0")
    .fetchall()
)  # fmt: skip
