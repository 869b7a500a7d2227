"""Uploads: check files, then load them in the background."""
