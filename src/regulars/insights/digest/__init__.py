"""The digest: one page on the last whole week or month, as email, text or JSON."""
