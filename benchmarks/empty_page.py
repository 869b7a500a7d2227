"""A minimal Streamlit page: a heading, a select box and its value."""

import streamlit as st

st.html("<h1>Empty</h1>")
chosen = st.selectbox("Period", [str(number) for number in range(30)], key="period")
st.html(f'<p class="figure">{chosen}</p>')
