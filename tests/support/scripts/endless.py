"""A Streamlit script that runs a DuckDB query that never ends, as a page would."""

import duckdb
import streamlit as st

from regulars.web.context import app_context
from regulars.web.result_cache import result_cache

st.write("Querying.")
result_cache(app_context())._results.get(
    "endless", lambda: duckdb.sql("SELECT count(*) FROM range(100000000000) WHERE random() < 0")
    .fetchall()
)  # fmt: skip
