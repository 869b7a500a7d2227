"""The dashboard: pages, filters and what they share."""
