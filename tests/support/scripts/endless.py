"""A Streamlit script that runs a DuckDB query that never ends, as a page would."""

import duckdb
import streamlit as st

from regulars.web.context import served
from regulars.web.result_cache import answers_of

st.write("Querying.")
answers_of(served())._once.of(
    "endless", lambda: duckdb.sql("SELECT count(*) FROM range(100000000000) WHERE random() < 0")
    .fetchall()
)  # fmt: skip
