"""The script that Streamlit runs for each user and each interaction."""

from regulars.web.dashboard.script import run

run()
