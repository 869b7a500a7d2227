"""A Streamlit script that shows what the server and the login middleware pass to it."""

import streamlit as st

from regulars.web.auth.current_user import who
from regulars.web.context import served

user = who()
st.write(f"User {user.name}, {user.role.value}, of {served().warehouse}.")
st.write(f"Guarded: {served().is_guarded}. Base path: [{served().base_path}].")
st.dataframe({"product": ["Tea"], "sold": [3]})
st.bar_chart({"sold": [1, 2, 3]})
st.download_button("Take", "a list", file_name="list.csv")
uploaded = st.file_uploader("Drop")
st.write(f"Uploaded: {uploaded.getvalue()[:100].decode() if uploaded else 'nothing'}.")
st.write(f"Bytes: {uploaded.size if uploaded else 0:,}.")
