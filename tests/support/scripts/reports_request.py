"""A script of Streamlit's that says what the server and the gate told it."""

import streamlit as st

from regulars.web.auth.current_user import who
from regulars.web.context import served

visitor = who()
st.write(f"Visitor {visitor.name}, {visitor.role.value}, of {served().warehouse}.")
st.write(f"Guarded: {served().is_guarded}. Base path: [{served().base_path}].")
st.dataframe({"product": ["Tea"], "sold": [3]})
st.bar_chart({"sold": [1, 2, 3]})
st.download_button("Take", "a list", file_name="list.csv")
dropped = st.file_uploader("Drop")
st.write(f"Dropped: {dropped.getvalue()[:100].decode() if dropped else 'nothing'}.")
st.write(f"Bytes: {dropped.size if dropped else 0:,}.")
