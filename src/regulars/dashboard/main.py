"""The script that Streamlit runs for each visitor."""

import streamlit as st

from regulars.dashboard.served import served
from regulars.dashboard.visitor import who

visitor = who()
st.title("Regulars")
st.write(f"Logged in as {visitor.name}, {visitor.role.value}.")
st.write(f"Warehouse: {served().warehouse}")
