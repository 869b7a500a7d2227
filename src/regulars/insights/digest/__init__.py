"""The digest: one page on the last whole week or month, as mail, text or JSON."""
