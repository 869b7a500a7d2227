"""Uploads: preview a file, then load it in the background."""
