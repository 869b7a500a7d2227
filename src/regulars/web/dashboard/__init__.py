"""The Streamlit app: pages, filters and what they share."""
