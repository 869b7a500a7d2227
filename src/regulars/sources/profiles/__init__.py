"""Profiles: which column means what, and the ones that ship with Regulars."""
