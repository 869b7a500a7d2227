"""Errors, table contracts, settings, conventions, calendar, expressions and formatting."""
