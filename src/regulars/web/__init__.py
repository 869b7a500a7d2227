"""The dashboard: a Streamlit app, the server that runs it, and the login in front of both."""
