"""The script that Streamlit runs for each visitor."""

from regulars.web.dashboard.script import run

run()
