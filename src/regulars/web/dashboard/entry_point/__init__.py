"""The script that Streamlit runs, away from `pages/`, whose modules Streamlit would run as well."""
