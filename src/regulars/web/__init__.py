"""The dashboard: a Streamlit script, the server that runs it, and the gate before both."""
