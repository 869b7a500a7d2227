"""A page of Streamlit's that does nothing: a heading, a choice, and what was chosen."""

import streamlit as st

st.html("<h1>Empty</h1>")
chosen = st.selectbox("Period", [str(number) for number in range(30)], key="period")
st.html(f'<p class="figure">{chosen}</p>')
