"""The script that Streamlit runs for each visitor."""

from regulars.dashboard.script import run

run()
