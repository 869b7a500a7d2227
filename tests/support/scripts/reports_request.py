"""A Streamlit script that shows what the server and the login middleware pass to it."""

import streamlit as st

from regulars.web.auth.current_user import current_user
from regulars.web.context import app_context

user, context = current_user(), app_context()
st.write(f"User {user.name}, {user.role.value}, of {context.warehouse}.")
st.write(f"Requires login: {context.requires_login}. Base path: [{context.base_path}].")
st.dataframe({"product": ["Tea"], "sold": [3]})
st.bar_chart({"sold": [1, 2, 3]})
st.download_button("Download", "a list", file_name="list.csv")
uploaded = st.file_uploader("Upload")
st.write(f"Uploaded: {uploaded.getvalue()[:100].decode() if uploaded else 'nothing'}.")
st.write(f"Bytes: {uploaded.size if uploaded else 0:,}.")
